"""Grades back from Label Studio's export into the store, where they change the labels of episodes."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from reroute.progress import warn
from reroute.redact import Redactor
from reroute.review import journal
from reroute.review.answers import Answered, ExportedTask, read_tasks
from reroute.review.questions import questions
from reroute.review.records import Annotation, Answer, Key, Record, Task, held
from reroute.settings import Project
from reroute.storage import redaction_key, store


@dataclass(frozen=True)
class Pulled:
    """What an export held; ``unchanged`` annotations were already known as they are."""

    annotations: int
    new: int
    changed: int
    unchanged: int
    skipped: int
    deleted: int
    """Annotations that were known and that Label Studio no longer has; their grades are taken out."""
    unknown_tasks: tuple[str, ...]
    answers: dict[str, int]

    def line(self) -> str:
        """What the export held, on one line."""
        parts = [f"{self.annotations:,} annotations: {self.new:,} new", f"{self.changed:,} changed"]
        parts += [f"{self.unchanged:,} known already", f"{self.skipped:,} skipped"]
        parts += [f"{self.deleted:,} deleted"] if self.deleted else []
        return ", ".join(parts) + (f"; {len(self.unknown_tasks):,} unknown tasks" if self.unknown_tasks else "")


def pull(project: Project, file: Path) -> Pulled:
    """Take in a JSON or JSON-MIN export. Doing it again changes nothing; an older export never undoes a newer one.

    An annotation is one person's: whoever changed it last. Where a task stands in a JSON export without an annotation
    that was pulled before, that one was deleted; what the export does not hold says nothing.

    Raises UsageError, and changes nothing, where the file is no such export or holds an answer that no question has,
    KeyMismatch where the redaction key is not the store's.
    """
    exported = read_tasks(file, questions(project.root))
    key = redaction_key.load(project)
    journal.catch_up(project)
    newest = max((task.newest for task in exported if task.newest), default=None)  # it was made then or later
    with store.of(project).write() as connection:
        taking = _Taking(held(connection), key, newest)
        ours = [task for task in exported if task.task_id in taking.tasks]
        for one in _latest(answered for task in ours for answered in task.annotations):
            taking.take(one)
        for task in ours:
            taking.miss(task)
        journal.record(project, connection, taking.changes.values())
    others = [task for task in exported if task.annotations and task not in ours]
    unknown = tuple(dict.fromkeys(task.task_id or task.annotations[0].place for task in others))
    if unknown:
        warn(
            f"{len(unknown)} tasks in {file.name} are not of this project, such as {', '.join(unknown[:3])}: left out."
        )
    known = [answered for task in ours for answered in task.annotations]
    given = Counter(f"{question}: {answer}" for one in known for question, answer in one.answers.items())
    counts = taking.counts
    return Pulled(
        annotations=sum(len(task.annotations) for task in exported),
        new=counts["new"],
        changed=counts["changed"],
        unchanged=counts["unchanged"],
        skipped=sum(one.skipped for one in known),
        deleted=counts["deleted"],
        unknown_tasks=unknown,
        answers=dict(given.most_common()),
    )


def pseudonym(key: bytes, annotator: str) -> str:
    """A person's name in the store: the same person has the same one; without the key it names nobody."""
    return "p-" + hashlib.blake2b(annotator.encode(), key=key[:64], digest_size=5, person=b"annotator").hexdigest()


def _latest(answered: Iterable[Answered]) -> list[Answered]:
    """Each annotation once, the newest first; without Label Studio's ids the newest of each person on a task."""
    latest: dict[tuple[str | None, ...], Answered] = {}
    for one in sorted(answered, key=lambda a: a.at):
        latest[one.task_id, one.label_studio_task, one.label_studio_id, one.annotator] = one
    return sorted(latest.values(), key=lambda a: a.at, reverse=True)


