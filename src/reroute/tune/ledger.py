"""The jobs in the store: what was meant, what was done, and what the provider said since."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from reroute.errors import UsageError
from reroute.settings import Project
from reroute.storage import journal, store

FINAL = frozenset({"succeeded", "failed", "cancelled"})
"""Statuses after which nothing happens any more."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the table ``jobs``."""

    job_key: str
    """Of the job spec: 24 hex digits."""
    recipe: str
    version: str
    """Recipe and version of the dataset."""
    provider: str
    """A module of ``providers/``."""
    base_url: str
    """Of the provider's interface."""
    model: str
    """The base model."""
    method: str
    """sft, rft or dpo."""
    training_file: str | None
    """The provider's id, once uploaded."""
    validation_file: str | None
    provider_job_id: str | None
    """The provider's id; None: not made yet."""
    status: str
    """intended, uploading, creating, refused, put off, or the provider's own."""
    creating_at: datetime | None
    """When the call that makes the job went out, as long as its answer is not known."""
    price_usd: float | None
    """None: unknown."""
    price_note: str
    """What the price rests on."""
    request: str
    """The body of the call that makes the job, as JSON without secrets."""
    response: str | None
    """The provider's last words on the job, as JSON."""
    fine_tuned_model: str | None
    """The provider's name of the new model."""
    error: str | None
    """What went wrong, in words."""
    intended_at: datetime
    """When it was first written here."""
    updated_at: datetime
    """When this row last changed."""

    @property
    def final(self) -> bool:
        """Whether it has ended, so that the provider need not be asked again."""
        return self.status in FINAL


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the table ``job_events``: something that happened to a job."""

    event_id: str
    """The provider's, or ours."""
    happened_at: datetime
    """By the origin's clock."""
    origin: str
    """Who says so: reroute or provider."""
    level: str
    """info, warn or error."""
    event: str
    """What happened, in a word or two; ``message`` where the provider gives only words."""
    detail: str | None


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """What is about to be done, written before anything is sent; the fields are those of a job."""

    job_key: str
    recipe: str
    version: str
    provider: str
    base_url: str
    model: str
    method: str
    price_usd: float | None
    price_note: str
    request: str


class RemoteJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job as the provider describes it."""

    id: str
    status: str
    """The provider's own word; of these only those in ``FINAL`` are known here."""
    model: str | None = None
    training_file: str | None = None
    """The provider's id of the file."""
    fine_tuned_model: str | None = None
    metadata: dict[str, str] = {}
    """What we sent along; holds the key of the job spec."""
    error: str | None = None
    raw: str = "{}"
    """The provider's own JSON."""


class RemoteEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a job as the provider describes it."""

    id: str
    created_at: int
    """Seconds since the epoch."""
    level: str = "info"
    """info, warn or error."""
    message: str = ""
    type: str | None = None
    """The provider's name of its kind; None where it gives only words."""


