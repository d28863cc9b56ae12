"""The rows that one task of collect writes into the store, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reroute.collect.chunks import reader_version
from reroute.collect.messages import Chunk, Decoded, Head, Refused
from reroute.collect.versions import Version
from reroute.storage import journal

if TYPE_CHECKING:
    import duckdb

    from reroute.settings import Project

_NUMBERS = (
    "source_index", "byte_offset", "start_byte", "end_byte", "file_size", "mtime_ns", "reader_version", "micros",
    "trajectories", "rejected", "redaction_version", "records",
)  # fmt: skip
_BEHIND = 2**62
"""No file is as long."""
_FLAGS = ("is_current", "conflict", "lost", "known", "unchanged")
_TYPES = dict.fromkeys(_NUMBERS, "bigint") | dict.fromkeys(_FLAGS, "boolean") | {"reward": "double", "raw": "blob"}
"""Of the columns that are not text."""
_RENEW = (
    "on conflict do update set outcome = excluded.outcome, reward = excluded.reward, stated_at = excluded.stated_at,"
    " recorded_at = excluded.recorded_at"
)
_UPDATE_KNOWN = """
    update trajectories t
    set
        is_current = d.is_current, conflict = d.conflict, reader_version = d.reader_version, path = d.path,
        source_index = d.source_index, lost_at = case when d.lost then coalesce(t.lost_at, now()) end,
    from decisions d
    where d.known and t.trajectory_id = d.trajectory_id and t.version = d.version
"""
_FROM_PART = """
    trajectories by name
    select
        h.* exclude (tools, path, source_index), d.path, d.source_index, d.part, d.reader_version, d.is_current,
        d.conflict, case when d.lost then now() end as lost_at, now() as collected_at
    from read_parquet(?) h
    join decisions d using (trajectory_id, version)
    where d.part = ?
"""


def write_trajectories(connection: duckdb.DuckDBPyConnection, headers: list[Path], changed: list[Version]) -> None:
    """Insert what lies in the placed parts' ``headers``; mark the known versions that are no longer what they were."""
    columns: dict[str, Sequence[object]] = {
        "trajectory_id": [v.trajectory_id for v in changed],
        "version": [v.version for v in changed],
        "part": [v.part for v in changed],
        "reader_version": [v.reader for v in changed],
        "is_current": [v.current for v in changed],
        "conflict": [v.conflict for v in changed],
        "path": [v.path for v in changed],
        "source_index": [v.source_index for v in changed],
        "lost": [v.lost for v in changed],
        "known": [v.known for v in changed],
    }
    as_table(connection, "decisions", columns)
    for path in headers:
        connection.execute(f"insert into {_FROM_PART} and not d.known", [str(path), path.stem])
    if any(version.known for version in changed):
        connection.execute(_UPDATE_KNOWN)
        for path in headers:
            connection.execute(f"insert or replace into {_FROM_PART} and d.known", [str(path), path.stem])


def read_again(
    project: Project, connection: duckdb.DuckDBPyConnection, files: list[tuple[str, str]], parts: Sequence[str] = ()
) -> None:
    """Let the next collect read these files (source and path) again, in the caller's transaction.

    The journal gets them, and ``parts`` with them.
    """
    if files:
        connection.executemany("update files set redaction_version = -1 where source = ? and path = ?", files)
    journal.note(project, connection, {"files": files, "parts": [(part,) for part in parts]})


def known_files(connection: duckdb.DuckDBPyConnection, chunks: list[Chunk], decoded: Decoded) -> set[tuple[str, str]]:
    """The files of which the same bytes were read before by the same reader: source and path."""
    done = [(c, r) for c, r in zip(chunks, decoded.reads, strict=True) if not (r.problem or r.again)]
    columns: dict[str, Sequence[object]] = {
        "source": [chunk.source for chunk, _ in done],
        "path": [chunk.name for chunk, _ in done],
        "start_byte": [chunk.start for chunk, _ in done],
        "sha256": [read.sha256 for _, read in done],
        "reader_version": [reader_version(read.format) for _, read in done],
    }
    as_table(connection, "reread", columns)
    return set(
        connection.execute(
            "select source, path from reread r"
            " left join files f using (source, path, start_byte, sha256, reader_version)"
            " group by source, path having count(f.file_size) = count(*)"
        ).fetchall()
    )


