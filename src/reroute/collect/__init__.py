"""Traces to lake: decode what is new in the sources, give every run its identity, redact, and commit.

Files are cut or grouped into tasks of bounded size, decoded side by side, and committed one after the other in the
order of their names, so the same input gives the same tables whatever finishes first. An interrupted run has committed
whole tasks only; the next one goes on behind them.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from reroute.collect.collected import Collected
from reroute.collect.decode_worker import Decoders
from reroute.collect.lock import one_at_a_time
from reroute.collect.messages import Decoded, Task
from reroute.progress import track, warn
from reroute.redact.rules import Rules, load_rules
from reroute.storage import lake

# What needs the store or the settings is imported where it is used: every decoding process imports this package.

COMMIT_BYTES = 128 * 1024 * 1024
"""Source bytes behind one transaction: each costs the disk a few waits, and a crash at most what is in it."""

__all__ = ["Collected", "collect"]

if TYPE_CHECKING:
    from reroute.collect.chunks import Plan
    from reroute.collect.commit import Committer
    from reroute.settings import Project


def collect(project: Project, paths: list[Path] | None = None, *, progress: bool = True) -> Collected:
    """Read the given paths, or every configured source, into the lake and the store; publish what changed.

    Raises UsageError where there is nothing to collect from, StoreBusy where another process collects or holds the
    store, StoreError where the disk does not take what is written.
    """
    from reroute.collect.chunks import plan
    from reroute.collect.commit import Committer
    from reroute.collect.damage import assess, mark_gone
    from reroute.collect.fidelity import by_format
    from reroute.collect.reconcile import reconcile
    from reroute.collect.sources import chosen, doubled
    from reroute.storage.publish import publish

    started = time.perf_counter()
    sources = chosen(project, paths)
    collected = Collected(doubled=doubled(project, sources))
    for warning in collected.doubled:
        warn(warning)
    rules = load_rules(project.root)
    with one_at_a_time(project.data_dir):
        lake.sweep(project)
        lake.seal(project)
        todo = plan(project, sources, rules.version)
        collected.files, collected.files_unchanged = todo.files, todo.unchanged
        committer = Committer(project, rules.version, collected, damaged=mark_gone(project, todo.gone))
        try:
            _read(project, todo, rules, committer, progress=progress)
            collected.alarms = reconcile(project)
            assess(project, [source.name for source in sources], committer.damaged, collected)
        finally:
            lake.clear_staging(project)
    collected.pass_by_all(todo.passed_by, todo.hidden)
    collected.new_drift, collected.drift = committer.drift.note(project)
    collected.fidelity = by_format(project)
    publish(project)
    collected.problems = [*map(str, todo.problems), *collected.problems]
    collected.seconds = time.perf_counter() - started
    return collected


def _read(project: Project, todo: Plan, rules: Rules, committer: Committer, *, progress: bool) -> None:
    """Decode what is pending, and commit it, about COMMIT_BYTES at a time."""
    from reroute.collect.chunks import task_bytes, tasks
    from reroute.storage import redaction_key

    if not todo.pending:
        return
    settings = project.settings.collect
    queue = (
        Task(
            chunks=chunks,
            staging=str(lake.staging(project) / str(number)),
            part_bytes=settings.part_mb << 20,
            record_cap=settings.record_cap_mb << 20,
            keep_raw=settings.keep_raw_excerpts,
        )
        for number, chunks in enumerate(tasks(project, todo))
    )
    answers = Decoders(project, redaction_key.load(project), rules, todo.bytes).run(queue)
    if progress:
        answers = track(answers, "collecting", 1 + todo.bytes // task_bytes(project))
    group: list[tuple[Task, Decoded]] = []
    weight = 0
    for task, decoded in answers:
        group.append((task, decoded))
        weight += sum(chunk.end - chunk.start for chunk in task.chunks)
        if weight >= COMMIT_BYTES:
            committer.commit(group)
            group, weight = [], 0
    if group:
        committer.commit(group)
