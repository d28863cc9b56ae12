"""The lines of a Codex rollout, decoded."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import msgspec

from reroute.formats._reading import values
from reroute.formats._reading.decode import decode
from reroute.trace import Role

TWICE: dict[str, tuple[Role, Literal["message", "reasoning"]]] = {
    "user_message": ("user", "message"),
    "agent_message": ("assistant", "message"),
    "agent_reasoning": ("assistant", "reasoning"),
    "agent_reasoning_raw_content": ("assistant", "reasoning"),
}
"""Events that tell the user interface what an item says too."""
EVENTS = {"turn_aborted", "error", "stream_error", "thread_rolled_back"}
_TOLD = {*TWICE, *EVENTS, "token_count"}


class Payload(msgspec.Struct):
    """The payload of a line of any type; the names are the source's."""

    type: str | None = None
    role: str | None = None
    content: Any = None
    text: str | None = None
    message: str | None = None
    summary: Any = None
    name: str | None = None
    call_id: str | None = None
    id: str | None = None
    arguments: msgspec.Raw = msgspec.Raw(b"")
    input: Any = None
    action: Any = None
    query: Any = None
    output: Any = None
    tools: Any = None
    status: str | None = None
    info: dict[str, Any] | None = None
    reason: str | None = None
    model: str | None = None
    effort: str | None = None
    approval_policy: Any = None
    cwd: str | None = None
    cli_version: str | None = None
    originator: str | None = None
    git: dict[str, Any] | None = None
    input_tokens: Any = None
    output_tokens: Any = None


class Line(NamedTuple):
    """A line of a rollout."""

    type: str
    payload: Payload
    at: int | None


class _Raw(msgspec.Struct):
    type: str
    payload: msgspec.Raw
    timestamp: Any = None


class _Kind(msgspec.Struct):
    type: str | None = None


_RAW = msgspec.json.Decoder(_Raw)
_KIND = msgspec.json.Decoder(_Kind)
_PAYLOAD = msgspec.json.Decoder(Payload)


def parse(data: bytes) -> Line:
    """A line decoded; the payload of an event that is passed by stays unread, whatever its shape.

    Raises one of ``BAD_RECORD``.
    """
    line = decode(_RAW, data)
    payload = bytes(line.payload)
    kind = decode(_KIND, payload)
    wanted = line.type != "event_msg" or kind.type in _TOLD
    return Line(line.type, decode(_PAYLOAD, payload) if wanted else Payload(kind.type), values.micros(line.timestamp))
