"""Committing what was decoded: the parts come into place, and one transaction says everything about them."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING

from reroute.collect.chunks import reader_version
from reroute.collect.collected import Collected
from reroute.collect.damage import GONE
from reroute.collect.fidelity import Drift, write_fidelity
from reroute.collect.merge import Found, Merge, Position
from reroute.collect.messages import Chunk, Decoded, Head, Read, Task
from reroute.collect.rows import known_files, write_files, write_outcomes, write_quarantine, write_trajectories
from reroute.collect.versions import Version
from reroute.formats import formats
from reroute.settings import Project
from reroute.storage import journal, lake, store
from reroute.storage.lake.part_writer import STEPS, TRAJECTORIES, PartWriter, Staged
from reroute.trace import SCHEMA_VERSION

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_VERSION = """
    select
        t.trajectory_id, t.version, t.steps, t.source, t.path, t.source_index, t.reader_version as reader,
        epoch_us(t.ended_at) as ended_at, t.is_current as current, t.conflict,
        p.part is null or p.redaction_version <> $redaction or p.schema_version <> $schema as stale, p.part,
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
_IN_FILES = f"""
    {_VERSION}
    where t.is_current and t.source = $source and t.path in (select unnest($paths))
        and t.source_index >= $first
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
        known = _Known(self.project, connection, self.redaction, decoded.heads)
        sessions = list(_sessions(chunks, decoded))
        for session in sessions:
            session.before = known.in_session(session)
        read_now = {(head.trajectory_id, head.version) for head in decoded.heads}
        merge = Merge(self.project, known.versions, known.anonymous, read_now, self.collected)
        whole = []
        for session in sessions:
            runs = [run for run in session.runs() if merge.add(run)]
            whole += [run.head for run in runs]
            if session.files:
                merge.absorb(session.before, runs)
                self._finish(connection, session)
        parts = self._place(connection, decoded, merge)
        for session in sessions:
            self._report(session, merge)
        headers = [lake.files(self.project, part).trajectories for part in parts]
        write_trajectories(connection, headers, merge.changed())
        # A file that was read before says nothing new: what was joined since stands. Nor does an older copy of a run.
        known_now = known_files(connection, chunks, decoded)
        stated = [(head, (head.source, head.path) not in known_now and merge.stands(head)) for head in whole]
        write_outcomes(connection, stated)
        self.collected.new_quarantined += write_quarantine(connection, chunks, decoded)
        write_files(connection, chunks, decoded, self.redaction)
        write_fidelity(connection, chunks, decoded)
        self.collected.trajectories += len(decoded.heads)
        self.collected.quarantined += len(decoded.refused)
        places: list[tuple[str, ...]] = [(c.source, name) for c in chunks for name in (c.name, *c.missing)]
        return {
            "parts": [(part,) for part in parts],
            "trajectories": [(version.trajectory_id, version.version) for version in merge.changed()],
            "outcomes": [(head.trajectory_id,) for head in decoded.heads if head.outcome],
            "quarantine": places,
            "files": places,
            "fidelity": places,
        }

    def _report(self, session: _Session, merge: Merge) -> None:
        """Note what a person should know of a session: what could not be read of it, and the runs that it has lost."""
        for chunk, read in zip(session.chunks, session.reads, strict=True):
            if read.problem:
                self.collected.problems.append(f"{chunk.source}: {chunk.name}: {read.problem}")
            elif read.passed_by is not None:
                self.collected.pass_by(read.passed_by, chunk.name)
            self.drift.add(chunk, read)
        if not session.continues and not session.problem:
            for version in merge.lose(session.before):
                self.damaged.setdefault((version.source, version.path), session.complaint(version.path))

    def _finish(self, connection: duckdb.DuckDBPyConnection, session: _Session) -> None:
        """Note which files of a session have to be read again, and which it can do without."""
        for read in session.reads:
            read.again = session.problem
        if session.problem or any(version.current and not version.found for version in session.before):
            return
        places = [(chunk.source, name) for chunk in session.chunks[:1] for name in chunk.missing]
        if places:
            connection.executemany("delete from files where source = ? and path = ?", places)

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


@dataclass
class _Session:
    """Chunks that were read together, mostly one, and what that came to."""

    chunks: list[Chunk]
    reads: list[Read]
    heads: list[list[Head]]
    """The runs of each chunk."""
    before: list[Version] = field(default_factory=list)
    """The current versions that were read from it before, where they may have changed or be gone."""

    @property
    def files(self) -> frozenset[str]:
        """All files of the session, those that are gone too; none where it is one file alone."""
        names = frozenset(name for chunk in self.chunks for name in (chunk.name, *chunk.missing))
        return names if len(names) > 1 else frozenset()

    @property
    def continues(self) -> bool:
        """It holds what it held when it was last read."""
        return all(read.continues for read in self.reads) and not self.chunks[0].missing

    @property
    def rejected(self) -> int:
        return sum(read.rejected for read in self.reads)

    @property
    def problem(self) -> bool:
        """One of its files could not be read at all."""
        return any(read.problem for read in self.reads)

    @property
    def damaged(self) -> bool:
        """It holds something else than before, or has lost a run or a file, and not all of it can be read."""
        fewer = not self.continues or any(version.lost for version in self.before)
        broken = any(not read.continues and read.format is None for read in self.reads)
        return self.problem or bool(self.chunks[0].missing) or broken or (self.rejected > 0 and fewer)

    def complaint(self, path: str) -> str:
        """What was found of a run that was read from ``path`` before."""
        for chunk, read in zip(self.chunks, self.reads, strict=True):
            if not read.continues:
                wrong = read.wrong or "it holds something else"
                return wrong if chunk.name == path else f"{chunk.name} of the same session: {wrong}"
        return f"{self.chunks[0].missing[0]} of the same session: {GONE}"

    def runs(self) -> Iterator[Found]:
        """Each run that was read, in order, with what the session says of it."""
        damaged, continues, files = self.damaged, self.continues, self.files
        grown = any(chunk.end > chunk.known_end for chunk in self.chunks)
        for read, heads in zip(self.reads, self.heads, strict=True):
            for head in heads:
                old_place = not read.in_lines or head.source_index < read.known_lines
                # A format of one run a file may name a run by its first line: without that, the rest has another name.
                torn = damaged and old_place and formats()[head.format].UNIT == "file"
                yield Found(head, reader_version(head.format), continues, damaged, torn, grown, files)


def _sessions(chunks: list[Chunk], decoded: Decoded) -> Iterator[_Session]:
    """The chunks of a task, those that were read together as one."""
    heads, places = iter(decoded.heads), range(len(chunks))
    for _, group in groupby(places, key=lambda place: chunks[place].group or place):
        together = list(group)
        reads = [decoded.reads[place] for place in together]
        found = [list(islice(heads, read.trajectories)) for read in reads]
        yield _Session([chunks[place] for place in together], reads, found)


class _Known:
    """The versions in the store that the runs of one task have to do with, each once."""

    def __init__(
        self, project: Project, connection: duckdb.DuckDBPyConnection, redaction: int, heads: list[Head]
    ) -> None:
        self.versions: dict[str, list[Version]] = {}
        self.anonymous: dict[Position, Version] = {}
        self._project, self._connection, self._redaction = project, connection, redaction
        if heads:
            paths = sorted({head.path for head in heads if not head.has_run_id})
            self._add(_KNOWN, ids=[head.trajectory_id for head in heads], paths=paths)

    def in_session(self, session: _Session) -> list[Version]:
        """The current versions that were read from the chunks before, where their bytes are not what they were; else
        those that they have lost, where not all of it can be read. Of a session of several files, all.
        """
        if all(read.unchanged for read in session.reads):
            return []
        first = session.chunks[0]
        place: dict[str, object] = {"source": first.source, "first": first.first_index, "next": first.next_index}
        if session.files:
            return self._add(_IN_FILES, **place, paths=sorted(session.files), changed=True)
        if not first.known or (session.continues and not session.rejected):
            return []
        return self._add(_IN_FILES, **place, paths=[first.name], changed=not session.continues)

    def _add(self, query: str, **given: object) -> list[Version]:
        found = []
        for row in store.rows(
            self._connection, query, {"redaction": self._redaction, "schema": SCHEMA_VERSION, **given}
        ):
            anonymous, version = row.pop("anonymous"), Version(**row, project=self._project)
            versions = self.versions.setdefault(version.trajectory_id, [])
            known = next((v for v in versions if v.version == version.version), None)
            if known is None:
                versions.append(version)
            found.append(known or version)
            if anonymous:
                self.anonymous[version.source, version.path, version.source_index] = known or version
        return found
