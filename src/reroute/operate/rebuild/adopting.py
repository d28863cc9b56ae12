"""Taking in what lies in the lake and no record names: parts, and the trajectory versions in them."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING

from reroute.storage import lake

if TYPE_CHECKING:
    import duckdb

    from reroute.settings import Project
    from reroute.storage.journal import Key, Row
    from reroute.storage.lake.integrity import Files

Rows = dict["Key", list["Row"]]
"""Rows of a table by their key, every value as text."""
# As collect decides between two versions, as far as the lake alone can say.
_NEWEST = """
    update trajectories t set is_current = (t.version = n.version)
    from (
        select trajectory_id, arg_max(version, (coalesce(ended_at, '-infinity'), steps, version)) as version
        from trajectories group by trajectory_id
    ) n
    where t.trajectory_id = n.trajectory_id and t.trajectory_id in (select unnest(?))
"""


def adopt(project: Project, tables: dict[str, Rows]) -> dict[Key, Row]:
    """Add the parts that no record names to ``tables``, and the versions in them that are nowhere else.

    Returns these versions, by run and version.
    """
    import pyarrow.parquet as pq

    from reroute.collect.chunks import reader_version

    present = {
        key
        for key, rows in tables["parts"].items()
        if rows and all(path.exists() for path in lake.files(project, str(key[0])))
    }
    adopted: dict[Key, Row] = {}
    for path in sorted((project.lake / "trajectories").glob("*.parquet")):
        part = path.stem
        files = lake.files(project, part)
        if (part,) in present or any(lake.fault(file, None) for file in files):
            continue
        at = datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat()
        headers = pq.read_table(path).to_pylist()
        tables["parts"][part,] = [_part(files, part, len(headers), at)]
        for header in headers:
            key = (header["trajectory_id"], header["version"])
            known = tables["trajectories"].get(key)
            if not known:
                row: Row = {
                    name: str(header[name]) for name in ("trajectory_id", "version", "source", "path", "format")
                }
                row |= {name: str(header[name]) for name in ("steps", "source_index")}
                row |= {"part": part, "is_current": "false", "conflict": "false", "collected_at": at}
                adopted[key] = row | {"reader_version": str(reader_version(header["format"]))}
                tables["trajectories"][key] = [adopted[key]]
            elif (known[0]["part"],) not in present:
                known[0]["part"] = part  # its part was replaced since
    named = {row["part"] for rows in tables["trajectories"].values() for row in rows}
    tables["parts"] = {key: rows for key, rows in tables["parts"].items() if key[0] in named}
    return adopted


def decide(project: Project, connection: duckdb.DuckDBPyConnection, runs: list[str]) -> None:
    """Decide which version of each run is current; mark the versions that it does not continue, and it with them."""
    import pyarrow.parquet as pq

    connection.execute(_NEWEST, [runs])
    rows = connection.execute(
        "select trajectory_id, version, steps, part, is_current from trajectories where trajectory_id in"
        " (select unnest(?)) qualify count(*) over (partition by trajectory_id) > 1 order by trajectory_id, is_current",
        [runs],
    ).fetchall()
    for run, group in groupby(rows, key=lambda row: row[0]):
        *others, (_, current, _, part, _) = group
        mine = [("trajectory_id", "=", run), ("version", "=", current)]
        steps = pq.read_table(lake.files(project, part).steps, columns=["prefix_hash"], filters=mine)
        prefixes = set(steps["prefix_hash"].to_pylist())
        if apart := [version for _, version, *_ in others if version not in prefixes]:
            connection.execute(
                "update trajectories set conflict = true where trajectory_id = ? and version in (select unnest(?))",
                [run, [current, *apart]],
            )


def _part(files: Files, part: str, trajectories: int, at: str) -> Row:
    """A row of `parts` from the files themselves."""
    import pyarrow.parquet as pq

    from reroute.storage.lake.integrity import sha256
    from reroute.trace import SCHEMA_VERSION

    return {
        "part": part,
        "trajectories": str(trajectories),
        "steps": str(pq.read_metadata(files.steps).num_rows),
        "bytes": str(sum(path.stat().st_size for path in files)),
        "schema_version": str(SCHEMA_VERSION),
        "redaction_version": "0",  # older than any: the next collect that reads its runs redacts them anew
        "committed_at": at,
        "steps_sha256": sha256(files.steps),
        "trajectories_sha256": sha256(files.trajectories),
    }
