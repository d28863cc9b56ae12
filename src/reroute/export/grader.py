"""The grader of a reinforcement dataset: loaded from its file, and tried on every dataset before a job is paid for."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reroute import content
from reroute.errors import ConfigError
from reroute.export import inferable
from reroute.export.rows import Answer, Row

JSON = Mapping[str, object]
Grade = Callable[[JSON, JSON], float]

OTHERS = 50
"""References of other tasks that each row is tried with at most."""
CONFUSED = 0.3
"""From here on a grader takes one action for another."""
MOST_BYTES = 256_000

_REFUSAL = "I'm sorry, but I can't help with that."


@dataclass(frozen=True)
class Grader:
    """A python grader: its name, its source as it goes to the provider, and its function."""

    name: str
    source: str
    grade: Grade

    @property
    def spec(self) -> dict[str, str]:
        """The grader as a fine-tuning job takes it."""
        return {"type": "python", "name": self.name, "source": self.source}


@dataclass(frozen=True)
class Trial:
    """One thing that was tried on every row: over ``n`` answers the scores lay between ``lowest`` and ``highest``."""

    case: str
    n: int
    lowest: float
    highest: float


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
    """Whether the grader takes another row's reference for an answer to this one."""
    reference, theirs = item["reference"], other["reference"]
    assert isinstance(reference, dict)
    assert isinstance(theirs, dict)
    return reference["name"] == theirs["name"] and grader.grade(sample(theirs), item) >= CONFUSED


def trials(grader: Grader, lines: Sequence[tuple[str, JSON]]) -> list[Trial]:
    """The grader tried on every line of a dataset (each with its task): what must score 1 and what must score 0.

    Cases: the reference; each failed action; nothing; a refusal; the prompt copied back; references of other tasks.
    """
    scores: dict[str, list[float]] = {
        case: [] for case in ("reference", "failed", "empty", "refusal", "prompt", "other")
    }
    for at, (task, item) in enumerate(lines):
        for case, answer in _answers(item):
            scores[case].append(grader.grade(answer, item))
        others = [other for name, other in (*lines[at + 1 :], *lines[:at]) if name != task][:OTHERS]
        scores["other"] += [grader.grade(sample(_reference(other)), item) for other in others]
    return [Trial(case, len(s), min(s), max(s)) for case, s in scores.items() if s]


def failures(found: Sequence[Trial]) -> list[str]:
    """What is wrong with a grader's trials, in words; empty where nothing is."""
    wrong = []
    for trial in found:
        if trial.case == "reference" and trial.lowest < 1:
            wrong.append(f"a reference scores {trial.lowest:.2f} where it must score 1")
        if trial.case == "other" and trial.highest >= CONFUSED:
            wrong.append(f"another task's reference scores {trial.highest:.2f} where it must stay under {CONFUSED}")
        if trial.case not in {"reference", "other"} and trial.highest > 0:
            wrong.append(f"{trial.case} scores {trial.highest:.2f} where it must score 0")
    return wrong


def with_siblings(rows: Sequence[Row]) -> list[Row]:
    """The rows, each with the actions that recovered from the same failure in other runs of its task.

    Where a person spoke between failure and recovery, what is right depends on what was said: such a row neither
    gives nor takes. An action whose values the row's own prompt does not tell is not acceptable there.
    """
    shared: dict[tuple[str, str], list[Answer]] = {}
    for row in rows:
        if row.answer and (key := _failure(row)):
            shared.setdefault(key, []).append(row.answer)
    return [_with_acceptable(row, shared.get(_failure(row) or ("", ""), [])) for row in rows]


def _with_acceptable(row: Row, siblings: Sequence[Answer]) -> Row:
    if row.answer is None:
        return row
    mine = row.answer
    fine = [a for a in dict.fromkeys(s.reference for s in siblings) if a != mine.reference and a not in mine.forbidden]
    known = "\n".join(message.text for message in row.messages) if fine else ""
    fine = [action for action in fine if not inferable.unknown(action.arguments, known)]
    return replace(row, answer=Answer(mine.reference, mine.forbidden, tuple(fine), mine.effort))


def _failure(row: Row) -> tuple[str, str] | None:
    recovery, run = row.candidate.recovery, row.candidate.run
    if recovery is None or run.task_id is None or recovery.failed_signature is None:
        return None
    spoken = any(message.role == "user" and message.first_step > recovery.onset for message in row.messages)
    return None if spoken else (run.task, recovery.failed_signature)


def _answers(item: JSON) -> list[tuple[str, JSON]]:
    forbidden = item.get("forbidden")
    assert isinstance(forbidden, list)
    copied = json.dumps(item["messages"], ensure_ascii=False)
    return [
        ("reference", sample(_reference(item))),
        *(("failed", sample(call)) for call in forbidden),
        ("empty", sample()),
        ("refusal", sample(text=_REFUSAL)),
        ("prompt", sample(text=copied)),
    ]


def _reference(item: JSON) -> JSON:
    reference = item["reference"]
    assert isinstance(reference, dict)
    return reference
