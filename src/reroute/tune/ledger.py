"""The jobs in the store: what was meant, what was done, and what the provider said since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from reroute.errors import UsageError
from reroute.settings import Project
from reroute.storage import journal, store
from reroute.tune.providers import FINAL, Known, RemoteEvent, RemoteJob

if TYPE_CHECKING:
    import duckdb

_COLUMNS = (
    "job_key, recipe, version, provider, base_url, model, method, training_file, validation_file, provider_job_id, "
    "status, creating_at, price_usd, price_note, request, response, fine_tuned_model, error, intended_at, updated_at"
)


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A job as the store has it."""

    job_key: str
    recipe: str
    version: str
    provider: str
    base_url: str
    model: str
    method: str
    training_file: str | None
    validation_file: str | None
    provider_job_id: str | None
    status: str
    creating_at: datetime | None
    price_usd: float | None
    price_note: str
    request: str
    response: str | None
    fine_tuned_model: str | None
    error: str | None
    intended_at: datetime
    updated_at: datetime

    @property
    def final(self) -> bool:
        return self.status in FINAL

    @property
    def known(self) -> Known:
        """How far the order got."""
        files = {"train": self.training_file, "validation": self.validation_file}
        there = {split: file for split, file in files.items() if file is not None}
        return Known(files=there, creating=self.creating_at is not None)


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to a job."""

    event_id: str
    happened_at: datetime
    origin: str
    level: str
    event: str
    detail: str | None


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """What is about to be done, written before anything is sent."""

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


@dataclass(frozen=True)
class Ledger:
    """Reads and writes a project's jobs; every write is one short transaction."""

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
        names = {job.job_key: {job.job_key, job.provider_job_id or ""} for job in jobs}
        found = [job for job in jobs if any(name.startswith(reference) for name in names[job.job_key])]
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
        marks = ", ".join("?" for _ in names)
        now = datetime.now(UTC)
        values = [*msgspec.structs.astuple(intent), "intended", now, now]
        with self._change(intent.job_key) as change:
            new = f"insert into jobs ({', '.join(names)}) values ({marks}) on conflict do nothing"
            change.connection.execute(new, values)
            change.note("intended", f"{intent.model} at {intent.provider}")

    def uploaded(self, key: str, split: str, file_id: str, *, again: bool) -> None:
        """A file is at the provider."""
        column = {"train": "training_file", "validation": "validation_file"}[split]
        with self._change(key) as change:
            query = f"update jobs set {column} = ?, status = 'uploading', updated_at = now() where job_key = ?"
            change.connection.execute(query, [file_id, key])
            change.note("file found" if again else "file uploaded", f"{split}: {file_id}")

    def creating(self, key: str) -> None:
        """The call that makes the job goes out now."""
        with self._change(key) as change:
            query = "update jobs set creating_at = now(), status = 'creating', updated_at = now() where job_key = ?"
            change.connection.execute(query, [key])
            change.note("creating", None)

    def not_created(self, key: str, reason: str, *, files_doubtful: bool) -> None:
        """The provider answered that it made no job; doubtful files are looked up anew next time."""
        status = "refused" if files_doubtful else "put off"
        query = "update jobs set creating_at = null, status = ?, error = ?, updated_at = now() where job_key = ?"
        forget = "update jobs set training_file = null, validation_file = null where job_key = ?"
        with self._change(key) as change:
            change.connection.execute(query, [status, reason, key])
            if files_doubtful:
                change.connection.execute(forget, [key])
            change.note("not created", reason, level="warn")

    def stopped(self, key: str, reason: str) -> None:
        """A submission ended without a job, for now."""
        with self._change(key) as change:
            query = "update jobs set error = ?, updated_at = now() where job_key = ?"
            change.connection.execute(query, [reason, key])
            change.note("stopped", reason, level="error")

    def told(self, key: str, job: RemoteJob, note: str | None = None, events: Iterable[RemoteEvent] = ()) -> Job:
        """What the provider says of the job now, with new events; returns the job as it stands then."""
        query = (
            "update jobs set provider_job_id = ?, status = ?, response = ?, fine_tuned_model = ?, error = ?, "
            "creating_at = null, updated_at = now() where job_key = ?"
        )
        with self._change(key) as change:
            change.connection.execute(query, [job.id, job.status, job.raw, job.fine_tuned_model, job.error, key])
            if note:
                change.note(note, job.id)
            for event in events:
                change.remember(event)
            row = change.connection.execute(f"select {_COLUMNS} from jobs where job_key = ?", [key]).fetchone()
        assert row is not None, "only jobs that were intended are told of"
        return _job(row)

    @contextmanager
    def _change(self, key: str) -> Iterator[_Change]:
        """One transaction about a job, which the journal has too before it commits."""
        with store.of(self.project).write() as connection:
            change = _Change(connection, key)
            yield change
            events = [(key, event) for event in change.events]
            journal.note(self.project, connection, {"jobs": [(key,)], "job_events": events})


@dataclass(frozen=True)
class _Change:
    """A transaction about a job; ``events`` are the ids of those that it adds."""

    connection: duckdb.DuckDBPyConnection
    key: str
    events: list[str] = field(default_factory=list)

    def note(self, event: str, detail: str | None, *, level: str = "info") -> None:
        """An event of ours, at this moment."""
        now = datetime.now(UTC)
        self._add([f"reroute-{now.timestamp():.6f}", now, "reroute", level, event, detail])

    def remember(self, event: RemoteEvent) -> None:
        """An event that the provider tells of."""
        at = datetime.fromtimestamp(event.created_at, UTC)
        self._add([event.id, at, "provider", event.level, event.type or "message", event.message])

    def _add(self, values: list[object]) -> None:
        self.events.append(str(values[0]))
        add = "insert into job_events values (?, ?, ?, ?, ?, ?, ?) on conflict do nothing"
        self.connection.execute(add, [self.key, *values])


def _job(row: tuple[object, ...]) -> Job:
    return msgspec.convert(dict(zip(_COLUMNS.split(", "), row, strict=True)), Job)
