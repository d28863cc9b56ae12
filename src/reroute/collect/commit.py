"""Committing what was decoded: the parts come into place, and one transaction says everything about them."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from reroute import lake, store
from reroute.collect.chunk import Chunk
from reroute.collect.chunks import reader_version
from reroute.collect.decoding import Decoded, Head, Task
from reroute.collect.merge import Merge, Position, Version
from reroute.collect.rows import write_files, write_outcomes, write_quarantine, write_trajectories
from reroute.lake.parts import STEPS, TRAJECTORIES, PartWriter, Staged
from reroute.settings import Project

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_KNOWN = """
    select
        t.trajectory_id, t.version, t.steps, t.source, t.path, t.source_index, t.reader_version,
        epoch_us(t.ended_at), t.is_current,
        t.conflict, p.redaction_version <> $redaction, t.part, t.run_id is null and t.is_current,
    from trajectories t
    join parts p using (part)
    where t.trajectory_id in (select unnest($ids))
        or (t.run_id is null and t.is_current and t.path in (select unnest($paths)))
    order by t.collected_at, t.version
"""


@dataclass
class Tally:
    """What all tasks so far came to."""

    read: set[tuple[str, str]] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
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
    with store.of(project).write() as connection:
        for task, decoded in answers:
            _commit_task(project, connection, task.chunks, decoded, redaction=redaction, tally=tally)


def _commit_task(
    project: Project,
    connection: duckdb.DuckDBPyConnection,
    chunks: list[Chunk],
    decoded: Decoded,
    *,
    redaction: int,
    tally: Tally,
) -> None:
    merge = _merged(project, connection, decoded.heads, redaction)
    parts = [part for part in (_place(project, *item, merge) for item in _by_part(decoded)) if part]
    for part in parts:
        lake.commit_part(connection, part, redaction)
    write_trajectories(connection, [lake.trajectories_path(project, p.name) for p in parts], merge.changed())
    write_outcomes(connection, decoded.heads)
    tally.new_quarantined += write_quarantine(connection, chunks, decoded)
    write_files(connection, chunks, decoded, redaction)
    _count(tally, chunks, decoded, merge, parts)


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


def _merged(project: Project, connection: duckdb.DuckDBPyConnection, heads: list[Head], redaction: int) -> Merge:
    def chain(version: Version, steps: int) -> str:
        if version.head is not None:
            return version.head.link(steps)
        assert version.part is not None
        place = lake.Place(version.trajectory_id, version.version, version.part, version.steps)
        return str(lake.read_rows(project, place, ["prefix_hash"])["prefix_hash"][steps - 1])

    merge = Merge(*_known(connection, heads, redaction), chain)
    readers = {name: reader_version(name) for name in {head.format for head in heads}}
    for head in heads:
        merge.add(head, readers[head.format])
    return merge


def _known(
    connection: duckdb.DuckDBPyConnection, heads: list[Head], redaction: int
) -> tuple[dict[str, list[Version]], dict[Position, Version]]:
    known: dict[str, list[Version]] = {}
    nameless: dict[Position, Version] = {}
    if not heads:
        return known, nameless
    ids = [head.trajectory_id for head in heads]
    paths = sorted({head.path for head in heads if not head.has_run_id})
    found = connection.execute(_KNOWN, {"redaction": redaction, "ids": ids, "paths": paths}).fetchall()
    for *row, is_nameless in found:
        version = Version(*row)
        known.setdefault(version.trajectory_id, []).append(version)
        if is_nameless:
            nameless[version.source, version.path, version.source_index] = version
    return known, nameless


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
