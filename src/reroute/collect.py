"""Traces to lake: decode what is new in the sources, give every run its identity, redact, and commit.

Files are cut or grouped into tasks of bounded size, decoded side by side, and committed one after the other in the
order of their names, so the same input gives the same tables whatever finishes first. An interrupted run has committed
whole tasks only; the next one goes on behind them.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from reroute import lake
from reroute._chunks import Plan, plan
from reroute._collected import Collected
from reroute._commit import Tally, commit
from reroute._decode import Decoded, Task
from reroute._decode_worker import Decoders
from reroute._lock import one_at_a_time
from reroute._redaction_rules import Rules, load_rules
from reroute._settle import Alarm, settle
from reroute.narration import track
from reroute.redact import load_key
from reroute.settings import Project
from reroute.sources import chosen

__all__ = ["Collected", "collect", "read_loose"]

if TYPE_CHECKING:
    from reroute._loose import Batch


def collect(project: Project, paths: list[Path] | None = None, *, progress: bool = True) -> Collected:
    """Read the given paths, or every configured source, into the lake and the store; publish what changed.

    Raises UsageError where there is nothing to collect from, StoreBusy where another process collects or holds the
    store, StoreError where the disk does not take what is written.
    """
    from reroute.publish import publish

    started = time.perf_counter()
    sources = chosen(project, paths)
    rules = load_rules(project.root)
    with one_at_a_time(project.data_dir):
        lake.sweep(project)
        todo = plan(project, sources, rules.version)
        tally = _read(project, todo, rules, progress=progress)
        alarms = settle(project)
    publish(project)
    return _collected(todo, tally, alarms, time.perf_counter() - started)


def read_loose(paths: list[Path], *, record_cap: int | None = None) -> Iterator[Batch]:
    """The runs in some files and folders, redacted, in memory, in batches; nothing is written.

    Placeholders are keyed for this process alone. Raises UsageError where a path does not exist.
    """
    from reroute._loose import batches

    return batches(paths, record_cap)


def _read(project: Project, todo: Plan, rules: Rules, *, progress: bool) -> Tally:
    tally = Tally()
    if not todo.tasks:
        return tally
    decoders = Decoders(project, load_key(project.key_path), rules, todo.bytes)
    answers: Iterator[Decoded] = decoders.run([_task(project, todo, index) for index in range(len(todo.tasks))])
    if progress:
        answers = track(answers, "collecting", len(todo.tasks))
    try:
        for chunks, decoded in zip(todo.tasks, answers, strict=True):
            commit(project, chunks, decoded, rules.version, tally)
    finally:
        shutil.rmtree(lake.staging(project), ignore_errors=True)
    return tally


def _task(project: Project, todo: Plan, index: int) -> Task:
    settings = project.settings.collect
    return Task(
        chunks=todo.tasks[index],
        staging=str(lake.staging(project) / str(index)),
        part_bytes=settings.part_mb << 20,
        record_cap=settings.record_cap_mb << 20,
        keep_raw=settings.keep_raw_excerpts,
    )


def _collected(todo: Plan, tally: Tally, alarms: list[Alarm], seconds: float) -> Collected:
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
        seconds=seconds,
    )
