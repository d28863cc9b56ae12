"""Committing what was decoded: the parts come into place, and one transaction says everything about them."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from reroute.collect.chunk import Chunk
from reroute.collect.chunks import reader_version
from reroute.collect.decoding import Decoded, Head, Read, Task
from reroute.collect.merge import Chain, Found, Merge, Position, Version
from reroute.collect.rows import known_files, write_files, write_outcomes, write_quarantine, write_trajectories
from reroute.formats import formats
from reroute.settings import Project
from reroute.storage import journal, lake, store
from reroute.storage.lake.parts import STEPS, TRAJECTORIES, PartWriter, Staged

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_VERSION = """
    select
        t.trajectory_id, t.version, t.steps, t.source, t.path, t.source_index, t.reader_version,
        epoch_us(t.ended_at) as ended_at, t.is_current, t.conflict,
        p.part is null or p.redaction_version <> $redaction as stale, p.part,
        t.lost_at is not null as lost, t.run_id is null and t.is_current as nameless,
    from trajectories t
    left join parts p using (part)
"""
_KNOWN = f"""
    {_VERSION}
    where t.trajectory_id in (select unnest($ids))
        or (t.run_id is null and t.is_current and t.path in (select unnest($paths)))
    order by t.collected_at, t.version
"""
_IN_FILE = f"""
    {_VERSION}
    where t.is_current and t.source = $source and t.path = $path and t.source_index >= $first
        and ($next is null or t.source_index < $next) and ($changed or t.lost_at is not null)
    order by t.collected_at, t.version
"""


@dataclass
class Tally:
    """What all tasks so far came to."""

    read: set[tuple[str, str]] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    damaged: dict[tuple[str, str], str] = field(default_factory=dict)
    """Source and name of files that were found without runs that are known from them, and what was found."""
    unknown: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    trajectories: int = 0
    new: int = 0
    superseded: int = 0
    duplicates: int = 0
    steps: int = 0
    parts: int = 0
    quarantined: int = 0
    new_quarantined: int = 0


def commit(project: Project, answers: list[tuple[Task, Decoded]], redaction: int, tally: Tally) -> None:
    """Make decoded tasks part of the store, in order: all of them, or, where this is interrupted, nothing."""
    changed: dict[str, list[tuple[str, ...]]] = {}
    with store.of(project).write() as connection:
        for task, decoded in answers:
            keys = _commit_task(project, connection, task.chunks, decoded, redaction=redaction, tally=tally)
            for table, found in keys.items():
                changed.setdefault(table, []).extend(found)
        journal.note(project, connection, changed)


def _commit_task(
    project: Project,
    connection: duckdb.DuckDBPyConnection,
    chunks: list[Chunk],
    decoded: Decoded,
    *,
    redaction: int,
    tally: Tally,
) -> dict[str, list[tuple[str, ...]]]:
    """Write the rows of one task; the keys of all that changed, by table."""
    known = _Known(connection, redaction, decoded.heads)
    before = [known.in_file(chunk, read) for chunk, read in zip(chunks, decoded.reads, strict=True)]
    all_read = {(head.trajectory_id, head.version) for head in decoded.heads}
    merge = Merge(known.versions, known.nameless, _chain(project), all_read)
    whole = [run.head for run in _runs(chunks, decoded, before) if merge.add(run)]
    parts = [part for part in (_place(project, *item, merge) for item in _by_part(decoded)) if part]
    for part in parts:
        lake.commit_part(connection, part, redaction)
    for chunk, read, versions in zip(chunks, decoded.reads, before, strict=True):
        if not read.continues and not read.problem and merge.lose(versions):
            tally.damaged.setdefault((chunk.source, chunk.name), read.wrong or "it holds something else")
    write_trajectories(connection, [lake.trajectories_path(project, p.name) for p in parts], merge.changed())
    write_outcomes(connection, whole, known_files(connection, chunks, decoded))
    tally.new_quarantined += write_quarantine(connection, chunks, decoded)
    write_files(connection, chunks, decoded, redaction)
    _count(tally, chunks, decoded, merge, parts)
    places: list[tuple[str, ...]] = [(chunk.source, chunk.name) for chunk in chunks]
    return {
        "parts": [(part.name,) for part in parts],
        "trajectories": [(version.trajectory_id, version.version) for version in merge.changed()],
        "outcomes": [(head.trajectory_id,) for head in decoded.heads if head.outcome],
        "quarantine": places,
        "files": places,
    }


def rewrite(batches: Iterable[tuple[pa.Table, pa.Table]], keep: set[tuple[str, str]], folder: Path) -> Staged:
    """A staged part of only the versions in ``keep``."""
    import numpy as np
    import pyarrow as pa

    writer = PartWriter(folder)
    for headers, steps in batches:
        keys = zip(headers["trajectory_id"].to_pylist(), headers["version"].to_pylist(), strict=True)
        chosen = np.fromiter((key in keep for key in keys), bool, headers.num_rows)
        if chosen.any():
            rows = np.repeat(chosen, headers["steps"].to_numpy())
            writer.add(headers.filter(pa.array(chosen)), steps.filter(pa.array(rows)))
    return writer.close()


class _Known:
    """The versions in the store that the runs of one task have to do with, each once."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, redaction: int, heads: list[Head]) -> None:
        self.versions: dict[str, list[Version]] = {}
        self.nameless: dict[Position, Version] = {}
        self._ask, self._redaction = connection.execute, redaction
        if heads:
            paths = sorted({head.path for head in heads if not head.has_run_id})
            self._add(_KNOWN, ids=[head.trajectory_id for head in heads], paths=paths)

    def in_file(self, chunk: Chunk, read: Read) -> list[Version]:
        """The current versions that were read from the chunk before, where its bytes are not what they were; else those
        that it has lost, where not all of it can be read.
        """
        if read.unchanged or not chunk.known or (read.continues and not read.rejected):
            return []
        place = {"source": chunk.source, "path": chunk.name, "first": chunk.first_index, "next": chunk.next_index}
        return self._add(_IN_FILE, **place, changed=not read.continues)

    def _add(self, query: str, **given: object) -> list[Version]:
        found = []
        for *row, nameless in self._ask(query, {"redaction": self._redaction, **given}).fetchall():
            version = Version(*row)
            versions = self.versions.setdefault(version.trajectory_id, [])
            known = next((v for v in versions if v.version == version.version), None)
            if known is None:
                versions.append(version)
            found.append(known or version)
            if nameless:
                self.nameless[version.source, version.path, version.source_index] = known or version
        return found


