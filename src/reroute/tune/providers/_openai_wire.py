"""The openai client, and the only module that imports it: every answer read as raw JSON, every fault told apart.

The client's own retries are off, since repeating the call that makes a job could make two. Its types are not used for
reading, since they read some jobs wrongly (a multi grader's map of graders).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

import msgspec

from reroute.tune.faults import Broken, Busy, Lost, Refused
from reroute.tune.providers import Connection, RemoteEvent, RemoteJob

if TYPE_CHECKING:
    from openai import APIStatusError, OpenAI

_PAGE = 100
_GATEWAY = {502, 504}
_TOO_SLOW = 408
_HIDDEN = "<api-key>"
_EXCERPT = 300
Shape = TypeVar("Shape")


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


class _Answer(Protocol):
    @property
    def content(self) -> bytes: ...


class Wire:
    """One account at a provider of the OpenAI dialect."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @cached_property
    def _client(self) -> OpenAI:
        from openai import OpenAI

        there = self._connection
        return OpenAI(api_key=there.key, base_url=there.base_url, max_retries=0, timeout=there.timeout)

    def upload(self, path: Path, filename: str) -> RemoteFile:
        """Upload a data file under this name."""
        with path.open("rb") as file, self._faults("Uploading the file"):
            send = self._client.files.with_raw_response.create
            answer = send(file=(filename, file, "application/jsonl"), purpose="fine-tune")
        return self._decoded(answer, RemoteFile, "Uploading the file")

    def file(self, file_id: str) -> RemoteFile:
        """A file as it is now."""
        with self._faults("Asking for a file"):
            answer = self._client.files.with_raw_response.retrieve(file_id)
        return self._decoded(answer, RemoteFile, "Asking for a file")

    def files(self) -> Iterator[RemoteFile]:
        """All training files of the account, page by page."""
        call = self._client.files.with_raw_response.list
        for raw in self._pages(lambda **page: call(purpose="fine-tune", **page), "Listing files"):
            yield self._typed(raw, RemoteFile, "Listing files")

    def create(self, body: dict[str, object], extra: dict[str, object]) -> RemoteJob:
        """Make a job. A key whose value is None would be sent as null, so the body has none."""
        with self._faults("Creating the job"):
            create = self._client.fine_tuning.jobs.with_raw_response.create
            answer = create(**body, extra_body=extra or None)  # type: ignore[arg-type]  # the body is checked by tests against the provider's specification
        return self._job(bytes(answer.content), "Creating the job")

    def job(self, job_id: str) -> RemoteJob:
        """A job as it is now."""
        with self._faults("Asking for the job"):
            answer = self._client.fine_tuning.jobs.with_raw_response.retrieve(job_id)
        return self._job(bytes(answer.content), "Asking for the job")

    def jobs(self) -> Iterator[RemoteJob]:
        """All jobs of the account, page by page."""
        call = self._client.fine_tuning.jobs.with_raw_response.list
        for raw in self._pages(lambda **page: call(limit=_PAGE, **page), "Listing jobs"):
            yield self._job(raw, "Listing jobs")

    def cancel(self, job_id: str) -> RemoteJob:
        """Stop a job."""
        with self._faults("Cancelling the job"):
            answer = self._client.fine_tuning.jobs.with_raw_response.cancel(job_id)
        return self._job(bytes(answer.content), "Cancelling the job")

    def events(self, job_id: str) -> Iterator[RemoteEvent]:
        """The events of a job as the provider orders them (newest first), page by page."""
        call = self._client.fine_tuning.jobs.with_raw_response.list_events
        for raw in self._pages(lambda **page: call(job_id, limit=_PAGE, **page), "Reading events"):
            yield self._typed(raw, RemoteEvent, "Reading events")

    def _pages(self, call: Callable[..., _Answer], doing: str) -> Iterator[bytes]:
        page: dict[str, str] = {}
        while True:
            answer = self._connection.patience.read(partial(self._page, call, page, doing))
            for raw in answer.data:
                yield bytes(raw)
            last = self._typed(bytes(answer.data[-1]), _Identified, doing).id if answer.data else ""
            if not answer.has_more or not last or page == {"after": last}:
                return
            page = {"after": last}

    def _page(self, call: Callable[..., _Answer], page: dict[str, str], doing: str) -> _Page:
        with self._faults(doing):
            answer = call(**page)
        return self._decoded(answer, _Page, doing)

    def _job(self, content: bytes, doing: str) -> RemoteJob:
        job = self._typed(content, _Job, doing)
        return RemoteJob(
            id=job.id,
            status=job.status,
            model=job.model,
            training_file=job.training_file,
            fine_tuned_model=job.fine_tuned_model,
            metadata=job.metadata or {},
            error=job.error.message if job.error and job.error.message else None,
            raw=self._clean(content.decode("utf-8", "replace")),
        )

    def _decoded(self, answer: _Answer, shape: type[Shape], doing: str) -> Shape:
        return self._typed(bytes(answer.content), shape, doing)

    def _typed(self, content: bytes, shape: type[Shape], doing: str) -> Shape:
        text = self._clean(content.decode("utf-8", "replace"))
        try:
            return msgspec.json.decode(text, type=shape)
        except msgspec.DecodeError as error:
            raise Lost(
                f"{doing} at {self._there}: the answer cannot be read ({error}): {text[:_EXCERPT]!r}."
            ) from error

    @contextmanager
    def _faults(self, doing: str) -> Iterator[None]:
        import openai

        try:
            yield
        except openai.APIStatusError as error:
            raise self._fault(error, doing) from None
        except openai.APIConnectionError as error:
            why = self._clean(str(error.__cause__ or error)) or type(error).__name__
            raise Lost(f"{doing} at {self._there}: no whole answer came ({why}).") from None

    def _fault(self, error: APIStatusError, doing: str) -> Refused | Busy | Broken | Lost:
        status, code = error.status_code, error.code
        told = self._clean(_told(error.body) or error.message)[:_EXCERPT]
        message = (
            f"{doing} at {self._there}: the provider answered {status}{f' {code}' if code else ''}: {told.rstrip('.')}."
        )
        if status == 429 and code != "insufficient_quota":
            wanted = retry_after(error.response.headers)
            return Busy(f"{message} It asks to be asked again in {wanted:g} s." if wanted else message, wanted)
        if status >= 500:
            return Broken(message, finished=status not in _GATEWAY)
        return Lost(message) if status == _TOO_SLOW else Refused(message, status, code)

    @property
    def _there(self) -> str:
        return self._connection.base_url

    def _clean(self, text: str) -> str:
        return text.replace(self._connection.key, _HIDDEN)


def _told(body: object) -> str:
    message = body.get("message") if isinstance(body, dict) else None
    return message if isinstance(message, str) else ""


def retry_after(headers: object) -> float | None:
    """Seconds that a Retry-After header asks for, as a number or as a date; None where there is none to read."""
    value = headers.get("retry-after") if hasattr(headers, "get") else None
    if not isinstance(value, str):
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass  # the header may hold a date instead
    try:
        wanted = parsedate_to_datetime(value)
    except ValueError:
        return None
    if wanted.tzinfo is None:
        wanted = wanted.replace(tzinfo=UTC)
    return max(0.0, (wanted - datetime.now(UTC)).total_seconds())
