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
_VERSIONS = """
    select
        trajectory_id, version, steps, source, path, source_index, reader_version as reader,
        epoch_us(ended_at) as ended_at, part, is_current as current, conflict,
    from trajectories
    where trajectory_id in (select unnest(?))
    order by trajectory_id, version
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
    """Decide which version of each run is current and which contradict each other, as collect does."""
    from reroute.collect.collected import Collected
    from reroute.collect.merge import Merge
    from reroute.collect.versions import Version
    from reroute.storage import store

    sums = connection.execute("select part, steps_sha256, trajectories_sha256 from parts").fetchall()
    lake.expect(project, {part: lake.Sums(*both) for part, *both in sums})  # there is no store yet that says so
    rows = store.rows(connection, _VERSIONS, [runs])
    for run, group in groupby(rows, key=lambda row: row["trajectory_id"]):
        versions = [Version(**row, project=project) for row in group]
        known = {run: [version for version in versions if version.current or version.conflict]}
        merge = Merge(project, known, {}, set(), Collected())
        for version in versions:
            if version not in known[run]:
                known[run].append(version)
                merge.decide(version)
        changed = [(v.current, v.conflict, v.trajectory_id, v.version) for v in versions if v.changed]
        if changed:
            connection.executemany(
                "update trajectories set is_current = ?, conflict = ? where trajectory_id = ? and version = ?", changed
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
