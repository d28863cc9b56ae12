"""The openai client, and the only module that imports it: every answer read as raw JSON, every error told apart.

The client's own retries are off, since repeating a call that makes something could make two, and since every try is
paid for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, TypeVar

import msgspec

from reroute.llm_api.errors import NoResponse, RateLimited, Rejected, ServerError

if TYPE_CHECKING:
    from openai import OpenAI

_TOO_SLOW = 408
_HIDDEN = "<api-key>"
_EXCERPT = 300
Shape = TypeVar("Shape")


class Answer(Protocol):
    """A raw answer of the client."""

    @property
    def content(self) -> bytes: ...


@dataclass(frozen=True)
class Client:
    """One account at an address of the OpenAI dialect; nothing that it says or raises holds the key.

    ``doing`` of its methods begins the message of an error, such as ``Listing jobs``.
    """

    base_url: str
    key: str = field(repr=False)
    timeout: float = 120.0
    """Seconds without a byte after which a request has no response."""

    @cached_property
    def openai(self) -> OpenAI:
        """The client itself, made once, since making one takes longer than a call."""
        from openai import OpenAI

        return OpenAI(api_key=self.key, base_url=self.base_url, max_retries=0, timeout=self.timeout)

    def clean(self, text: str) -> str:
        """``text`` without the key, should somebody have sent it back."""
        return text.replace(self.key, _HIDDEN) if self.key else text

    def call(
        self, doing: str, shape: type[Shape], send: Callable[..., Answer], /, *args: object, **body: object
    ) -> Shape:
        """What ``send`` (a ``with_raw_response`` function of the client) answers to these arguments, as a value.

        Raises Rejected, RateLimited, ServerError or NoResponse.
        """
        with self.errors(doing):
            answer = send(*args, **body)
        return self.decoded(answer.content, shape, doing)

    def decoded(self, content: bytes, shape: type[Shape], doing: str) -> Shape:
        """JSON as a value; raises NoResponse where it is not of that shape."""
        text = self.clean(bytes(content).decode("utf-8", "replace"))
        try:
            return msgspec.json.decode(text, type=shape)
        except msgspec.DecodeError as error:
            raise NoResponse(
                f"{doing} at {self.base_url}: the answer cannot be read ({error}): {text[:_EXCERPT]!r}."
            ) from error

    @contextmanager
    def errors(self, doing: str) -> Iterator[None]:
        """Turn whatever the client raises inside into Rejected, RateLimited, ServerError or NoResponse."""
        import openai

        try:
            yield
        except openai.APIStatusError as error:
            status, code = error.status_code, error.code
            stated = error.body.get("message") if isinstance(error.body, dict) else None
            words = self.clean(stated if stated and isinstance(stated, str) else error.message)[:_EXCERPT].rstrip(".")
            message = (
                f"{doing} at {self.base_url}: the provider answered {status}{f' {code}' if code else ''}: {words}."
            )
            if status == 429 and code != "insufficient_quota":
                wanted = retry_after(error.response.headers)
                asks = f" It asks to be asked again in {wanted:g} s." if wanted else ""
                raise RateLimited(message + asks, status, code, wanted) from None
            if status >= 500:
                raise ServerError(message, status, code) from None
            raise (NoResponse if status == _TOO_SLOW else Rejected)(message, status, code) from None
        except openai.APIConnectionError as error:
            why = self.clean(str(error.__cause__ or error)) or type(error).__name__
            raise NoResponse(f"{doing} at {self.base_url}: no whole answer came ({why}).") from None


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
