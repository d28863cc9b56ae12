"""What holds over all trajectories, as it stands now: ``sql/across`` over the store's small tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reroute.settings import Project
from reroute.storage import lake
from reroute.tag import models

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_INPUTS = (
    "episodes", "run_counts", "contexts", "trajectories", "strongest_outcomes", "grades", "reviews", "probabilities",
    "judge_votes",
)  # fmt: skip
# The one model outside sql/across that its models read is `limits`.
_LAYERS = ("features", "across")

_GRADED = (
    "select t.trajectory_id, t.version, t.part, t.steps, list(distinct g.prefix_hash)"
    " from grades as g join trajectories as t using (trajectory_id) where t.is_current group by all order by all"
)
_VOTED = (
    "select t.trajectory_id, t.version, t.part, t.steps, list(distinct v.prefix_hash)"
    " from judge_votes as v join trajectories as t using (trajectory_id) where t.is_current group by all order by all"
)


def across(project: Project, connection: duckdb.DuckDBPyConnection, wanted: Sequence[str]) -> dict[str, pa.Table]:
    """The wanted tables of ``sql/across`` from the store's tables on ``connection``, in no order."""
    inputs = {name: connection.table(name).to_arrow_table() for name in _INPUTS}
    inputs["grade_places"] = _places(project, connection, _GRADED)
    inputs["vote_places"] = _places(project, connection, _VOTED)
    return models.run(inputs, wanted, layers=_LAYERS, root=project.root)


def labelled(project: Project, connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """Every episode of a current trajectory version with its label, by trajectory and onset."""
    order = [(name, "ascending") for name in ("trajectory_id", "onset_step", "episode_id")]
    return across(project, connection, ["labelled_episodes"])["labelled_episodes"].sort_by(order)


def _places(project: Project, connection: duckdb.DuckDBPyConnection, query: str) -> pa.Table:
    """The prefix hashes that were judged and that their trajectory's current version still has."""
    import pyarrow as pa

    judged = connection.execute(query).fetchall()
    rows = [
        (trajectory, prefix)
        for trajectory, version, part, steps, prefixes in judged
        for prefix in sorted(set(prefixes) & _prefixes(project, lake.Place(trajectory, version, part, steps)))
    ]
    schema = pa.schema([("trajectory_id", pa.string()), ("prefix_hash", pa.string())])
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema)


def _prefixes(project: Project, place: lake.Place) -> set[str]:
    return set(lake.read_rows(project, place, ["prefix_hash"])["prefix_hash"].to_pylist())
