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
from reroute.formats import Document, Format, formats, group, identify, plain_name
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
    gone: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """Source and name of files that are not there any more -> the files of the same session from which current runs
    were read: its own name, or those that it was read together with."""
    missing: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    """By source and session: names of files that it had, and that were not listed."""
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
        if isinstance(file, PassedBy) or key in names:  # two given paths may overlap
            continue
        names.add(key)
        rows, session = seen.get(key, []), _session(*key)
        same = all(row.fresh and row.file_size == file.size and row.mtime_ns == file.mtime_ns for row in rows)
        if not rows or not same or sum(row.end - row.start for row in rows) != file.size:
            found.pending.setdefault(session, []).append((file, rows))
        else:
            settled.setdefault(session, []).append((file, rows))
    _note_missing(found, sources, names, seen.keys() | held.keys(), held)
    again = {_session(*file) for file in found.gone}
    for session, files in settled.items():
        if session in again:  # with what is left of it, or with what it is called now
            stale = [(file, [msgspec.structs.replace(row, fresh=False) for row in rows]) for file, rows in files]
            found.pending.setdefault(session, []).extend(stale)
            continue
        if session in found.pending:  # one file of a session is new or changed: all of them are read
            found.pending[session] += files
            continue
        found.unchanged += len(files)
        unclaimed = [(file.source, file.name) for file, rows in files if rows[0].format is None]
        found.passed_by += [(reasons.get(key, "no known format"), key[1]) for key in unclaimed]
    _complete(found, sources, seen)
    found.files = len(names)
    return found


def _session(source: str, name: str) -> tuple[str, str]:
    """Source and session of a file: one that stands alone is its own."""
    return source, group(name) or f"\0{name}"


def _note_missing(
    found: Plan,
    sources: Sequence[FolderSource],
    names: set[tuple[str, str]],
    known: Iterable[tuple[str, str]],
    held: dict[tuple[str, str], bool],
) -> None:
    """Note which known files were not listed, and which of those are not there any more, though runs were in them.

    A session's file that was compressed since is there under another name.
    """
    unlisted = [(problem.source, problem.name) for problem in found.problems]
    plain = {(source, plain_name(name)) for source, name in names}
    places = {source.name: [one for one in sources if one.name == source.name] for source in sources}
    holding: dict[tuple[str, str], list[str]] = {}
    for source, name in sorted(file for file, lost in held.items() if not lost):
        holding.setdefault(_session(source, name), []).append(name)
    absent = dict[tuple[str, str], list[str]]()
    for source, name in sorted(set(known) - names):
        session, own = _session(source, name), held.get((source, name)) is False
        together = not session[1].startswith("\0")
        renamed = together and (source, plain_name(name)) in plain
        if together and not renamed:
            absent.setdefault(session, []).append(name)
        if (
            (own or (together and not renamed))
            and holding.get(session)
            and any(place.lacks(name) for place in places.get(source, ()))
            and not any(source == other and is_below(name, place) for other, place in unlisted)
        ):
            found.gone[source, name] = [name] if own else holding[session]
    found.missing = {session: tuple(absent[session]) for session in absent}


def _complete(found: Plan, sources: Sequence[FolderSource], seen: dict[tuple[str, str], list[Seen]]) -> None:
    """Add to the sessions that are read their known files that were not listed and are there.

    A session of which one cannot be looked at is left for the next time.
    """
    for session in found.missing.keys() & found.pending.keys():
        bases = sorted({source.base for source in sources if source.name == session[0]})
        gone = []
        for name in found.missing[session]:
            try:
                path = next((base / name for base in bases if (base / name).exists()), None)
                stat = path.stat() if path else None
            except OSError as error:
                found.problems.append(Unreadable(session[0], name, error.strerror or str(error)))
                del found.pending[session]
                break
            if path and stat:
                file = SourceFile(session[0], name, path, stat.st_size, stat.st_mtime_ns)
                found.pending[session].append((file, seen.get((session[0], name), [])))
            else:
                gone.append(name)
        found.missing[session] = tuple(gone)


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
    for (source, session), files in todo.pending.items():
        together: list[Chunk] = []
        for file, rows in sorted(files, key=lambda one: (one[0].name.count("/"), one[0].name)):
            try:
                together_as = f"{source}\0{session}" if len(files) > 1 else None
                missing = todo.missing.get((source, session), ())
                for chunk in _pending(file, rows, record_cap, together_as, missing):
                    if len(files) > 1:
                        together.append(chunk)
                    else:
                        yield [chunk]
            except (TraceError, OSError) as error:
                reason = error.strerror if isinstance(error, OSError) else None
                todo.problems.append(Unreadable(file.source, file.name, reason or str(error)))
        if together:
            yield together


def _seen(
    project: Project, redaction_version: int
) -> tuple[dict[tuple[str, str], list[Seen]], dict[tuple[str, str], bool], dict[tuple[str, str], str]]:
    """What was read of each file; the files that hold current runs, and whether all of these are lost; why others were
    passed by.
    """
    seen: dict[tuple[str, str], list[Seen]] = {}
    with store.of(project).read() as connection:
        rows = store.rows(
            connection,
            "select source, path, start_byte, end_byte, file_size, mtime_ns, sha256, format, reader_version,"
            " redaction_version from files order by source, path, start_byte",
        )
        held = connection.execute(
            "select source, path, count(lost_at) = count(*) from trajectories where is_current group by all"
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
    lost = {(source, path): all_lost for source, path, all_lost in held}
    return seen, lost, {(source, path): reason for source, path, reason in reasons}


def _pending(
    file: SourceFile, rows: list[Seen], record_cap: int, session: str | None, missing: tuple[str, ...]
) -> Iterator[Chunk]:
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
        if row and row.fresh and untouched and session is None and not missing:
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
            missing=missing,
        )


def _cut(path: Path, size: int) -> Iterator[tuple[int, int, int, int]]:
    """Ranges of about CHUNK_BYTES that end with a line, the same whatever comes behind; lines before start and end."""
    start = lines = 0
    with path.open("rb") as stream:
        while start < size:
            if not (data := stream.read(min(CHUNK_BYTES, size - start))):
                return  # it shrank: the next run sees what is left
            tail = b"" if data.endswith(b"\n") else stream.readline(size - start - len(data))
            before, at = lines, data.find(b"\n")
            if data.count(b"\n", 0, 1 << 20) > 1024:
                lines += data.count(b"\n")
            else:  # it looks at every byte; long lines are passed over faster from end to end
                while at >= 0:
                    lines, at = lines + 1, data.find(b"\n", at + 1)
            lines, end = lines + tail.endswith(b"\n"), start + len(data) + len(tail)
            yield start, end, before, lines
            start = end
