"""Grades back from Label Studio's export into the store, where they change the labels of episodes."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from reroute import store
from reroute.narration import warn
from reroute.redact import Redactor, load_key
from reroute.review.answers import Answered, read
from reroute.review.questions import questions
from reroute.settings import Project

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True)
class Pulled:
    """What an export brought; ``unchanged`` annotations were already known as they are."""

    annotations: int
    new: int
    changed: int
    unchanged: int
    skipped: int
    unknown_tasks: tuple[str, ...]
    answers: dict[str, int]

    def line(self) -> str:
        """What the export brought, on one line."""
        parts = [f"{self.annotations:,} annotations: {self.new:,} new", f"{self.changed:,} changed"]
        parts += [f"{self.unchanged:,} known already", f"{self.skipped:,} skipped"]
        return ", ".join(parts) + (f"; {len(self.unknown_tasks):,} unknown tasks" if self.unknown_tasks else "")


@dataclass(frozen=True)
class _Review:
    task_id: str
    episode_id: str
    trajectory_id: str
    prefix_hash: str
    span_start: int
    span_end: int


def pull(project: Project, file: Path) -> Pulled:
    """Take in a JSON or JSON-MIN export. Doing it again changes nothing; an older export never undoes a newer one.

    Raises UsageError, and changes nothing, where the file is no such export or holds an answer that no question has.
    """
    answered = read(file, questions(project.root))
    key = load_key(project.key_path)
    redactor = Redactor(key)
    with store.of(project).read() as connection:
        reviews = _reviews(connection)
    known = [a for a in answered if a.task_id in reviews]
    unknown = tuple(dict.fromkeys(a.task_id or a.place for a in answered if a.task_id not in reviews))
    if unknown:
        warn(
            f"{len(unknown)} tasks in {file.name} are not of this project, such as {', '.join(unknown[:3])}: left out."
        )
    counts: Counter[str] = Counter()
    with store.of(project).write() as connection:
        for one in _latest(known):
            review = reviews[one.task_id]
            comment = redactor.text(review.trajectory_id, one.comment)[0]
            counts[_take(connection, one, comment, review, pseudonym(key, one.annotator))] += 1
    told = Counter(f"{question}: {answer}" for one in known for question, answer in one.answers.items())
    skipped = sum(one.skipped for one in known)
    return Pulled(
        len(answered), counts["new"], counts["changed"], counts["unchanged"], skipped, unknown, dict(told.most_common())
    )


def pseudonym(key: bytes, annotator: str) -> str:
    """A person's name in the store: the same person has the same one, and without the key nobody can be told."""
    return "p-" + hashlib.blake2b(annotator.encode(), key=key[:64], digest_size=5, person=b"annotator").hexdigest()


def _latest(answered: Sequence[Answered]) -> list[Answered]:
    """One a task and person, the newest: somebody may have answered, been sent the task again and answered anew."""
    latest: dict[tuple[str, str], Answered] = {}
    for one in sorted(answered, key=lambda a: a.at):
        latest[one.task_id, one.annotator] = one
    return list(latest.values())


def _take(
    connection: DuckDBPyConnection, one: Answered, comment: str, review: _Review, annotator: str
) -> Literal["new", "changed", "unchanged"]:
    """Make the store say what this annotation says."""
    key = [one.task_id, annotator]
    known = connection.execute(
        "select skipped, comment, annotated_at from annotations where task_id = ? and annotator = ?", key
    ).fetchone()
    before = connection.execute("select question, answer from grades where task_id = ? and annotator = ?", key)
    if known is not None:
        same = known[:2] == (one.skipped, comment) and dict(before.fetchall()) == one.answers
        if same or known[2] > one.at:
            return "unchanged"
    connection.execute("delete from grades where task_id = ? and annotator = ?", key)
    connection.execute(_KEEP_ANNOTATION, [*key, one.skipped, comment, one.seconds, one.at])
    for question, answer in one.answers.items():
        connection.execute(_KEEP_GRADE, _row(one, review, annotator, question, answer))
    return "new" if known is None else "changed"


_KEEP_ANNOTATION = "insert or replace into annotations values (?, ?, ?, ?, ?, ?, now())"
_KEEP_GRADE = (
    "insert into grades (grade_id, task_id, episode_id, trajectory_id, prefix_hash, span_start, span_end, question, "
    "answer, annotator, origin, seconds, graded_at, pulled_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, now())"
)


def _row(one: Answered, review: _Review, annotator: str, question: str, answer: str) -> list[object]:
    grade = hashlib.blake2b(f"{one.task_id}\0{annotator}\0{question}".encode(), digest_size=8).hexdigest()
    about = [review.episode_id, review.trajectory_id, review.prefix_hash, review.span_start, review.span_end]
    origin, at = one.origins.get(question, "manual"), one.at
    values: list[str | int | float | datetime | None] = [question, answer, annotator, origin, one.seconds, at]
    return [grade, one.task_id, *about, *values]


def _reviews(connection: DuckDBPyConnection) -> dict[str, _Review]:
    rows = connection.execute(
        "select task_id, episode_id, trajectory_id, prefix_hash, span_start, span_end from reviews"
    ).fetchall()
    return {row[0]: _Review(*row) for row in rows}
