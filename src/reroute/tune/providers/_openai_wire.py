"""Files and jobs at a provider of the OpenAI dialect, every answer read as raw JSON.

The openai client's types are not used for reading, since they read some jobs wrongly (a multi grader's map of graders).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from pathlib import Path

import msgspec

from reroute.llm_api.openai_client import Answer, Client
from reroute.tune.providers import Connection, RemoteEvent, RemoteJob

_PAGE = 100


@lru_cache(maxsize=4)
def wire(connection: Connection) -> Wire:
    """The wire of a connection: one client for all of its calls, since making one takes longer than a call."""
    return Wire(connection)


class RemoteFile(msgspec.Struct, frozen=True, kw_only=True):
    """An uploaded file as the provider tells of it."""

    id: str
    filename: str = ""
    status: str = "processed"
    bytes: int = -1
    status_details: str | None = None


class _Error(msgspec.Struct, frozen=True):
    message: str = ""
    code: str | None = None


class _Job(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    status: str
    model: str | None = None
    training_file: str | None = None
    fine_tuned_model: str | None = None
    metadata: dict[str, str] | None = None
    error: _Error | None = None


class _Page(msgspec.Struct, frozen=True, kw_only=True):
    data: list[msgspec.Raw]
    has_more: bool = False


class _Identified(msgspec.Struct, frozen=True):
    id: str


class Wire:
    """One account at a provider of the OpenAI dialect."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._there = Client(connection.base_url, connection.key, connection.timeout)

    def upload(self, path: Path, filename: str) -> RemoteFile:
        """Upload a data file under this name."""
        with path.open("rb") as file, self._there.faults("Uploading the file"):
            send = self._there.openai.files.with_raw_response.create
            answer = send(file=(filename, file, "application/jsonl"), purpose="fine-tune")
        return self._there.decoded(answer, RemoteFile, "Uploading the file")

    def file(self, file_id: str) -> RemoteFile:
        """A file as it is now."""
        with self._there.faults("Asking for a file"):
            answer = self._there.openai.files.with_raw_response.retrieve(file_id)
        return self._there.decoded(answer, RemoteFile, "Asking for a file")

    def files(self) -> Iterator[RemoteFile]:
        """All training files of the account, page by page."""
        call = self._there.openai.files.with_raw_response.list
        for raw in self._pages(lambda **page: call(purpose="fine-tune", **page), "Listing files"):
            yield self._there.typed(raw, RemoteFile, "Listing files")

    def create(self, body: dict[str, object], extra: dict[str, object]) -> RemoteJob:
        """Make a job. A key whose value is None would be sent as null, so the body has none."""
        with self._there.faults("Creating the job"):
            create = self._there.openai.fine_tuning.jobs.with_raw_response.create
            answer = create(**body, extra_body=extra or None)  # type: ignore[arg-type]  # the body is checked by tests against the provider's specification
        return self._job(bytes(answer.content), "Creating the job")

    def job(self, job_id: str) -> RemoteJob:
        """A job as it is now."""
        with self._there.faults("Asking for the job"):
            answer = self._there.openai.fine_tuning.jobs.with_raw_response.retrieve(job_id)
        return self._job(bytes(answer.content), "Asking for the job")

    def jobs(self) -> Iterator[RemoteJob]:
        """All jobs of the account, page by page."""
        call = self._there.openai.fine_tuning.jobs.with_raw_response.list
        for raw in self._pages(lambda **page: call(limit=_PAGE, **page), "Listing jobs"):
            yield self._job(raw, "Listing jobs")

    def cancel(self, job_id: str) -> RemoteJob:
        """Stop a job."""
        with self._there.faults("Cancelling the job"):
            answer = self._there.openai.fine_tuning.jobs.with_raw_response.cancel(job_id)
        return self._job(bytes(answer.content), "Cancelling the job")

    def events(self, job_id: str) -> Iterator[RemoteEvent]:
        """The events of a job as the provider orders them (newest first), page by page."""
        call = self._there.openai.fine_tuning.jobs.with_raw_response.list_events
        for raw in self._pages(lambda **page: call(job_id, limit=_PAGE, **page), "Reading events"):
            yield self._there.typed(raw, RemoteEvent, "Reading events")

    def _pages(self, call: Callable[..., Answer], doing: str) -> Iterator[bytes]:
        page: dict[str, str] = {}
        while True:
            answer = self._connection.patience.read(partial(self._page, call, page, doing))
            for raw in answer.data:
                yield bytes(raw)
            last = self._there.typed(bytes(answer.data[-1]), _Identified, doing).id if answer.data else ""
            if not answer.has_more or not last or page == {"after": last}:
                return
            page = {"after": last}

    def _page(self, call: Callable[..., Answer], page: dict[str, str], doing: str) -> _Page:
        with self._there.faults(doing):
            answer = call(**page)
        return self._there.decoded(answer, _Page, doing)

    def _job(self, content: bytes, doing: str) -> RemoteJob:
        job = self._there.typed(content, _Job, doing)
        return RemoteJob(
            id=job.id,
            status=job.status,
            model=job.model,
            training_file=job.training_file,
            fine_tuned_model=job.fine_tuned_model,
            metadata=job.metadata or {},
            error=job.error.message if job.error and job.error.message else None,
            raw=self._there.clean(content.decode("utf-8", "replace")),
        )
