"""Traces to lake: decode what is new in the sources, give every run its identity, redact, and commit.

Files are cut or grouped into tasks of bounded size, decoded side by side, and committed one after the other in the
order of their names, so the same input gives the same tables whatever finishes first. An interrupted run has committed
whole tasks only; the next one goes on behind them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from reroute.collect.collected import Collected
from reroute.collect.decode_worker import Decoders
from reroute.collect.decoding import Decoded, Task
from reroute.collect.lock import one_at_a_time
from reroute.progress import track, warn
from reroute.redact.rules import Rules, load_rules
from reroute.storage import lake

# What needs the store or the settings is imported where it is used: every decoding process imports this package.

COMMIT_BYTES = 128 * 1024 * 1024
"""Source bytes behind one transaction."""

__all__ = ["Collected", "collect", "read_loose"]

if TYPE_CHECKING:
    from reroute.collect.chunks import Plan
    from reroute.collect.commit import Tally
    from reroute.collect.damage import Damage
    from reroute.collect.loose import Batch
    from reroute.collect.settle import Alarm
    from reroute.settings import Project


def collect(project: Project, paths: list[Path] | None = None, *, progress: bool = True) -> Collected:
    """Read the given paths, or every configured source, into the lake and the store; publish what changed.

    Raises UsageError where there is nothing to collect from, StoreBusy where another process collects or holds the
    store, StoreError where the disk does not take what is written.
    """
    from reroute.collect.chunks import plan
    from reroute.collect.damage import GONE, assess, mark_gone
    from reroute.collect.settle import settle
    from reroute.collect.sources import chosen, doubled
    from reroute.storage.publish import publish

    started = time.perf_counter()
    sources = chosen(project, paths)
    twice = doubled(project, sources)
    for warning in twice:
        warn(warning)
    rules = load_rules(project.root)
    with one_at_a_time(project.data_dir):
        lake.sweep(project)
        lake.seal(project)
        todo = plan(project, sources, rules.version)
        mark_gone(project, todo.gone)
        try:
            tally = _read(project, todo, rules, progress=progress)
            alarms = settle(project)
            found = {**dict.fromkeys(todo.gone, GONE), **tally.damaged}
            damage = assess(project, [source.name for source in sources], found)
        finally:
            lake.clear_staging(project)
    publish(project)
    seconds = time.perf_counter() - started
    return _collected(todo, tally, alarms, damage=damage, twice=twice, seconds=seconds)


def read_loose(paths: list[Path], *, record_cap: int | None = None) -> Iterator[Batch]:
    """The runs in some files and folders, redacted, in memory, in batches; nothing is written.

    Placeholders are keyed for this process alone. Raises UsageError where a path does not exist.
    """
    from reroute.collect.loose import batches

    return batches(paths, record_cap)


def _read(project: Project, todo: Plan, rules: Rules, *, progress: bool) -> Tally:
    from reroute.collect.chunks import task_bytes
    from reroute.collect.commit import Tally, commit
    from reroute.storage import redaction_key

    tally = Tally()
    if not todo.pending:
        return tally
    decoders = Decoders(project, redaction_key.load(project), rules, todo.bytes)
    answers = decoders.run(_tasks(project, todo))
    if progress:
        answers = track(answers, "collecting", 1 + todo.bytes // task_bytes(project))
    for group in _groups(answers):
        commit(project, group, rules.version, tally)
    return tally


def _groups(answers: Iterator[tuple[Task, Decoded]]) -> Iterator[list[tuple[Task, Decoded]]]:
    """Answers a transaction's worth at a time: each costs the disk a few waits, and a crash at most what is in it."""
    group, weight = [], 0
    for task, decoded in answers:
        group.append((task, decoded))
        weight += sum(chunk.end - chunk.start for chunk in task.chunks)
        if weight >= COMMIT_BYTES:
            yield group
            group, weight = [], 0
    if group:
        yield group


def _tasks(project: Project, todo: Plan) -> Iterator[Task]:
    from reroute.collect.chunks import tasks

    settings = project.settings.collect
    for number, chunks in enumerate(tasks(project, todo)):
        yield Task(
            chunks=chunks,
            staging=str(lake.staging(project) / str(number)),
            part_bytes=settings.part_mb << 20,
            record_cap=settings.record_cap_mb << 20,
            keep_raw=settings.keep_raw_excerpts,
        )


def _collected(
    todo: Plan, tally: Tally, alarms: list[Alarm], *, damage: Damage, twice: list[str], seconds: float
) -> Collected:
    return Collected(
        files=todo.files,
        files_unchanged=todo.unchanged,
        trajectories=tally.trajectories,
        new=tally.new,
        superseded=tally.superseded,
        duplicates=tally.duplicates,
        conflicts=tally.conflicts,
        steps=tally.steps,
        parts=tally.parts,
        quarantined=tally.quarantined,
        new_quarantined=tally.new_quarantined,
        unknown_files=sorted({*todo.unknown, *tally.unknown}),
        problems=[*map(str, todo.problems), *tally.problems],
        alarms=[alarm.message for alarm in alarms],
        damaged=damage.files,
        lost_runs=damage.runs,
        lost_sources=damage.sources,
        doubled=twice,
        seconds=seconds,
    )
