"""One chat request to an OpenAI-compatible endpoint, in whatever form of structured output it takes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import cast
from urllib.parse import urlsplit

import msgspec

from reroute.errors import ConfigError
from reroute.llm_api.address import checked_address
from reroute.llm_api.openai_client import Answer, Client
from reroute.review.judge.prompt import Prompt
from reroute.review.judge.verdict import Reply
from reroute.settings import JudgeSettings

_DOING = "Asking the judge"
_NO_KEY = "no-key-on-loopback"
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
FORM_REJECTED = frozenset({400, 422})
"""Statuses by which an endpoint rejects the form of a request, so that another form may be tried."""
_FORMATS = ("json_schema", "json_object", "text")
_LIMITS = ("max_completion_tokens", "max_tokens")


class _Message(msgspec.Struct, frozen=True):
    content: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct, frozen=True):
    message: _Message = _Message()
    finish_reason: str | None = None


class _Usage(msgspec.Struct, frozen=True):
    prompt_tokens: int
    completion_tokens: int


class _Completion(msgspec.Struct, frozen=True):
    choices: list[_Choice] = []
    model: str | None = None
    usage: _Usage | None = None


@dataclass
class Endpoint:
    """Where the judge is. Which form of request it takes is found out by the first answers and remembered."""

    client: Client
    model: str
    output_tokens: int
    """The most tokens that an answer may have."""
    _accepted: tuple[str, str] | None = None

    def forms(self) -> Iterator[tuple[str, str]]:
        """The forms of request to try, as (response format, name of the limit of tokens), the strictest first.

        Only the one that the endpoint accepted before, where there is one.
        """
        if self._accepted:
            yield self._accepted
        else:
            yield from product(_FORMATS, _LIMITS)

    def ask(self, prompt: Prompt, form: tuple[str, str]) -> Reply:
        """Send one request. Raises Rejected, RateLimited, ServerError or NoResponse."""
        shape, limit = form
        body: dict[str, object] = {"model": self.model, "messages": prompt.messages(), limit: self.output_tokens}
        if shape == "json_object":
            body["response_format"] = {"type": shape}
        elif shape == "json_schema":
            schema = {"name": "verdict", "strict": True, "schema": prompt.schema}
            body["response_format"] = {"type": shape, "json_schema": schema}
        create = cast("Callable[..., Answer]", self.client.openai.chat.completions.with_raw_response.create)
        with self.client.errors(_DOING):
            answer = create(**body)
        self._accepted = form
        completion = self.client.decoded(answer.content, _Completion, _DOING)
        choice = completion.choices[0] if completion.choices else _Choice()
        usage = completion.usage
        return Reply(
            text=choice.message.content,
            refusal=choice.message.refusal,
            finish=choice.finish_reason,
            model=completion.model,
            input_tokens=usage.prompt_tokens if usage else None,
            output_tokens=usage.completion_tokens if usage else None,
        )


def endpoint(limits: JudgeSettings) -> Endpoint:
    """The endpoint of ``[judge]``, with the key from the environment.

    Raises ConfigError where the model or the key is missing, UsageError for an address that must not be used.
    """
    address = checked_address(limits.base_url)
    if limits.model is None:
        raise ConfigError("Asking the judge: [judge] model in reroute.toml is not set. It names the model to ask.")
    key = os.environ.get(limits.api_key_env, "").strip()
    if not key and urlsplit(address).hostname not in _LOOPBACK:
        raise ConfigError(
            f"Asking the judge at {address}: the environment variable {limits.api_key_env} is not set. It holds the "
            "key ([judge] api_key_env names another one)."
        )
    return Endpoint(Client(address, key or _NO_KEY, limits.timeout_seconds), limits.model, limits.output_tokens)