def write_outcomes(connection: duckdb.DuckDBPyConnection, heads: list[tuple[Head, bool]]) -> None:
    """Insert what the sources themselves state of how runs ended; of each run, whether it renews what is stated."""
    for renew, rule in ((True, _RENEW), (False, "on conflict do nothing")):
        stated = {
            (head.trajectory_id, head.outcome.source): head.outcome
            for head, renews in heads
            if head.outcome and renews == renew
        }
        if not stated:
            continue
        columns: dict[str, Sequence[object]] = {
            "trajectory_id": [run for run, _ in stated],
            "outcome": [outcome.outcome for outcome in stated.values()],
            "reward": [outcome.reward for outcome in stated.values()],
            "source": [source for _, source in stated],
            "micros": [outcome.at for outcome in stated.values()],
        }
        as_table(connection, "stated", columns)
        connection.execute(
            "insert into outcomes by name select trajectory_id, outcome, reward, source,"
            f" make_timestamptz(micros) as stated_at, now() as recorded_at from stated {rule}"
        )


def write_quarantine(connection: duckdb.DuckDBPyConnection, chunks: list[Chunk], decoded: Decoded) -> int:
    """Replace what is quarantined of each chunk that was read; the number of records not known before."""
    read = [chunk for chunk, found in zip(chunks, decoded.reads, strict=True) if not (found.problem or found.unchanged)]
    ranges: dict[str, Sequence[object]] = {
        "source": [chunk.source for chunk in read],
        "path": [chunk.name for chunk in read],
        "start_byte": [chunk.start for chunk in read],
        "end_byte": [chunk.end if chunk.next_index is not None else _BEHIND for chunk in read],
    }
    refused = {name: [getattr(item, name) for item in decoded.refused] for name in Refused.__struct_fields__}
    as_table(connection, "ranges", ranges)
    as_table(connection, "refused", refused)
    connection.execute(
        "delete from quarantine q using ranges r where q.source = r.source and q.path = r.path"
        " and q.byte_offset >= r.start_byte and q.byte_offset < r.end_byte"
        " and q.quarantine_id not in (select quarantine_id from refused)"
    )
    added = connection.execute(
        "insert into quarantine by name select *, false as weighed, now() as first_seen"
        " from (select distinct on (quarantine_id) * from refused)"
        " where quarantine_id not in (select quarantine_id from quarantine)"
    ).fetchall()
    return int(added[0][0])


def write_files(connection: duckdb.DuckDBPyConnection, chunks: list[Chunk], decoded: Decoded, redaction: int) -> None:
    """Record which chunks were read; those that could not be are tried again next time."""
    done = [(c, r) for c, r in zip(chunks, decoded.reads, strict=True) if not (r.problem or r.again)]
    columns: dict[str, Sequence[object]] = {
        "source": [chunk.source for chunk, _ in done],
        "path": [chunk.name for chunk, _ in done],
        "start_byte": [chunk.start for chunk, _ in done],
        "end_byte": [chunk.end for chunk, _ in done],
        "file_size": [chunk.file_size for chunk, _ in done],
        "mtime_ns": [chunk.mtime_ns for chunk, _ in done],
        "sha256": [read.sha256 for _, read in done],
        "format": [read.format for _, read in done],
        "reader_version": [reader_version(read.format) for _, read in done],
        "redaction_version": [redaction for _ in done],
        "trajectories": [read.trajectories for _, read in done],
        "rejected": [read.rejected for _, read in done],
        "unchanged": [read.unchanged for _, read in done],
    }
    as_table(connection, "done", columns)
    connection.execute(
        "update files f set file_size = d.file_size, mtime_ns = d.mtime_ns from done d"
        " where d.unchanged and f.source = d.source and f.path = d.path and f.start_byte = d.start_byte"
    )
    connection.execute(
        "delete from files f using done d where f.source = d.source and f.path = d.path"
        " and f.start_byte > d.start_byte and (f.start_byte < d.end_byte or f.start_byte >= d.file_size)"
    )
    connection.execute(
        "insert or replace into files by name select * exclude (unchanged), false as weighed,"
        " now() as collected_at from done where not unchanged"
    )


def as_table(connection: duckdb.DuckDBPyConnection, name: str, columns: Mapping[str, Sequence[object]]) -> None:
    """The columns as a table that this connection alone sees as ``name``.

    Lists as parameters, not Arrow, which would have to be imported for it, with numpy and all.
    """
    lists = ", ".join(f"unnest(${column}::{_TYPES.get(column, 'varchar')}[]) as {column}" for column in columns)
    connection.execute(f"create or replace temp table {name} as select {lists}", dict(columns))