@dataclass(frozen=True)
class Ledger:
    """Reads and writes a project's jobs; every write is one short transaction, journalled before it commits.

    Every method raises StoreBusy where another process holds the store for too long.
    """

    project: Project

    def jobs(self) -> list[Job]:
        """All jobs, newest first."""
        with store.of(self.project).read() as connection:
            rows = connection.execute(f"select {_COLUMNS} from jobs order by intended_at desc, job_key").fetchall()
        return [_job(row) for row in rows]

    def job(self, key: str) -> Job | None:
        """The job of a key."""
        return next((job for job in self.jobs() if job.job_key == key), None)

    def find(self, reference: str) -> Job:
        """The job that a person means by the start of its key or of the provider's id; raises UsageError."""
        jobs = self.jobs()
        found = [
            job for job in jobs if any(name.startswith(reference) for name in (job.job_key, job.provider_job_id or ""))
        ]
        if len(found) == 1:
            return found[0]
        problem = "no job has" if not found else f"{len(found)} jobs have"
        raise UsageError(
            f"Looking for job `{reference}`: {problem} a key or id that starts so. See `reroute job list`."
        )

    def events(self, key: str) -> list[Event]:
        """The events of a job, oldest first."""
        query = (
            "select event_id, happened_at, origin, level, event, detail from job_events where job_key = ? "
            "order by happened_at, origin desc, event_id"
        )
        with store.of(self.project).read() as connection:
            rows = connection.execute(query, [key]).fetchall()
        names = Event.__struct_fields__
        return [msgspec.convert(dict(zip(names, row, strict=True)), Event) for row in rows]

    def intend(self, intent: Intent) -> None:
        """Write an intent; one that stands already is left as it is."""
        names = (*Intent.__struct_fields__, "status", "intended_at", "updated_at")
        query = f"insert into jobs ({', '.join(names)}) values ({', '.join('?' for _ in names)}) on conflict do nothing"
        now = datetime.now(UTC)
        values = [*msgspec.structs.astuple(intent), "intended", now, now]
        self._write(intent.job_key, query, values, "intended", f"{intent.model} at {intent.provider}")

    def uploaded(self, key: str, split: str, file_id: str, *, again: bool) -> None:
        """A file is at the provider; ``again`` where it was found there from an earlier run."""
        column = {"train": "training_file", "validation": "validation_file"}[split]
        query = f"update jobs set {column} = ?, status = 'uploading', updated_at = now() where job_key = ?"
        event = "file found" if again else "file uploaded"
        self._write(key, query, [file_id, key], event, f"{split}: {file_id}")

    def creating(self, key: str) -> None:
        """The call that makes the job goes out next; until it is answered, a second call could make a second job."""
        query = "update jobs set creating_at = now(), status = 'creating', updated_at = now() where job_key = ?"
        self._write(key, query, [key], "creating")

    def not_created(self, key: str, reason: str, *, files_doubtful: bool) -> None:
        """The provider answered that it made no job; files that may be the cause are looked up anew next time."""
        query = (
            "update jobs set creating_at = null, status = if($doubtful, 'refused', 'put off'), error = $reason, "
            "training_file = if($doubtful, null, training_file), "
            "validation_file = if($doubtful, null, validation_file), updated_at = now() where job_key = $key"
        )
        values = {"doubtful": files_doubtful, "reason": reason, "key": key}
        self._write(key, query, values, "not created", reason, level="warn")

    def stopped(self, key: str, reason: str) -> None:
        """A submission ended without a job, for now."""
        query = "update jobs set error = ?, updated_at = now() where job_key = ?"
        self._write(key, query, [reason, key], "stopped", reason, level="error")

    def record(self, key: str, job: RemoteJob, event: str | None = None, news: Iterable[RemoteEvent] = ()) -> Job:
        """The job as the provider describes it, an event of ours and its new ones; returns what the store has then."""
        query = (
            "update jobs set provider_job_id = ?, status = ?, response = ?, fine_tuned_model = ?, error = ?, "
            "creating_at = null, updated_at = now() where job_key = ?"
        )
        values = [job.id, job.status, job.raw, job.fine_tuned_model, job.error, key]
        return self._write(key, query, values, event, job.id, news=news)

    def _write(
        self,
        key: str,
        query: str,
        values: Sequence[object] | dict[str, object],
        event: str | None,
        detail: str | None = None,
        *,
        level: str = "info",
        news: Iterable[RemoteEvent] = (),
    ) -> Job:
        """One transaction: the change of a job's row, an event of ours and the provider's new ones."""
        with store.of(self.project).write() as connection:
            now = datetime.now(UTC)
            events = [(key, f"reroute-{now.timestamp():.6f}", now, "reroute", level, event, detail)] if event else []
            for one in news:
                at = datetime.fromtimestamp(one.created_at, UTC)
                events.append((key, one.id, at, "provider", one.level, one.type or "message", one.message))
            connection.execute(query, values)
            for row_of_event in events:
                add = "insert into job_events values (?, ?, ?, ?, ?, ?, ?) on conflict do nothing"
                connection.execute(add, row_of_event)
            row = connection.execute(f"select {_COLUMNS} from jobs where job_key = ?", [key]).fetchone()
            journal.note(self.project, connection, {"jobs": [(key,)], "job_events": [one[:2] for one in events]})
        assert row is not None, "only jobs that were intended are written about"
        return _job(row)


_COLUMNS = ", ".join(Job.__struct_fields__)


def _job(row: tuple[object, ...]) -> Job:
    return msgspec.convert(dict(zip(Job.__struct_fields__, row, strict=True)), Job)
