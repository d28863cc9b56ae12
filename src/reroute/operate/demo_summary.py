"""What the demonstration ends with: collected, found, sent to review, exported, dropped, and where it lies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from reroute.report.figures import Table, query
from reroute.storage.publish import connect
from reroute.tag import episodes

if TYPE_CHECKING:
    from reroute.settings import Project

_WIDTH = 100


def lines(project: Project) -> Iterator[str]:
    """The summary, line by line."""
    connection = connect(project)
    tables = {name: query(connection, name, project) for name in ("collected", "datasets_written", "drops")}
    waiting = connection.execute("select count(*) from reviews").fetchone()
    connection.close()
    yield from _collected(tables["collected"])
    yield from _found(project)
    yield from ("", "For review", f"  {waiting[0] if waiting else 0} doubtful episodes, as tasks in {project.outbox}")
    yield from _exported(tables["datasets_written"], tables["drops"])
    yield from ("", "Where it lies", f"  datasets  {project.datasets}")
    yield f"  report    {project.reports / 'report.html'}"
    yield f"  next      reroute episodes -C {project.root}   then   reroute show ID -C {project.root}"


def _collected(table: Table) -> Iterator[str]:
    yield from ("", "Collected")
    for name, trajectories, steps, passed, failed, undetected in table.rows:
        ended = f"{passed} passed, {failed} failed, {undetected} of them with nothing found"
        yield f"  {name:<16} {trajectories:>5} trajectories {steps:>7} steps   {ended}"


def _found(project: Project) -> Iterator[str]:
    yield from ("", "Found (by the rules; what leaves no sign is not among it)")
    answers = project.root / "simulated" / "answers"
    if answers.is_dir():
        from reroute.operate.known_answers import score

        yield from (f"  {line}" for line in score(project, answers).table().splitlines())
        return
    counts = Counter((e.kind, e.outcome_final) for e in episodes.load(project) if e.is_failure is not False)
    for kind, n in Counter(kind for kind, _ in counts.elements()).most_common():
        parts = ", ".join(f"{m} {outcome}" for (k, outcome), m in counts.most_common() if k == kind)
        yield f"  {kind:<18} {n:>5}   {parts}"


def _exported(written: Table, drops: Table) -> Iterator[str]:
    yield from ("", "Exported")
    for recipe, version, train, validation, passed, _ in written.rows:
        state = "gates passed" if passed else "GATES FAILED, not submittable"
        yield f"  {recipe:<14} {version}  {train} training rows, {validation} validation rows, {state}"
        for rule, n, example in (row[1:] for row in drops.rows if row[0] == recipe):
            yield f"    left out {n:>4}  {rule}: {example}"[:_WIDTH]
