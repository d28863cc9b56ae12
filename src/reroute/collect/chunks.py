"""What collect has to read: files cut into chunks, less those that are in the store and unchanged."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from reroute.collect.messages import Chunk
from reroute.collect.sources import HIDDEN, FolderSource, PassedBy, SourceFile, Unreadable, is_below
from reroute.errors import TraceError
from reroute.formats import Document, Format, formats, group, identify
from reroute.settings import Project
from reroute.storage import store

CHUNK_BYTES = 32 * 1024 * 1024
"""A longer file of lines is cut, shorter files are read together: what one process decodes at a time."""


class Seen(msgspec.Struct, frozen=True):
    """A row of the table ``files``."""

    start: int
    end: int
    file_size: int
    mtime_ns: int
    sha256: str
    format: str | None
    fresh: bool
    """Read by the readers and the redaction rules of today."""


@dataclass
class Plan:
    """What there is to read, and what was found on the way."""

    pending: dict[tuple[str, str], list[tuple[SourceFile, list[Seen]]]] = field(default_factory=dict)
    """Files to read, with what was read of them before, by source and session: a file that stands alone is its own."""
    files: int = 0
    unchanged: int = 0
    problems: list[Unreadable] = field(default_factory=list)
    gone: list[tuple[str, str]] = field(default_factory=list)
    """Source and name of files that current runs were read from, and that are not there any more."""
    passed_by: list[tuple[str, str]] = field(default_factory=list)
    """Why, and name, of what is not read: what is not listed, and files that no format claimed when they were read."""
    hidden: int = 0
    """Hidden files and folders."""

    @property
    def bytes(self) -> int:
        return sum(file.size for files in self.pending.values() for file, _ in files)


def reader_version(format_name: str | None) -> int:
    """The version of a format's reader; for files of no known format, a number for all readers together."""
    if format_name is not None:
        known = formats().get(format_name)
        return known.VERSION if known else -1
    return zlib.crc32(repr(sorted((name, fmt.VERSION) for name, fmt in formats().items())).encode())


def plan(project: Project, sources: Sequence[FolderSource], redaction_version: int) -> Plan:
    """Compare the sources' files with the store; none is opened."""
    seen, held, reasons = _seen(project, redaction_version)
    found, names = Plan(), set[tuple[str, str]]()
    settled: dict[tuple[str, str], list[tuple[SourceFile, list[Seen]]]] = {}
    for file in (file for source in sources for file in source.files()):
        key = (file.source, file.name)
        if isinstance(file, Unreadable):
            found.problems.append(file)
            continue
        if isinstance(file, PassedBy):
            found.hidden += file.reason == HIDDEN
            found.passed_by += [(file.reason, file.name)] if file.reason != HIDDEN else []
            continue
        if key in names:  # two given paths may overlap
            continue
        names.add(key)
        rows, session = seen.get(key, []), (file.source, group(file.name) or f"\0{file.name}")
        same = all(row.fresh and row.file_size == file.size and row.mtime_ns == file.mtime_ns for row in rows)
        if not rows or not same or sum(row.end - row.start for row in rows) != file.size:
            found.pending.setdefault(session, []).append((file, rows))
        else:
            settled.setdefault(session, []).append((file, rows))
    for session, files in settled.items():
        if session in found.pending:  # one file of a session is new or changed: all of them are read
            found.pending[session] += files
            continue
        found.unchanged += len(files)
        found.passed_by += [
            (reasons.get((file.source, file.name), "no known format"), file.name)
            for file, rows in files
            if rows[0].format is None
        ]
    found.files = len(names)
    unlisted = [(problem.source, problem.name) for problem in found.problems]
    found.gone = sorted(
        (source.name, name)
        for source in sources
        for origin, name in held - names
        if origin == source.name
        and source.lacks(name)
        and not any(origin == other and is_below(name, place) for other, place in unlisted)
    )
    return found


def task_bytes(project: Project) -> int:
    """The most that a task holds, unless one chunk alone is longer."""
    return min(CHUNK_BYTES, project.settings.collect.part_mb << 20)


def tasks(project: Project, todo: Plan) -> Iterator[list[Chunk]]:
    """The pending files as chunks, a task's at a time; long files are cut while earlier tasks are at work."""
    most = task_bytes(project)
    task: list[Chunk] = []
    weight = 0
    for chunks in _sessions(todo, project.settings.collect.record_cap_mb << 20):
        size = sum(chunk.end - chunk.start for chunk in chunks)
        if task and weight + size > most:
            yield task
            task, weight = [], 0
        task += chunks
        weight += size
    if task:
        yield task


