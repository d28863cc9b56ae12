"""The grader of a reinforcement dataset: loaded from its file, and tried on every dataset before a job is paid for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan
from pathlib import Path
from typing import Any

from reroute import content
from reroute.errors import ConfigError
from reroute.safe_text import quoted

JSON = Mapping[str, Any]
Grade = Callable[[JSON, JSON], float]

OTHERS = 50
"""References of other tasks that each row is tried with at most."""
CONFUSED = 0.3
"""From here on a grader takes one action for another."""
MOST_BYTES = 256_000

_WANTED = {"reference": "1", "other": f"less than {CONFUSED}"}
"""What a case must score, in words; all others 0."""
_REFUSAL = "I'm sorry, but I can't help with that."


@dataclass(frozen=True)
class Grader:
    """A python grader: its name, its source as it goes to the provider, and its function."""

    name: str
    source: str
    grade: Grade


@dataclass(frozen=True)
class Try:
    """One answer to one row, and what the grader made of it."""

    case: str
    """reference, failed, empty, refusal or prompt: an answer of the row's own; other: the reference of another task."""
    score: float
    """NaN where the grader raised or gave no number: a score that is right in no case."""
    answer: str
    """The answer, clipped; after it what the grader raised, where it did."""

    @property
    def wrong(self) -> bool:
        """Whether the score is not what the case must have."""
        if self.case == "other":
            return not self.score < CONFUSED
        return self.score != 1 if self.case == "reference" else not self.score <= 0

    @property
    def words(self) -> str:
        """The try in words."""
        case = {"reference": "the reference", "failed": "a failed action", "other": "the reference of another task"}
        named = case.get(self.case, f"the answer `{self.case}`")
        return f"{named} scores {self.score:.2f} where it must score {_WANTED.get(self.case, '0')}: {self.answer}"


@dataclass(frozen=True)
class Trial:
    """One thing that was tried on every row: over ``n`` answers the scores lay between ``lowest`` and ``highest``.

    Both are NaN where the grader raised or gave no number.
    """

    case: str
    n: int
    lowest: float
    highest: float

    @property
    def wrong(self) -> bool:
        """Whether one of the scores is not what the case must have."""
        return any(Try(self.case, score, "").wrong for score in (self.lowest, self.highest))


def load(file: str, project: Path | None = None) -> Grader:
    """The grader at ``exports/graders/<file>``.

    Raises ConfigError where it is too large for a provider, is no Python or defines no ``grade``.
    """
    path = content.find(f"exports/graders/{file}", project)
    source = path.read_text("utf-8")
    if len(source.encode()) > MOST_BYTES:
        raise ConfigError(f"Reading the grader {path}: {len(source.encode()):,} bytes; providers take {MOST_BYTES:,}.")
    scope: dict[str, object] = {"__name__": path.stem}
    try:
        # The operator's own file, run here exactly as the provider will run it.
        exec(compile(source, str(path), "exec"), scope)  # noqa: S102
    except (SyntaxError, ImportError, NameError) as error:
        raise ConfigError(f"Reading the grader {path}: {error}.") from error
    grade = scope.get("grade")
    if not callable(grade):
        raise ConfigError(f"Reading the grader {path}: it defines no function grade(sample, item).")
    return Grader(path.stem, source, grade)


def sample(*calls: JSON, text: str = "") -> JSON:
    """An answer as a grader gets it, from calls (name and arguments) and text."""
    tools = [{"id": f"call_{n}", "type": "function", "function": dict(call)} for n, call in enumerate(calls)]
    return {"output_text": text, "output_tools": tools}


def confuses(grader: Grader, item: JSON, other: JSON) -> bool:
    """Whether the grader takes the reference of one of two rows for an answer to the other."""
    tries = ((item, other), (other, item))
    return any(_try(grader, "other", sample(one["reference"]), asked).wrong for asked, one in tries)


def own_tries(grader: Grader, item: JSON) -> Iterator[Try]:
    """The grader tried on the answers of a row's own: its reference; each failed action; nothing; a refusal; the
    prompt copied back.
    """
    yield _try(grader, "reference", sample(item["reference"]), item)
    for call in item["forbidden"]:
        yield _try(grader, "failed", sample(call), item)
    copied = json.dumps(item["messages"], ensure_ascii=False)
    for case, answer in (("empty", sample()), ("refusal", sample(text=_REFUSAL)), ("prompt", sample(text=copied))):
        yield _try(grader, case, answer, item)


def other_tries(grader: Grader, lines: Sequence[tuple[str, JSON]], at: int) -> Iterator[Try]:
    """The grader tried on the row at ``at`` with references of rows of other tasks."""
    task, item = lines[at]
    others = [other for name, other in (*lines[at + 1 :], *lines[:at]) if name != task][:OTHERS]
    for other in others:
        yield _try(grader, "other", sample(other["reference"]), item)


def trials(grader: Grader, lines: Sequence[tuple[str, JSON]]) -> list[Trial]:
    """The grader tried on every line of a dataset (each with its task): what must score 1 and what must score 0."""
    scores: dict[str, list[float]] = {
        case: [] for case in ("reference", "failed", "empty", "refusal", "prompt", "other")
    }
    for at, (_, item) in enumerate(lines):
        for one in (*own_tries(grader, item), *other_tries(grader, lines, at)):
            scores[one.case].append(one.score)
    tried = []
    for case, found in scores.items():
        broken = any(map(isnan, found))
        if found:
            tried.append(Trial(case, len(found), nan if broken else min(found), nan if broken else max(found)))
    return tried


def failures(found: Sequence[Trial]) -> list[str]:
    """What is wrong with a grader's trials, in words; empty where nothing is."""
    scores = [(trial, f"{trial.lowest:.2f} to {trial.highest:.2f}") for trial in found if trial.wrong]
    return [
        f"{trial.case} scores {shown} where it must score {_WANTED.get(trial.case, '0')}" for trial, shown in scores
    ]


def _try(grader: Grader, case: str, answer: JSON, item: JSON) -> Try:
    called = [call["function"] for call in answer["output_tools"]]
    text = quoted(" ".join(f"{one['name']} {one['arguments']}" for one in called) or case)
    try:
        return Try(case, float(grader.grade(answer, item)), text)
    except Exception as error:  # noqa: BLE001 the operator's code may raise anything, and that is one row's fault
        return Try(case, nan, f"{text} ({type(error).__name__}: {error})")
