"""What holds over all trajectories, as it stands now: ``sql/across`` over the store's small tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reroute.settings import Project
from reroute.storage import lake
from reroute.storage.publish import quoted
from reroute.tag import models

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_INPUTS = (
    "episodes", "run_counts", "contexts", "trajectories", "strongest_outcomes", "grades", "reviews", "probabilities",
    "judge_votes", "families",
)  # fmt: skip
"""The store's tables that ``sql/across`` reads; their columns are declared in ``sql/store/``."""
_PLACES = {"grade_places": "grades", "vote_places": "judge_votes"}
"""Inputs of (trajectory_id text, prefix_hash text), by the store's table that they are made of: the prefix hashes that
were judged there and that their trajectory's current version still has."""


def across(project: Project, connection: duckdb.DuckDBPyConnection, wanted: Sequence[str]) -> dict[str, pa.Table]:
    """The wanted tables of ``sql/across`` from the store's tables on ``connection``, in no order."""
    import pyarrow as pa

    inputs = {name: connection.table(name).to_arrow_table() for name in _INPUTS}
    schema = pa.schema([("trajectory_id", pa.string()), ("prefix_hash", pa.string())])
    for name, judged in _PLACES.items():
        rows = connection.execute(
            "select t.trajectory_id, t.version, t.part, t.steps, list(distinct j.prefix_hash)"
            f" from {quoted(judged)} as j join trajectories as t using (trajectory_id)"
            " where t.is_current group by all order by all"
        ).fetchall()
        places: list[dict[str, str]] = []
        for trajectory, version, part, steps, prefixes in rows:
            held = lake.read_rows(project, lake.Place(trajectory, version, part, steps), ["prefix_hash"])["prefix_hash"]
            common = sorted(set(prefixes) & set(held.to_pylist()))
            places += [{"trajectory_id": trajectory, "prefix_hash": prefix} for prefix in common]
        inputs[name] = pa.Table.from_pylist(places, schema)
    return models.run(inputs, wanted, layers=("across",), root=project.root)


def labelled(project: Project, connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """Every episode of a current trajectory version with its label, by trajectory and onset."""
    order = [(name, "ascending") for name in ("trajectory_id", "onset_step", "episode_id")]
    return across(project, connection, ["labelled_episodes"])["labelled_episodes"].sort_by(order)


def graded_votes(project: Project, connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """The judge's votes on episodes about which people have decided, by model, kind and episode.

    The rows of ``sql/across/graded_votes.sql``.
    """
    order = [(name, "ascending") for name in ("model", "kind", "episode_id")]
    return across(project, connection, ["graded_votes"])["graded_votes"].sort_by(order)