def _sessions(todo: Plan, record_cap: int) -> Iterator[list[Chunk]]:
    """The chunks of each session together, those of a file that stands alone one by one."""
    for (_, session), files in todo.pending.items():
        together: list[Chunk] = []
        for file, rows in sorted(files, key=lambda one: (one[0].name.count("/"), one[0].name)):
            try:
                for chunk in _pending(file, rows, record_cap, session if len(files) > 1 else None):
                    if len(files) > 1:
                        together.append(chunk)
                    else:
                        yield [chunk]
            except TraceError as error:
                todo.problems.append(Unreadable(file.source, file.name, str(error)))
            except OSError as error:
                todo.problems.append(Unreadable(file.source, file.name, error.strerror or str(error)))
        if together:
            yield together


def _seen(
    project: Project, redaction_version: int
) -> tuple[dict[tuple[str, str], list[Seen]], set[tuple[str, str]], dict[tuple[str, str], str]]:
    """What was read of each file, the files that hold current runs, and why others were passed by."""
    seen: dict[tuple[str, str], list[Seen]] = {}
    with store.of(project).read() as connection:
        rows = store.rows(
            connection,
            "select source, path, start_byte, end_byte, file_size, mtime_ns, sha256, format, reader_version,"
            " redaction_version from files order by source, path, start_byte",
        )
        held = connection.execute(
            "select distinct source, path from trajectories where is_current and lost_at is null"
        ).fetchall()
        reasons = connection.execute("select source, path, reason from fidelity where unit = 'file'").fetchall()
    versions = {name: reader_version(name) for name in {row["format"] for row in rows}}
    for row in rows:
        found = Seen(
            start=row["start_byte"],
            end=row["end_byte"],
            file_size=row["file_size"],
            mtime_ns=row["mtime_ns"],
            sha256=row["sha256"],
            format=row["format"],
            fresh=(row["reader_version"], row["redaction_version"]) == (versions[row["format"]], redaction_version),
        )
        seen.setdefault((row["source"], row["path"]), []).append(found)
    return seen, set(held), {(source, path): reason for source, path, reason in reasons}


def _pending(file: SourceFile, rows: list[Seen], record_cap: int, session: str | None) -> Iterator[Chunk]:
    """The file's chunks that are not in the store as they are now; of a session of several files, all of the file."""
    ranges: Iterable[tuple[int, int, int, int]] = [(0, file.size, 0, 0)]
    fmt: Format | None = None
    if file.size > CHUNK_BYTES and session is None:
        document = Document(file.name, file.path, record_cap=record_cap)
        fmt = identify(document)
        if fmt and fmt.UNIT == "record" and document.layout == "lines" and document.plain:
            ranges = _cut(file.path, file.size)
    known = {row.start: row for row in rows}
    for start, end, first_index, next_index in ranges:
        row = known.get(start)
        untouched = row and (row.end, row.file_size, row.mtime_ns) == (end, file.size, file.mtime_ns)
        if row and row.fresh and untouched and session is None:
            continue
        yield Chunk(
            source=file.source,
            name=file.name,
            path=os.fsencode(file.path),
            start=start,
            end=end,
            first_index=first_index,
            next_index=None if end == file.size else next_index,
            file_size=file.size,
            mtime_ns=file.mtime_ns,
            format=fmt.NAME if fmt else None,
            known_end=row.end if row else 0,
            known_sha256=row.sha256 if row else None,
            known_fresh=bool(row and row.fresh),
            known_format=row.format if row else None,
            known=bool(rows),
            group=session,
        )


def _cut(path: Path, size: int) -> Iterator[tuple[int, int, int, int]]:
    """Ranges of about CHUNK_BYTES that end with a line, the same whatever comes behind; lines before start and end."""
    start = lines = 0
    with path.open("rb") as stream:
        while start < size:
            data = stream.read(min(CHUNK_BYTES, size - start))
            if not data:
                return  # it shrank: the next run sees what is left
            tail = b"" if data.endswith(b"\n") else stream.readline(size - start - len(data))
            before, at = lines, data.find(b"\n")
            if data.count(b"\n", 0, 1 << 20) > 1024:
                lines += data.count(b"\n")
            else:  # it looks at every byte; long lines are passed over faster from end to end
                while at >= 0:
                    lines, at = lines + 1, data.find(b"\n", at + 1)
            lines += tail.endswith(b"\n")
            yield start, start + len(data) + len(tail), before, lines
            start += len(data) + len(tail)
