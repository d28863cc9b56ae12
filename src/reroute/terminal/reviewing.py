"""Where review stands, for a person: counts, agreement with its n, and how often the rules were right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from reroute.terminal.paper import text

if TYPE_CHECKING:
    from rich.text import Text

    from reroute.review import Status
    from reroute.review.agreement import Agreement
    from reroute.review.status import Rules


def screen(status: Status) -> Iterator[Text]:
    """The whole answer of ``reroute review status``."""
    yield text((f"{status.planned:,} tasks planned", "bold"), f", {status.unpushed:,} of them not pushed yet")
    graded = f"{status.graded:,} graded by {status.annotators:,} people"
    yield text(f"{graded}, {status.waiting:,} waiting, {status.skipped:,} skipped")
    for file, count in status.lost_files.items():
        lost = f"{file} is gone or damaged, and {count:,} tasks of it wait for an answer; "
        yield text(lost, "if Label Studio does not have them, `reroute review push --again` writes them again")
    if status.answers:
        yield text("answers  ", ", ".join(f"{name} {count:,}" for name, count in status.answers.items()))
    for agreed in status.agreements:
        yield _agreement(agreed)
    for rules in status.rules:
        if rules.graded:
            yield _rules(rules)


def _agreement(agreed: Agreement) -> Text:
    alpha = "not defined, everybody gave one answer" if agreed.alpha is None else f"{agreed.alpha:.2f}"
    n = f"n = {agreed.tasks:,} tasks with two or more of {agreed.annotators:,} annotators; the same on {agreed.same:,}"
    return text((f"agreement on {agreed.question}: ", "bold"), f"Krippendorff's alpha {alpha} ({n})")


def _rules(rules: Rules) -> Text:
    parts = (
        f"a failure in {rules.failures:,} of {rules.graded:,}, the outcome in {rules.outcomes:,} of {rules.failures:,}"
    )
    return text((f"people agreed with the rules ({rules.reason} tasks): ", "bold"), parts)
