"""An account at a provider of the OpenAI dialect, every answer read as raw JSON.

The openai client's types are not used for reading, since they read some jobs wrongly (a multi grader's map of graders).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial

import msgspec

from reroute.llm_api.openai_client import Answer, Client
from reroute.llm_api.retry import RetryPolicy
from reroute.tune.ledger import RemoteJob
from reroute.tune.providers import Connection

PAGE = 100
"""Items of a list that are asked for at once."""


class RemoteFile(msgspec.Struct, frozen=True, kw_only=True):
    """An uploaded file as the provider describes it."""

    id: str
    filename: str = ""
    status: str = "processed"
    """uploaded, pending, running, processed or error; some providers name no status."""
    bytes: int = -1
    """-1: not stated."""
    status_details: str | None = None
    """Why it cannot be used, in words."""


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
    """A page of a list, newest first."""

    data: list[msgspec.Raw]
    has_more: bool = False


class _Identified(msgspec.Struct, frozen=True):
    id: str


@dataclass(frozen=True)
class Account:
    """One account at a provider of the OpenAI dialect."""

    client: Client
    retry: RetryPolicy

    def job(self, doing: str, send: Callable[..., Answer], *args: object, **body: object) -> RemoteJob:
        """The job that a call of the client answers with. A key whose value is None would be sent as null."""
        return self.read_job(self.client.call(doing, msgspec.Raw, send, *args, **body), doing)

    def read_job(self, raw: bytes | msgspec.Raw, doing: str) -> RemoteJob:
        """A job from its JSON, which it keeps."""
        job = self.client.decoded(bytes(raw), _Job, doing)
        return RemoteJob(
            id=job.id,
            status=job.status,
            model=job.model,
            training_file=job.training_file,
            fine_tuned_model=job.fine_tuned_model,
            metadata=job.metadata or {},
            error=job.error.message if job.error and job.error.message else None,
            raw=self.client.clean(bytes(raw).decode("utf-8", "replace")),
        )

    def pages(self, doing: str, send: Callable[..., Answer]) -> Iterator[bytes]:
        """The JSON of every item of a list, page by page, in the provider's order (newest first)."""
        page: dict[str, str] = {}
        while True:
            answer = self.retry.read(partial(self.client.call, doing, _Page, send, **page))
            for raw in answer.data:
                yield bytes(raw)
            last = self.client.decoded(answer.data[-1], _Identified, doing).id if answer.data else ""
            if not answer.has_more or not last or page == {"after": last}:
                return
            page = {"after": last}


@lru_cache(maxsize=4)
def account(connection: Connection) -> Account:
    """The account of a connection: one client for all of its calls, since making one takes longer than a call."""
    client = Client(connection.base_url, connection.key, connection.retry.timeout)
    return Account(client, connection.retry)
