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
    """By question how it was given: ``manual``, ``prediction`` (the guess as prefilled) or ``prediction-changed``."""
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
    """A task of either export; ``data`` is there in JSON only.

    A JSON export holds a task as a whole where no annotation is missing that its counts name: a snapshot may be
    filtered, its counts are not.
    """
    if not isinstance(item, dict):
        raise UsageError(f"Reading {place}: expected a task, found {type(item).__name__}.")
    data = item.get("data") if isinstance(item.get("data"), dict) else None
    task_id = str((data or item).get("task_id") or "")
    place = f"{place}, task {task_id or item.get('id')}"
    own = str(item["id"]) if item.get("id") is not None else None
    try:
        if data is None:
            made = [item] if item.get("annotation_id") is not None else []  # else nobody has answered it yet
        else:
            made = item.get("annotations") or []
        given = [_answered(one, task_id, own, place, asked, is_flat=data is None) for one in made]
        skipped = sum(answered.skipped for answered in given)
        counts = {"total_annotations": len(given) - skipped, "cancelled_annotations": skipped}
        is_whole = data is not None and isinstance(item.get("annotations"), list)
        times = [_time(item[name]) for name in ("created_at", "updated_at") if item.get(name)]
        return ExportedTask(
            task_id=task_id,
            label_studio_task=own,
            whole=is_whole and all(count >= int(item.get(name) or 0) for name, count in counts.items()),
            created_at=_time(item["created_at"]) if data is not None and item.get("created_at") else None,
            newest=max([*times, *(answered.at for answered in given)], default=None),
            annotations=tuple(given),
        )
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        raise UsageError(f"Reading {place}: not the shape of a Label Studio export ({error!r}).") from error


def _answered(
    made: Any, task_id: str, task: str | None, place: str, asked: Sequence[Question], *, is_flat: bool
) -> Answered:
    """One annotation: as JSON has it, or flattened as JSON-MIN has it."""
    given: dict[str, list[str]] = {}
    origins: dict[str, str] = {}
    comment: Any = ""
    if is_flat:
        given = {question.name: _flat_choices(made[question.name]) for question in asked if question.name in made}
        origins, comment = dict.fromkeys(given, "manual"), made.get("comment") or ""
        number, person, skipped = made["annotation_id"], made.get("annotator"), bool(made.get("was_cancelled"))
    else:
        for result in made.get("result") or []:
            name, value = str(result["from_name"]), result["value"]
            if "choices" in value:
                given[name] = [str(choice) for choice in value["choices"]]
                origins[name] = result["origin"] if result.get("origin") in _ORIGINS else "manual"
            elif "text" in value:
                comment = value["text"]
        number, person = made.get("id"), made.get("completed_by")
        skipped = bool(made.get("was_cancelled") or made.get("skipped"))
    return Answered(
        task_id=task_id,
        place=place,
        annotator=_person(person),
        updated_by=_person(made["updated_by"]) if made.get("updated_by") else None,
        label_studio_task=task,
        label_studio_id=str(number) if number is not None else None,
        skipped=skipped,
        answers={} if skipped and not is_flat else _checked(given, asked, place),
        origins=origins,
        comment="\n".join(map(str, comment)) if isinstance(comment, list) else str(comment),
        seconds=float(made["lead_time"]) if made.get("lead_time") is not None else None,
        at=_time(made.get("updated_at") or made.get("created_at")),
        created_at=_time(made["created_at"]) if made.get("created_at") else None,
    )


def _flat_choices(value: Any) -> list[str]:
    """The choices of one question in JSON-MIN: a word, a list of words, or an object that has the list."""
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


def _person(completed_by: Any) -> str:
    """The number of the account where the export has it, else the address; both exports of a server agree so."""
    if isinstance(completed_by, dict):
        return str(completed_by.get("id") or completed_by.get("email") or "unknown")
    return str(completed_by) if completed_by is not None else "unknown"


def _time(text: Any) -> datetime:
    """A moment as an export names it; without a zone it is UTC."""
    at = datetime.fromisoformat(str(text))
    return at if at.tzinfo else at.replace(tzinfo=UTC)
