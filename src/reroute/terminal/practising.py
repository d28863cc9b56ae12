"""Practice on a terminal: the exercises with their answers, or the score of a file of answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from reroute.review import practice
from reroute.safe_text import one_line
from reroute.terminal import answers, episode
from reroute.terminal.paper import put, text, width

if TYPE_CHECKING:
    from rich.text import Text


def practise(root: Path, export: Path | None, check: Path | None, *, as_json: bool) -> None:
    """Write the exercises as tasks, score a file of answers, or print the exercises, whichever is asked for."""
    if export is not None:
        tasks = practice.tasks(root)
        export.write_bytes(msgspec.json.format(msgspec.json.encode(tasks), indent=1))
        print(f"Wrote {len(tasks)} practice tasks to {export}; import them where labeling/episode.xml is the screen.")
    elif check is not None:
        found = practice.marks(check, root)
        _print(found, scored(found), as_json=as_json)
    else:
        exercises = practice.exercises(root)
        _print(exercises, shown(exercises, width()), as_json=as_json)


def shown(exercises: Sequence[practice.Exercise], columns: int) -> Iterator[Text]:
    """The exercises one after the other, each with its answers."""
    for exercise in exercises:
        yield text(("─" * columns, "dim"))
        yield from episode.view(exercise.told, columns)
        yield text("")
        told = ", ".join(f"{question}: {answer}" for question, answer in exercise.answers.items())
        yield text(("right    ", "bold green"), told)
        yield text(("because  ", "bold"), exercise.because)


def scored(marks: Sequence[practice.Mark]) -> Iterator[Text]:
    """How many answers are right, then each wrong one with the reason."""
    right = practice.right(marks)
    yield text((f"{right} of {len(marks)} answers are right", "bold"))
    for mark in marks:
        if mark.given != mark.right:
            yield text("")
            given = mark.given or "(no answer)"
            who = f"{mark.exercise}, annotator {one_line(mark.annotator, 40)}"
            yield text(f"{who}: {mark.question} is ", (mark.right, "green"), ", not ", (given, "red"))
            yield text(f"  {mark.because}")


def _print(found: Sequence[object], lines: Iterator[Text], *, as_json: bool) -> None:
    if as_json:
        print(answers.json(found))
    else:
        put(lines)
