"""What Label Studio's export says: the JSON export (every annotation) and the JSON-MIN export (flattened).

Refused as a whole where a choice or a shape is unknown, with file and task: half a file of grades is worse than none.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from reroute.errors import UsageError
from reroute.review.questions import Question

_ORIGINS = frozenset({"manual", "prediction", "prediction-changed"})


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """One annotation: one person's answers to one task."""

    task_id: str
    """Ours, as written into the task; empty where the task is not one of ours."""
    place: str
    """Where it stands in the export, for messages."""
    annotator: str
    """Who gave it first, as the export names the person; never stored as it is."""
    updated_by: str | None = None
    """Who changed it last; None where the export does not say."""
    label_studio_task: str | None = None
    label_studio_id: str | None = None
    """Label Studio's own ids of task and annotation."""
    skipped: bool
    answers: dict[str, str]
    """Question to answer; only questions that were visible under the other answers."""
    origins: dict[str, str]
    comment: str = ""
    seconds: float | None = None
    at: datetime
    """When it was changed last."""
    created_at: datetime | None = None


class ExportedTask(msgspec.Struct, frozen=True, kw_only=True):
    """A task in an export: in JSON with all of its annotations, in JSON-MIN with one of them."""

    task_id: str
    label_studio_task: str | None
    whole: bool
    """Every annotation that the task has is here: one that is missing was deleted."""
    created_at: datetime | None
    newest: datetime | None
    """The newest moment that the export names for it."""
    annotations: tuple[Answered, ...]


def read(path: Path, asked: Sequence[Question]) -> list[Answered]:
    """Every annotation in an export, in its order. Raises UsageError as :func:`read_tasks` does."""
    return [answered for task in read_tasks(path, asked) for answered in task.annotations]


def read_tasks(path: Path, asked: Sequence[Question]) -> list[ExportedTask]:
    """Every task in an export, in its order.

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
    return [_item(item, f"{path.name}, item {index}", asked) for index, item in enumerate(items)]


def _item(item: Any, place: str, asked: Sequence[Question]) -> ExportedTask:
    if not isinstance(item, dict):
        raise UsageError(f"Reading {place}: expected a task, found {type(item).__name__}.")
    data = item.get("data") if isinstance(item.get("data"), dict) else None
    task_id = str((data or item).get("task_id") or "")
    place = f"{place}, task {task_id or item.get('id')}"
    own = _id(item.get("id"))
    try:
        if data is None:
            given = _flattened(item, task_id, own, place, asked)
        else:
            given = [_annotation(made, task_id, own, place, asked) for made in item.get("annotations") or []]
        times = [_time(item[name]) for name in ("created_at", "updated_at") if item.get(name)]
        return ExportedTask(
            task_id=task_id,
            label_studio_task=own,
            whole=data is not None and _is_whole(item, given),
            created_at=_made(item) if data is not None else None,
            newest=max([*times, *(answered.at for answered in given)], default=None),
            annotations=tuple(given),
        )
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        raise UsageError(f"Reading {place}: not the shape of a Label Studio export ({error!r}).") from error


def _is_whole(item: dict[str, Any], given: Sequence[Answered]) -> bool:
    """Whether a task of a JSON export has all of its annotations: a snapshot may be filtered, its counts are not."""
    skipped = sum(answered.skipped for answered in given)
    counts = {"total_annotations": len(given) - skipped, "cancelled_annotations": skipped}
    return isinstance(item.get("annotations"), list) and all(
        count >= int(item.get(name) or 0) for name, count in counts.items()
    )


def _annotation(annotation: Any, task_id: str, task: str | None, place: str, asked: Sequence[Question]) -> Answered:
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
        updated_by=_changer(annotation),
        label_studio_task=task,
        label_studio_id=_id(annotation.get("id")),
        skipped=skipped,
        answers={} if skipped else _checked(given, asked, place),
        origins=origins,
        comment=comment,
        seconds=_seconds(annotation.get("lead_time")),
        at=_time(annotation.get("updated_at") or annotation.get("created_at")),
        created_at=_made(annotation),
    )


def _flattened(
    item: dict[str, Any], task_id: str, task: str | None, place: str, asked: Sequence[Question]
) -> list[Answered]:
    if item.get("annotation_id") is None:
        return []  # a task that nobody has answered yet
    names = {question.name for question in asked}
    given = {name: _flat_choices(item[name]) for name in names if name in item}
    answered = Answered(
        task_id=task_id,
        place=place,
        annotator=_person(item.get("annotator")),
        updated_by=_changer(item),
        label_studio_task=task,
        label_studio_id=_id(item["annotation_id"]),
        skipped=bool(item.get("was_cancelled")),
        answers=_checked(given, asked, place),
        origins=dict.fromkeys(given, "manual"),
        comment=_comment(item.get("comment") or ""),
        seconds=_seconds(item.get("lead_time")),
        at=_time(item.get("updated_at") or item.get("created_at")),
        created_at=_made(item),
    )
    return [answered]


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


def _changer(annotation: dict[str, Any]) -> str | None:
    changer = annotation.get("updated_by")
    return _person(changer) if changer else None


def _id(number: Any) -> str | None:
    return str(number) if number is not None else None


def _seconds(lead_time: Any) -> float | None:
    return float(lead_time) if lead_time is not None else None


def _made(item: dict[str, Any]) -> datetime | None:
    return _time(item["created_at"]) if item.get("created_at") else None


def _time(text: Any) -> datetime:
    at = datetime.fromisoformat(str(text))
    return at if at.tzinfo else at.replace(tzinfo=UTC)
