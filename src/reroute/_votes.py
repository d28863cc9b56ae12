"""The judge's votes as they stand now: those that still hold, bound to today's episodes by ``sql/across``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reroute import _labels, lake, models
from reroute.settings import Project

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_INPUTS = ("episodes", "trajectories", "strongest_outcomes", "grades")


def votes(project: Project, connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """How many models voted for and against each episode, by episode: the rows of ``sql/across/votes.sql``."""
    return _run(project, connection, "votes").sort_by([("episode_id", "ascending")])


def graded_votes(project: Project, connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """Votes on episodes about which people have decided: the rows of ``sql/across/graded_votes.sql``."""
    order = [("model", "ascending"), ("kind", "ascending"), ("episode_id", "ascending")]
    return _run(project, connection, "graded_votes").sort_by(order)


def inputs(project: Project, connection: duckdb.DuckDBPyConnection) -> dict[str, pa.Table]:
    """What the models of votes read beside the store's other tables."""
    return {
        "judge_votes": connection.table("judge_votes").to_arrow_table(),
        "vote_places": _places(project, connection),
    }


def _run(project: Project, connection: duckdb.DuckDBPyConnection, wanted: str) -> pa.Table:
    given = {name: connection.table(name).to_arrow_table() for name in _INPUTS} | inputs(project, connection)
    given["grade_places"] = _labels._grade_places(project, connection)  # noqa: SLF001 its sibling
    return models.run(given, [wanted], layers=("features", "across"), root=project.root)[wanted]


def _places(project: Project, connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """The prefix hashes that votes saw and that their trajectory's current version still has."""
    import pyarrow as pa

    voted = connection.execute(
        "select t.trajectory_id, t.version, t.part, t.steps, list(distinct v.prefix_hash)"
        " from judge_votes as v join trajectories as t using (trajectory_id) where t.is_current"
        " group by all order by all"
    ).fetchall()
    rows = []
    for trajectory, version, part, steps, prefixes in voted:
        stored = lake.read_rows(project, lake.Place(trajectory, version, part, steps), ["prefix_hash"])
        rows += [(trajectory, prefix) for prefix in sorted(set(prefixes) & set(stored["prefix_hash"].to_pylist()))]
    schema = pa.schema([("trajectory_id", pa.string()), ("prefix_hash", pa.string())])
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema)
