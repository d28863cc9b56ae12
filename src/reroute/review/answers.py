"""What Label Studio's export says: the JSON export (every annotation) and the JSON-MIN export (flattened).

Refused as a whole where a choice or a shape is unknown, with file and task: half a file of grades is worse than none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from reroute.errors import UsageError
from reroute.review.questions import Question

_ORIGINS = frozenset({"manual", "prediction", "prediction-changed"})


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """One person's answers to one task."""

    task_id: str
    """Ours, as written into the task; empty where the task is not one of ours."""
    place: str
    """Where it stands in the export, for messages."""
    annotator: str
    """As the export names the person; never stored as it is."""
    skipped: bool
    answers: dict[str, str]
    """Question to answer; only questions that were visible under the other answers."""
    origins: dict[str, str]
    comment: str = ""
    seconds: float | None = None
    at: datetime


def read(path: Path, asked: Sequence[Question]) -> list[Answered]:
    """Every annotation in an export, in its order.

    Raises UsageError where the file is no such export, or holds an answer that no question has.
    """
    try:
        items = msgspec.json.decode(path.read_bytes())
    except OSError as error:
        raise UsageError(f"Reading the export {path}: {error.strerror}.") from error
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise UsageError(f"Reading the export {path}: this is not JSON ({error}).") from error
    if not isinstance(items, list):
        raise UsageError(
            f"Reading the export {path}: expected the list that Label Studio writes as JSON or JSON-MIN, found one "
            f"{type(items).__name__}. In Label Studio: Export, then JSON."
        )
    return [answered for index, item in enumerate(items) for answered in _item(item, index, path, asked)]


def _item(item: Any, index: int, path: Path, asked: Sequence[Question]) -> Iterator[Answered]:
    place = f"{path.name}, item {index}"
    if not isinstance(item, dict):
        raise UsageError(f"Reading {place}: expected a task, found {type(item).__name__}.")
    data = item.get("data") if isinstance(item.get("data"), dict) else None
    task_id = str((data or item).get("task_id") or "")
    place = f"{place}, task {task_id or item.get('id')}"
    try:
        if data is None:
            yield from _flattened(item, task_id, place, asked)
        else:
            for annotation in item.get("annotations") or []:
                yield _annotation(annotation, task_id, place, asked)
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        raise UsageError(f"Reading {place}: not the shape of a Label Studio export ({error!r}).") from error


def _annotation(annotation: Any, task_id: str, place: str, asked: Sequence[Question]) -> Answered:
    given: dict[str, list[str]] = {}
    origins: dict[str, str] = {}
    comment = ""
    for result in annotation.get("result") or []:
        name, value = str(result["from_name"]), result["value"]
        if "choices" in value:
            given[name] = [str(choice) for choice in value["choices"]]
            origins[name] = _origin(result.get("origin"))
        elif "text" in value:
            comment = _comment(value["text"])
    skipped = bool(annotation.get("was_cancelled") or annotation.get("skipped"))
    return Answered(
        task_id=task_id,
        place=place,
        annotator=_person(annotation.get("completed_by")),
        skipped=skipped,
        answers={} if skipped else _checked(given, asked, place),
        origins=origins,
        comment=comment,
        seconds=_seconds(annotation.get("lead_time")),
        at=_time(annotation.get("updated_at") or annotation.get("created_at")),
    )


def _flattened(item: dict[str, Any], task_id: str, place: str, asked: Sequence[Question]) -> Iterator[Answered]:
    if item.get("annotation_id") is None:
        return  # a task that nobody has answered yet
    names = {question.name for question in asked}
    given = {name: _flat_choices(item[name]) for name in names if name in item}
    yield Answered(
        task_id=task_id,
        place=place,
        annotator=_person(item.get("annotator")),
        skipped=bool(item.get("was_cancelled")),
        answers=_checked(given, asked, place),
        origins=dict.fromkeys(given, "manual"),
        comment=_comment(item.get("comment") or ""),
        seconds=_seconds(item.get("lead_time")),
        at=_time(item.get("updated_at") or item.get("created_at")),
    )


def _flat_choices(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [choice for entry in value for choice in _flat_choices(entry)]
    return [str(choice) for choice in value["choices"]]


def _checked(given: dict[str, list[str]], asked: Sequence[Question], place: str) -> dict[str, str]:
    """Answers in the words of the questions, without those that were given while their question was hidden."""
    known = {question.name: question for question in asked}
    answers: dict[str, str] = {}
    for name, choices in given.items():
        if name not in known:
            raise UsageError(f"Reading {place}: there is no question {name!r}; was the task graded on another screen?")
        values = [known[name].answer(choice) for choice in choices]
        if len(values) != 1 or values[0] is None:
            allowed = ", ".join(choice.value for choice in known[name].choices)
            raise UsageError(f"Reading {place}: {name} is answered {choices!r}; the answers there are: {allowed}.")
        answers[name] = values[0]
    return {name: answers[name] for name in known if name in answers and known[name].asked(answers)}


def _origin(origin: Any) -> str:
    return origin if origin in _ORIGINS else "manual"


def _comment(text: Any) -> str:
    return "\n".join(map(str, text)) if isinstance(text, list) else str(text)


def _person(completed_by: Any) -> str:
    """The number of the account where the export has it, else the address; both exports of a server agree so."""
    if isinstance(completed_by, dict):
        return str(completed_by.get("id") or completed_by.get("email") or "unknown")
    return str(completed_by) if completed_by is not None else "unknown"


def _seconds(lead_time: Any) -> float | None:
    return float(lead_time) if lead_time is not None else None


def _time(text: Any) -> datetime:
    at = datetime.fromisoformat(str(text))
    return at if at.tzinfo else at.replace(tzinfo=UTC)
