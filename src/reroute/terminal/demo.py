"""The end of the demonstration on a terminal, and the known-answer scores of simulated runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from reroute.terminal.output import table, text

if TYPE_CHECKING:
    from rich.console import RenderableType

    from reroute.operate.demo import Summary
    from reroute.operate.known_answers import Score
    from reroute.settings import Project

_EXAMPLE = 81
"""Characters of a rule with its example, so that a line has at most 100."""


def summary(project: Project, found: Summary) -> Iterator[RenderableType]:
    """What was collected, found, sent to review, exported and left out, and where it lies."""
    yield from (text(""), text("Collected"))
    collected = table(alignment="<>><")
    for name, trajectories, steps, *_, passed, failed, undetected in found.collected.rows:
        ended = f"{passed} passed, {failed} failed, {undetected} of them with nothing found"
        collected.add_row(f"  {name}", f"{trajectories} trajectories", f"{steps} steps", ended)
    yield collected
    yield from (text(""), text("Found (by the rules; what leaves no sign is not among it)"))
    if found.score is not None:
        yield from score(found.score, "  ")
    else:
        kinds = table(alignment="<><")
        for kind, outcomes in found.kinds.items():
            parts = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.items())
            kinds.add_row(f"  {kind}", str(sum(outcomes.values())), parts)
        yield kinds
    yield from (text(""), text("For review"))
    yield text(f"  {found.waiting} doubtful episodes, as tasks in {project.outbox}")
    yield from (text(""), text("Exported"))
    for recipe, version, train, validation, passed, _ in found.written.rows:
        state = "gates passed" if passed else "GATES FAILED, not submittable"
        yield text(f"  {recipe}  {version}  {train} training rows, {validation} validation rows, {state}")
        dropped = table(alignment="<><")
        for _, rule, count, example in (row for row in found.drops.rows if row[0] == recipe):
            dropped.add_row("    left out", str(count), f"{rule}: {example}"[:_EXAMPLE])
        yield dropped
    yield from (text(""), text("Where it lies"))
    places = table()
    places.add_row("  datasets", str(project.datasets))
    places.add_row("  report", str(project.reports / "report.html"))
    again = f"reroute episodes -C {project.root}   then   reroute show ID -C {project.root}"
    places.add_row("  next", again)
    yield places


def score(found: Score, indent: str = "") -> Iterator[RenderableType]:
    """Precision and recall of failures, kinds, outcomes and formats, then the false friends; each line indented."""
    shown = table(alignment="<<<<")
    blocks = {"failures": [found.failures], "kind": found.kinds, "outcome": found.outcomes, "format": found.formats}
    for title, rows in blocks.items():
        shown.add_row(f"{indent}{title}", "precision", "recall", "recall with nominated")
        for row in rows:
            shown.add_row(f"{indent}  {row.name}", str(row.precision), str(row.recall), str(row.nominated))
        shown.add_row("")
    shown.add_row(f"{indent}exact onset", str(found.exact_onset))
    shown.add_row(f"{indent}right outcome", str(found.right_outcome))
    shown.add_row(f"{indent}clarified seen", str(found.clarified))
    yield from (shown, text(""), text(f"{indent}false friends tagged as failures"))
    friends = table()
    for name, share in found.friends:
        friends.add_row(f"{indent}  {name}", str(share))
    yield friends
    if found.unread:
        yield text(f"{indent}{found.unread} simulated runs are not in the store")
