"""The openai client, and the only module that imports it: every answer read as raw JSON, every fault told apart.

The client's own retries are off, since repeating a call that makes something could make two, and since every try is
paid for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, TypeVar

import msgspec

from reroute.llm_api.faults import Broken, Busy, Lost, Refused

if TYPE_CHECKING:
    from openai import APIStatusError, OpenAI

_GATEWAY = {502, 504}
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
    """One account at an address of the OpenAI dialect; nothing that it says or raises holds the key."""

    base_url: str
    key: str = field(repr=False)
    timeout: float = 120.0

    @cached_property
    def openai(self) -> OpenAI:
        """The client itself; making one takes longer than a call, so it is kept."""
        from openai import OpenAI

        return OpenAI(api_key=self.key, base_url=self.base_url, max_retries=0, timeout=self.timeout)

    def clean(self, text: str) -> str:
        """``text`` without the key, should somebody have sent it back."""
        return text.replace(self.key, _HIDDEN) if self.key else text

    def decoded(self, answer: Answer, shape: type[Shape], doing: str) -> Shape:
        """A raw answer as a value; raises Lost where it is not of that shape."""
        return self.typed(bytes(answer.content), shape, doing)

    def typed(self, content: bytes, shape: type[Shape], doing: str) -> Shape:
        """Bytes as a value; raises Lost where they are not of that shape."""
        text = self.clean(content.decode("utf-8", "replace"))
        try:
            return msgspec.json.decode(text, type=shape)
        except msgspec.DecodeError as error:
            raise Lost(
                f"{doing} at {self.base_url}: the answer cannot be read ({error}): {text[:_EXCERPT]!r}."
            ) from error

    @contextmanager
    def faults(self, doing: str) -> Iterator[None]:
        """Turn whatever the client raises inside into Refused, Busy, Broken or Lost."""
        import openai

        try:
            yield
        except openai.APIStatusError as error:
            raise self._fault(error, doing) from None
        except openai.APIConnectionError as error:
            why = self.clean(str(error.__cause__ or error)) or type(error).__name__
            raise Lost(f"{doing} at {self.base_url}: no whole answer came ({why}).") from None

    def _fault(self, error: APIStatusError, doing: str) -> Refused | Busy | Broken | Lost:
        status, code = error.status_code, error.code
        told = self.clean(_told(error.body) or error.message)[:_EXCERPT]
        message = (
            f"{doing} at {self.base_url}: the provider answered {status}{f' {code}' if code else ''}: "
            f"{told.rstrip('.')}."
        )
        if status == 429 and code != "insufficient_quota":
            wanted = retry_after(error.response.headers)
            return Busy(f"{message} It asks to be asked again in {wanted:g} s." if wanted else message, wanted)
        if status >= 500:
            return Broken(message, finished=status not in _GATEWAY)
        return Lost(message) if status == _TOO_SLOW else Refused(message, status, code)


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
