"""Review tasks and what people answered: one record for each, as the store holds them and the journal repeats them."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from reroute.settings import Project
from reroute.storage import lake

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Key = tuple[str, ...]
"""A task's id; with an annotation's name behind it for an annotation."""


class Task(msgspec.Struct, frozen=True, kw_only=True, tag="task"):
    """A row of table ``reviews``."""

    task_id: str
    episode_id: str
    trajectory_id: str
    prefix_hash: str
    span_start: int
    span_end: int
    content_hash: str | None
    """Of the judged span; None where the lake did not have it when it was asked."""
    kind: str
    outcome: str
    score: float
    reason: str
    weight: float
    batch: str
    planned_at: datetime
    pushed_at: datetime | None = None
    outbox_file: str | None = None

    @property
    def key(self) -> Key:
        return (self.task_id,)

    @property
    def recorded_at(self) -> datetime:
        """When it was last changed here."""
        return self.pushed_at or self.planned_at


class Answer(msgspec.Struct, frozen=True):
    answer: str
    origin: str


class Annotation(msgspec.Struct, frozen=True, kw_only=True, tag="annotation"):
    """A row of table ``annotations`` with its rows of table ``grades``."""

    task_id: str
    annotation: str
    annotator: str
    completed_by: str
    label_studio_task: str | None
    label_studio_id: str | None
    skipped: bool
    comment: str
    seconds: float | None
    annotated_at: datetime
    as_of: datetime
    deleted: bool
    pulled_at: datetime
    episode_id: str
    trajectory_id: str
    prefix_hash: str
    span_start: int
    span_end: int
    content_hash: str | None
    answers: dict[str, Answer]
    """By question; empty where it was skipped or deleted."""

    @property
    def key(self) -> Key:
        return (self.task_id, self.annotation)

    @property
    def recorded_at(self) -> datetime:
        """When it was last changed here."""
        return self.pulled_at


Record = Task | Annotation


def held(connection: DuckDBPyConnection) -> dict[Key, Record]:
    """Every task and every annotation that the store has."""
    records: dict[Key, Record] = {}
    for row in connection.execute(_TASKS).fetchall():
        task = Task(**dict(zip(Task.__struct_fields__, row, strict=True)))
        records[task.key] = task
    answers: dict[Key, dict[str, Answer]] = {}
    for task_id, annotation, question, answer, origin in connection.execute(_ANSWERS).fetchall():
        answers.setdefault((task_id, annotation), {})[question] = Answer(answer, origin)
    for row in connection.execute(_ANNOTATIONS).fetchall():
        one = Annotation(
            **dict(zip(Annotation.__struct_fields__, row, strict=False)), answers=answers.get((row[0], row[1]), {})
        )
        records[one.key] = one
    return records


def keep(connection: DuckDBPyConnection, record: Record) -> None:
    """Make the store say what a record says, in the caller's transaction."""
    if isinstance(record, Task):
        connection.execute(_KEEP_TASK, list(msgspec.structs.astuple(record)))
        return
    connection.execute("delete from grades where task_id = ? and annotation = ?", list(record.key))
    one = record
    about = [one.episode_id, one.trajectory_id, one.prefix_hash, one.span_start, one.span_end, one.content_hash]
    name = [one.task_id, one.annotation, one.annotator, one.completed_by, one.label_studio_task, one.label_studio_id]
    said = [one.skipped, one.comment, one.seconds, one.annotated_at, one.as_of, one.deleted, one.pulled_at]
    connection.execute(_KEEP_ANNOTATION, [*name, *said])
    for question, given in one.answers.items():
        grade_id = hashlib.blake2b("\0".join([*one.key, question]).encode(), digest_size=8).hexdigest()
        whose = [question, given.answer, one.annotator, one.annotation, given.origin]
        connection.execute(
            _KEEP_GRADE, [grade_id, one.task_id, *about, *whose, one.seconds, one.annotated_at, one.pulled_at]
        )


def content_hash(project: Project, connection: DuckDBPyConnection, task: Task) -> str | None:
    """The hash of a task's judged span, from any version in the lake that has it; None where none has."""
    places = connection.execute(
        "select trajectory_id, version, part, steps from trajectories where trajectory_id = ? "
        "order by is_current desc, collected_at desc, version",
        [task.trajectory_id],
    ).fetchall()
    for place in places:
        try:
            found = lake.content_hash(project, lake.Place(*place), (task.span_start, task.span_end), task.prefix_hash)
        except FileNotFoundError:
            continue  # a part that was lost is collect's to name; a grade is kept without the hash
        if found:
            return found
    return None


_TASKS = (
    "select task_id, episode_id, trajectory_id, prefix_hash, span_start, span_end, content_hash, kind, outcome, score, "
    "reason, weight, batch, planned_at, pushed_at, outbox_file from reviews order by task_id"
)
_KEEP_TASK = (
    "insert or replace into reviews (task_id, episode_id, trajectory_id, prefix_hash, span_start, span_end, "
    "content_hash, kind, outcome, score, reason, weight, batch, planned_at, pushed_at, outbox_file) "
    "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_ANSWERS = (
    "select task_id, annotation, question, answer, origin from grades where task_id is not null order by grade_id"
)
_ANNOTATIONS = (
    "select task_id, annotation, annotator, completed_by, label_studio_task, label_studio_id, skipped, comment, "
    "seconds, annotated_at, as_of, deleted, pulled_at, episode_id, trajectory_id, prefix_hash, span_start, span_end, "
    "content_hash from annotations inner join reviews using (task_id) order by task_id, annotation"
)
_KEEP_ANNOTATION = (
    "insert or replace into annotations (task_id, annotation, annotator, completed_by, label_studio_task, "
    "label_studio_id, skipped, comment, seconds, annotated_at, as_of, deleted, pulled_at) "
    "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_KEEP_GRADE = (
    "insert into grades (grade_id, task_id, episode_id, trajectory_id, prefix_hash, span_start, span_end, "
    "content_hash, question, answer, annotator, annotation, origin, seconds, graded_at, pulled_at) "
    "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
