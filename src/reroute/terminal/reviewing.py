"""Review on a terminal: where it stands, the exercises of practice and their score, and what the judge is sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from reroute.review import practice
from reroute.safe_text import clean, one_line
from reroute.terminal import episode
from reroute.terminal.output import text

if TYPE_CHECKING:
    from rich.text import Text

    from reroute.review import Status
    from reroute.review.judge.chosen import Ask


def screen(status: Status) -> Iterator[Text]:
    """Counts, agreement with its n, and how often the rules were right."""
    yield text((f"{status.planned:,} tasks planned", "bold"), f", {status.unpushed:,} of them not pushed yet")
    graded = f"{status.graded:,} graded by {status.annotators:,} people"
    yield text(f"{graded}, {status.waiting:,} waiting, {status.skipped:,} skipped")
    for why, count in status.without_episode.items():
        yield text((f"{count:,} {'answer' if count == 1 else 'answers'} without an episode: ", "yellow"), why)
    for file, count in status.lost_files.items():
        lost = f"{file} is gone or damaged, and {count:,} tasks of it wait for an answer; "
        yield text(lost, "if Label Studio does not have them, `reroute review push --again` writes them again")
    if status.answers:
        yield text("answers  ", ", ".join(f"{name} {count:,}" for name, count in status.answers.items()))
    for agreed in status.agreements:
        alpha = "not defined, everybody gave one answer" if agreed.alpha is None else f"{agreed.alpha:.2f}"
        n = f"n = {agreed.tasks:,} tasks with two or more of {agreed.annotators:,} annotators"
        words = f"Krippendorff's alpha {alpha} ({n}; the same on {agreed.same:,})"
        yield text((f"agreement on {agreed.question}: ", "bold"), words)
    for rules in status.rules:
        if rules.graded:
            failures = f"a failure in {rules.failures:,} of {rules.graded:,}"
            outcomes = f"the outcome in {rules.outcomes:,} of {rules.failures:,}"
            yield text((f"people agreed with the rules ({rules.reason} tasks): ", "bold"), f"{failures}, {outcomes}")


def exercises(shown: Sequence[practice.Exercise], columns: int) -> Iterator[Text]:
    """The exercises one after the other, each with its answers."""
    for exercise in shown:
        yield text(("─" * columns, "dim"))
        yield from episode.view(exercise.timeline, columns)
        yield text("")
        answers = ", ".join(f"{question}: {answer}" for question, answer in exercise.answers.items())
        yield text(("right    ", "bold green"), answers)
        yield text(("because  ", "bold"), exercise.because)


def marks(given: Sequence[practice.Mark]) -> Iterator[Text]:
    """How many answers are right, then each wrong one with the reason."""
    right = sum(mark.given == mark.right for mark in given)
    yield text((f"{right} of {len(given)} answers are right", "bold"))
    for mark in given:
        if mark.given != mark.right:
            yield text("")
            who = f"{mark.exercise}, annotator {one_line(mark.annotator, 40)}"
            answer = (mark.given or "(no answer)", "red")
            yield text(f"{who}: {mark.question} is ", (mark.right, "green"), ", not ", answer)
            yield text(f"  {mark.because}")


def judge_request(ask: Ask) -> str:
    """The messages that the judge's model would be sent about one episode, and their size."""
    messages = [f"--- {message['role']}\n{clean(message['content'])}" for message in ask.prompt.messages()]
    fate = f"withheld: {ask.order}" if ask.order else "would be sent"
    return "\n".join([*messages, f"--- {ask.prompt.size:,} bytes; {fate}"])