def _chain(project: Project) -> Chain:
    """The prefix hash of a version through so many steps: of what was just read, else from the lake."""

    def chain(version: Version, steps: int) -> str:
        if version.head is not None:
            return version.head.link(steps)
        if version.part is None:
            return ""  # lost with its part: what it began with is not known
        place = lake.Place(version.trajectory_id, version.version, version.part, version.steps)
        return str(lake.read_rows(project, place, ["prefix_hash"])["prefix_hash"][steps - 1])

    return chain


def _runs(chunks: list[Chunk], decoded: Decoded, before: list[list[Version]]) -> Iterator[Found]:
    """Each run that was read, in order, with what its chunk says of it."""
    heads = iter(decoded.heads)
    for _chunk, read, versions in zip(chunks, decoded.reads, before, strict=True):
        fewer = not read.continues or any(version.lost for version in versions)
        damaged = read.problem is not None or (read.rejected > 0 and fewer)
        for head in islice(heads, read.trajectories):
            old_place = not read.in_lines or head.source_index < read.known_lines
            # A format of one run a file may name a run by its first line: without that, the rest has another name.
            torn = damaged and old_place and formats()[head.format].UNIT == "file"
            yield Found(head, reader_version(head.format), read.continues, damaged, torn)


def _by_part(decoded: Decoded) -> list[tuple[Staged, set[tuple[str, str]]]]:
    versions: list[set[tuple[str, str]]] = [set() for _ in decoded.parts]
    for head in decoded.heads:
        if head.part >= 0:
            versions[head.part].add((head.trajectory_id, head.version))
    return list(zip(decoded.parts, versions, strict=True))


def _place(project: Project, staged: Staged, versions: set[tuple[str, str]], merge: Merge) -> Staged | None:
    """Bring the rows that are kept into the lake and tell their versions where; None where there are none."""
    keep = versions & merge.keep.keys()
    folder = Path(staged.folder)
    if not keep:
        shutil.rmtree(folder)
        return None
    if len(keep) < len(versions):
        batches = lake.batches(folder / TRAJECTORIES, folder / STEPS)
        staged = rewrite(batches, keep, folder.with_name(f"{folder.name}-kept"))
    lake.place(project, staged)
    for key in keep:
        merge.keep[key].part = staged.name
    return staged


def _count(tally: Tally, chunks: list[Chunk], decoded: Decoded, merge: Merge, parts: list[Staged]) -> None:
    for chunk, read in zip(chunks, decoded.reads, strict=True):
        tally.read.add((chunk.source, chunk.name))
        if read.problem:
            tally.problems.append(f"{chunk.source}: {chunk.name}: {read.problem}")
        elif read.format is None and not read.unchanged and chunk.name not in tally.unknown:
            tally.unknown.append(chunk.name)
    tally.trajectories += len(decoded.heads)
    tally.quarantined += len(decoded.refused)
    tally.new += merge.new
    tally.superseded += merge.superseded
    tally.duplicates += merge.duplicates
    tally.conflicts += merge.conflicts
    tally.steps += sum(part.steps for part in parts)
    tally.parts += len(parts)
