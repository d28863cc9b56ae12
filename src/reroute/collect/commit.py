"""Committing what was decoded: the parts come into place, and one transaction says everything about them."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from reroute.collect.chunks import reader_version
from reroute.collect.collected import Collected
from reroute.collect.fidelity import Drift, write_fidelity
from reroute.collect.merge import Found, Merge, Position, Version
from reroute.collect.messages import Chunk, Decoded, Head, Read, Task
from reroute.collect.rows import known_files, write_files, write_outcomes, write_quarantine, write_trajectories
from reroute.formats import formats
from reroute.settings import Project
from reroute.storage import journal, lake, store
from reroute.storage.lake.part_writer import STEPS, TRAJECTORIES, PartWriter, Staged

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_VERSION = """
    select
        t.trajectory_id, t.version, t.steps, t.source, t.path, t.source_index, t.reader_version as reader,
        epoch_us(t.ended_at) as ended_at, t.is_current as current, t.conflict,
        p.part is null or p.redaction_version <> $redaction as stale, p.part,
        t.lost_at is not null as lost, t.run_id is null and t.is_current as anonymous,
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


@dataclass(frozen=True)
class Committer:
    """Makes decoded tasks part of the store, and counts what was in them."""

    project: Project
    redaction: int
    """Version of the rules that the tasks were redacted with."""
    collected: Collected
    damaged: dict[tuple[str, str], str]
    """Source and name of files that were found without runs which are known from them, and what was found."""
    drift: Drift = field(default_factory=Drift)

    def commit(self, answers: list[tuple[Task, Decoded]]) -> None:
        """Make these tasks part of the store, in order: all of them, or, where this is interrupted, nothing."""
        changed: dict[str, list[tuple[str, ...]]] = {}
        with store.of(self.project).write() as connection:
            for task, decoded in answers:
                for table, keys in self._commit_task(connection, task.chunks, decoded).items():
                    changed.setdefault(table, []).extend(keys)
            journal.note(self.project, connection, changed)

    def _commit_task(
        self, connection: duckdb.DuckDBPyConnection, chunks: list[Chunk], decoded: Decoded
    ) -> dict[str, list[tuple[str, ...]]]:
        """Write the rows of one task; the keys of all that changed, by table."""
        known = _Known(connection, self.redaction, decoded.heads)
        before = [known.in_file(chunk, read) for chunk, read in zip(chunks, decoded.reads, strict=True)]
        read_now = {(head.trajectory_id, head.version) for head in decoded.heads}
        merge = Merge(self.project, known.versions, known.anonymous, read_now, self.collected)
        whole = [run.head for run in _runs(chunks, decoded, before) if merge.add(run)]
        parts = self._place(connection, decoded, merge)
        for chunk, read, versions in zip(chunks, decoded.reads, before, strict=True):
            if read.problem:
                self.collected.problems.append(f"{chunk.source}: {chunk.name}: {read.problem}")
            elif read.passed_by is not None:
                self.collected.pass_by(read.passed_by, chunk.name)
            self.drift.add(chunk, read)
            if not read.continues and not read.problem and merge.lose(versions):
                self.damaged.setdefault((chunk.source, chunk.name), read.wrong or "it holds something else")
        headers = [lake.files(self.project, part).trajectories for part in parts]
        write_trajectories(connection, headers, merge.changed())
        write_outcomes(connection, whole, known_files(connection, chunks, decoded))
        self.collected.new_quarantined += write_quarantine(connection, chunks, decoded)
        write_files(connection, chunks, decoded, self.redaction)
        write_fidelity(connection, chunks, decoded)
        self.collected.trajectories += len(decoded.heads)
        self.collected.quarantined += len(decoded.refused)
        places: list[tuple[str, ...]] = [(chunk.source, chunk.name) for chunk in chunks]
        return {
            "parts": [(part,) for part in parts],
            "trajectories": [(version.trajectory_id, version.version) for version in merge.changed()],
            "outcomes": [(head.trajectory_id,) for head in decoded.heads if head.outcome],
            "quarantine": places,
            "files": places,
            "fidelity": places,
        }

    def _place(self, connection: duckdb.DuckDBPyConnection, decoded: Decoded, merge: Merge) -> list[str]:
        """Bring the rows that are needed of each staged part into the lake, and write down where; the parts' names."""
        placed = []
        for number, staged in enumerate(decoded.parts):
            versions = {(head.trajectory_id, head.version) for head in decoded.heads if head.part == number}
            needed, folder = versions & merge.keep.keys(), Path(staged.folder)
            if not needed:
                shutil.rmtree(folder)
                continue
            part = staged
            if len(needed) < len(versions):
                batches = lake.batches(lake.Files(folder / STEPS, folder / TRAJECTORIES))
                part = rewrite(batches, needed, folder.with_name(f"{folder.name}-kept"))
            lake.place(self.project, part)
            lake.commit_part(connection, part, self.redaction)
            self.collected.steps += part.steps
            self.collected.parts += 1
            placed.append(part.name)
            for key in needed:
                merge.keep[key].part = part.name
        return placed


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
        self.anonymous: dict[Position, Version] = {}
        self._connection, self._redaction = connection, redaction
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
        for row in store.rows(self._connection, query, {"redaction": self._redaction, **given}):
            anonymous, version = row.pop("anonymous"), Version(**row)
            versions = self.versions.setdefault(version.trajectory_id, [])
            known = next((v for v in versions if v.version == version.version), None)
            if known is None:
                versions.append(version)
            found.append(known or version)
            if anonymous:
                self.anonymous[version.source, version.path, version.source_index] = known or version
        return found


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
