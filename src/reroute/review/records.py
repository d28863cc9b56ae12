"""Review tasks and what people answered: one record for each, as the store holds them and the journal repeats them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
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
    judged: str | None = None
    """The judged steps by content (JSON of :class:`reroute.tag.judged.Judged`); None: their part has no hashes."""
    kind: str
    outcome: str
    """The episode outcome by the rules."""
    score: float
    """0..1, how sure the rules are; not calibrated."""
    reason: str
    """Why it was chosen: ``ambiguous`` or ``random``."""
    weight: float
    """The inverse of the chance that it had of being chosen."""
    batch: str
    planned_at: datetime
    pushed_at: datetime | None = None
    outbox_file: str | None = None
    """The file that has it, relative to the data folder; None where it was not pushed yet."""

    @property
    def key(self) -> Key:
        return (self.task_id,)

    @property
    def recorded_at(self) -> datetime:
        """When it was last changed here."""
        return self.pushed_at or self.planned_at


class Answer(msgspec.Struct, frozen=True):
    """The answer to one question, and how it was given: ``manual``, ``prediction`` or ``prediction-changed``."""

    answer: str
    origin: str


class Annotation(msgspec.Struct, frozen=True, kw_only=True, tag="annotation"):
    """A row of table ``annotations`` with its rows of table ``grades``."""

    task_id: str
    annotation: str
    annotator: str
    """Pseudonym of who changed it last; ``completed_by`` is that of who gave it."""
    completed_by: str
    label_studio_task: str | None
    label_studio_id: str | None
    skipped: bool
    comment: str
    seconds: float | None
    annotated_at: datetime
    """When a person changed it last."""
    as_of: datetime
    """It was there, or gone, at this moment; an older export changes nothing."""
    deleted: bool
    """Label Studio no longer has it."""
    pulled_at: datetime
    episode_id: str
    trajectory_id: str
    prefix_hash: str
    span_start: int
    span_end: int
    content_hash: str | None
    judged: str | None = None
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


_OF_TASK = ("episode_id", "trajectory_id", "prefix_hash", "span_start", "span_end", "content_hash", "judged")
"""Fields of an annotation that table ``annotations`` leaves to its task's row; a grade repeats them."""
_ANNOTATION = tuple(name for name in Annotation.__struct_fields__ if name not in {*_OF_TASK, "answers"})
"""Columns of table ``annotations``."""
_OF_GRADE = ("annotator", "annotation", "seconds", "pulled_at")
"""Columns of table ``grades`` that are its annotation's."""
_ANSWERS = (
    "select task_id, annotation, question, answer, origin from grades where task_id is not null order by grade_id"
)


def held(connection: DuckDBPyConnection) -> dict[Key, Record]:
    """Every task and every annotation that the store has."""
    records: dict[Key, Record] = {}
    columns = Task.__struct_fields__
    for row in connection.execute(f"select {', '.join(columns)} from reviews order by task_id").fetchall():
        task = Task(**dict(zip(columns, row, strict=True)))
        records[task.key] = task
    answers: dict[Key, dict[str, Answer]] = {}
    for task_id, annotation, question, answer, origin in connection.execute(_ANSWERS).fetchall():
        answers.setdefault((task_id, annotation), {})[question] = Answer(answer, origin)
    columns = (*_ANNOTATION, *_OF_TASK)
    joined = "from annotations inner join reviews using (task_id) order by task_id, annotation"
    for row in connection.execute(f"select {', '.join(columns)} {joined}").fetchall():
        fields = dict(zip(columns, row, strict=True))
        one = Annotation(**fields, answers=answers.get((fields["task_id"], fields["annotation"]), {}))
        records[one.key] = one
    return records


def write(connection: DuckDBPyConnection, record: Record) -> None:
    """Make the store hold a record as it is, in the caller's transaction."""
    row = msgspec.structs.asdict(record)
    if isinstance(record, Task):
        connection.execute(f"insert or replace into reviews {_values(row)}", row)
        return
    connection.execute("delete from grades where task_id = ? and annotation = ?", list(record.key))
    own = {name: row[name] for name in _ANNOTATION}
    connection.execute(f"insert or replace into annotations {_values(own)}", own)
    for question, given in record.answers.items():
        grade = {
            "grade_id": hashlib.blake2b("\0".join([*record.key, question]).encode(), digest_size=8).hexdigest(),
            "task_id": record.task_id,
            "question": question,
            "answer": given.answer,
            "origin": given.origin,
            "graded_at": record.annotated_at,
            **{name: row[name] for name in (*_OF_TASK, *_OF_GRADE)},
        }
        connection.execute(f"insert into grades {_values(grade)}", grade)


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
            continue  # a part that was lost is collect's to name; a grade is stored without the hash
        if found:
            return found
    return None


def _values(columns: Iterable[str]) -> str:
    """The columns of an insert and a named parameter for each; the names are those of the records above."""
    names = list(columns)
    return f"({', '.join(names)}) values ({', '.join(f'${name}' for name in names)})"