class _Taking:
    """What one export changes, decided against what the store holds."""

    def __init__(self, known: dict[Key, Record], key: bytes, exported_at: datetime | None) -> None:
        self.changes: dict[Key, Annotation] = {}
        self.counts: Counter[str] = Counter()
        self.tasks = {one.task_id: one for one in known.values() if isinstance(one, Task)}
        self._held: dict[str, dict[Key, Annotation]] = {}
        for one in known.values():
            if isinstance(one, Annotation):
                self._held.setdefault(one.task_id, {})[one.key] = one
        self._seen: set[Key] = set()
        self._key, self._redactor = key, Redactor(key)
        self._exported_at = exported_at
        self._now = datetime.now(UTC)

    def take(self, one: Answered) -> None:
        """An annotation that the export has."""
        first = pseudonym(self._key, one.annotator)
        known = self._known(one, first)
        if known is None:
            name = f"{first}/{one.label_studio_task}/{one.label_studio_id}" if one.label_studio_id else first
            self._change(self._annotation(one, name, first, first), "new")
            return
        self._seen.add(known.key)
        first = known.completed_by
        read = self._annotation(one, known.annotation, first, known.annotator)
        if one.updated_by is None and known.annotated_at < one.at and _said(read) != _said(known):
            read = msgspec.structs.replace(read, annotator=first)  # somebody changed it: the export names nobody else
        if known.deleted:
            if self._exported_at and self._exported_at > known.as_of:
                self._change(msgspec.structs.replace(read, as_of=self._exported_at), "new")
                return
        elif known.annotated_at <= one.at and _said(read) != _said(known):
            self._change(read, "changed")
            return
        self.counts["unchanged"] += 1
        if one.label_studio_id and known.label_studio_id is None:  # taken in from an export without ids
            ids = {"label_studio_task": one.label_studio_task, "label_studio_id": one.label_studio_id}
            self._change(msgspec.structs.replace(known, pulled_at=self._now, **ids), "named")

    def miss(self, task: ExportedTask) -> None:
        """Annotations that were known of this very task in Label Studio, and that it no longer has.

        An export says so only if it was made after they were last known to be there; a task that Label Studio made
        after they were given is another one of the same number.
        """
        if not task.whole or task.label_studio_task is None or self._exported_at is None:
            return
        for key, one in list(self._held.get(task.task_id, {}).items()):
            here = one.label_studio_task == task.label_studio_task and not one.deleted and key not in self._seen
            made_later = task.created_at is not None and task.created_at > one.annotated_at
            if here and not made_later and self._exported_at > one.as_of:
                gone = {"deleted": True, "as_of": self._exported_at, "pulled_at": self._now, "answers": {}}
                self._change(msgspec.structs.replace(one, **gone), "deleted")

    def _known(self, one: Answered, first: str) -> Annotation | None:
        """The annotation as it was pulled before: by Label Studio's ids, and by who gave it where either has none.

        One that was made after the known one was changed last is another Label Studio's of the same number.
        """
        same, unnamed = [], []
        for known in self._held.get(one.task_id, {}).values():
            if one.label_studio_id is None or known.label_studio_id is None:
                unnamed += [known] if known.completed_by == first else []
            elif (known.label_studio_task, known.label_studio_id) == (one.label_studio_task, one.label_studio_id):
                same += [known] if one.created_at is None or one.created_at <= known.annotated_at else []
        return next(iter(same + unnamed), None)

    def _annotation(self, one: Answered, name: str, first: str, unsaid: str) -> Annotation:
        """The annotation to store under ``name``: ``first`` gave it, ``unsaid`` changed it unless another is named."""
        task = self.tasks[one.task_id]
        return Annotation(
            task_id=one.task_id,
            annotation=name,
            annotator=pseudonym(self._key, one.updated_by) if one.updated_by else unsaid,
            completed_by=first,
            label_studio_task=one.label_studio_task,
            label_studio_id=one.label_studio_id,
            skipped=one.skipped,
            comment=self._redactor.text(task.trajectory_id, one.comment)[0],
            seconds=one.seconds,
            annotated_at=one.at,
            as_of=one.at,
            deleted=False,
            pulled_at=self._now,
            episode_id=task.episode_id,
            trajectory_id=task.trajectory_id,
            prefix_hash=task.prefix_hash,
            span_start=task.span_start,
            span_end=task.span_end,
            content_hash=task.content_hash,
            judged=task.judged,
            answers={name: Answer(answer, one.origins.get(name, "manual")) for name, answer in one.answers.items()},
        )

    def _change(self, record: Annotation, what: str) -> None:
        self.counts[what] += 1
        self.changes[record.key] = self._held.setdefault(record.task_id, {})[record.key] = record
        self._seen.add(record.key)


def _said(one: Annotation) -> tuple[object, ...]:
    """What a person said, by which a change is seen."""
    answers = {question: given.answer for question, given in one.answers.items()}
    return one.annotator, one.skipped, one.comment, answers
