"""The lines of a Codex rollout, decoded; the calls and results that stand in them.

A result is JSON inside a string, text below a head, or the sandbox's prose.
"""

from __future__ import annotations

import contextlib
import re
from typing import Any, Literal, NamedTuple

import msgspec

from reroute.formats._reading import bounds, values
from reroute.formats._reading.decode import decode
from reroute.formats._reading.document import Record
from reroute.formats._reading.steps import Facts
from reroute.formats.codex_cli.items import ENDS, ended
from reroute.trace import Role, Status

TWICE: dict[str, tuple[Role, Literal["message", "reasoning"]]] = {
    "user_message": ("user", "message"),
    "agent_message": ("assistant", "message"),
    "agent_reasoning": ("assistant", "reasoning"),
    "agent_reasoning_raw_content": ("assistant", "reasoning"),
}
"""Events by which the user interface shows what an item says too."""
EVENTS = {"turn_aborted", "error", "stream_error", "thread_rolled_back", "turn_failed"}
_EVENTS_READ = {*TWICE, *EVENTS, "token_count", "item_completed", "guardian_assessment"}

HOSTED = {"web_search_call", "image_generation_call"}
"""Calls that the provider runs itself: no item with their result follows, the call states how it ended."""
ENDED: dict[str | None, Status] = {"completed": "ok", "failed": "error", "incomplete": "error"}
"""What an item's own status says of its call."""
_DENIED = re.compile(r"\A(?:patch|command|exec command|mcp tool call|user)? ?rejected (?:by|MCP)", re.IGNORECASE)
_SANDBOX = re.compile(r"\Afailed in sandbox .*?exit code: (-?\d{1,10})", re.DOTALL)
_REJECTED = re.compile(r"\Aexec_command failed\b.{0,4000}?\bRejected\(\\*\"(.{1,80})", re.DOTALL)
_BY: tuple[tuple[str, str | None], ...] = (
    ("rejected by user", "human"), ("This action was rejected due to unacceptable risk", "auto review"),
    ("approval required by policy", "policy"), ("rejected by", None),
)  # fmt: skip
"""Who rejects a command, by the words that a rejection begins with."""
_FAILED = re.compile(r"\A(?:execution error|exec_command failed|failed to parse function arguments|unsupported call)")
_HEADED = re.compile(
    r"\A(?:Chunk ID: [^\n]*\n)?(?:Exit code: (-?\d{1,10})\n)?(?:Wall time: (\d{1,10}(?:\.\d*)?) seconds\n)?"
    r"(?:Process exited with code (-?\d{1,10})\n)?(?:Process running with session ID[^\n]*\n)?"
    r"(?:Original token count: \d+\n)?(?:Total output lines: \d+\n)?Output:\n"
)
_RUNNING = re.compile(r"^Process running with session ID:? (\S{1,80})$", re.MULTILINE)
_DENIAL = 80
"""Characters within which a denial names who denied."""


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
    item: dict[str, Any] | None = None
    num_turns: Any = None
    forked_from_id: str | None = None
    history_base: _Base | None = None
    source: Any = None
    parent_thread_id: str | None = None
    target_item_id: Any = None


class _Base(msgspec.Struct):
    """Where the beginning of a thread lies that is not in its file."""

    thread_id: str | None = None
    end_ordinal_exclusive: int | None = None


class Line(NamedTuple):
    """A line of a rollout, or of the same session in another dress."""

    type: str
    payload: Payload
    at: int | None
    ordinal: int | None = None
    bare: bool = False
    """The line is the payload itself."""

    @property
    def name(self) -> str:
        """Type of the line and of what it holds."""
        kind = self.payload.type
        inner = self.payload.item.get("type") if self.payload.item else None
        return "/".join(str(part) for part in (self.type, kind, inner) if part and part != self.type) or self.type


class Place(NamedTuple):
    """A line with the place that it stands in."""

    line: Line
    record: Record
    file: str | None
    """The companion that it stands in; None: the document itself."""


class _Raw(msgspec.Struct):
    type: str | None = None
    payload: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    timestamp: Any = None
    ordinal: int | None = None
    record_type: str | None = None
    thread_id: str | None = None
    usage: dict[str, Any] | None = None
    item: dict[str, Any] | None = None
    error: Any = None
    message: Any = None
    id: str | None = None


class _Kind(msgspec.Struct):
    type: str | None = None


_OBJECT = msgspec.json.Decoder(dict[str, Any])
_RAW = msgspec.json.Decoder(_Raw)
_KIND = msgspec.json.Decoder(_Kind)
_PAYLOAD = msgspec.json.Decoder(Payload)


def parse(data: bytes) -> Line:
    """A line decoded; the payload of an event that is passed by stays unread, whatever its shape.

    Besides rollouts these are read: the flat files of 2025, where a line is the item itself, and the events of
    ``codex exec --json``. Raises one of ``BAD_RECORD``.
    """
    line = decode(_RAW, data)
    at = values.micros(line.timestamp)
    if isinstance(line.payload, msgspec.UnsetType):
        return _bare(line, data, at)._replace(bare=True)
    if line.type is None:
        raise msgspec.ValidationError("a payload without a type")
    payload = bytes(line.payload)
    kind = decode(_KIND, payload)
    if line.type == "event_msg" and kind.type in ENDS:
        event = decode(_OBJECT, payload)
        return Line(line.type, Payload(kind.type, call_id=values.text(event.get("call_id")), item=ended(event)), at)
    wanted = line.type != "event_msg" or kind.type in _EVENTS_READ
    return Line(line.type, decode(_PAYLOAD, payload) if wanted else Payload(kind.type), at, line.ordinal)


def _bare(line: _Raw, data: bytes, at: int | None) -> Line:
    if line.record_type is not None:
        return Line(line.record_type, Payload(), at)
    if line.type is None:
        if line.id is None:
            raise msgspec.ValidationError("no line of a session: it has neither type nor id")
        return Line("session_meta", decode(_PAYLOAD, data), at)
    if line.type == "thread.started":
        return Line("session_meta", Payload(id=line.thread_id, originator="codex exec --json"), at)
    if line.type.startswith("item."):
        return Line("event_msg", Payload(line.type.replace(".", "_"), item=line.item), at)
    if line.type.startswith("turn.") or line.type == "error":
        said = line.error.get("message") if isinstance(line.error, dict) else line.message
        detail = said if isinstance(said, str) else None
        usage = {"last_token_usage": line.usage} if line.usage else None
        return Line("event_msg", Payload(line.type.replace(".", "_"), info=usage, message=detail), at)
    return Line("response_item", decode(_PAYLOAD, data), at)


def call(kind: str, payload: Payload) -> tuple[str, str]:
    """Tool and arguments (JSON text) of a call item; free text becomes ``{"input": text}``."""
    tool = payload.name or kind.removesuffix("_call")
    if bytes(payload.arguments):
        return tool, values.arguments(payload.arguments)
    if payload.input is not None:
        given = payload.input if isinstance(payload.input, dict) else {"input": payload.input}
    else:
        asked = {"query": payload.query} if payload.query else {}
        given = payload.action if isinstance(payload.action, dict) else asked
    return tool, values.json_text(given)


def result(output: Any) -> tuple[str | None, Facts]:
    """Content of a result of any shape, and what the harness states of it.

    The shapes: ``{"output", "metadata": {"exit_code"}}`` in a string or not, content parts, headed text, plain text.
    """
    if isinstance(output, list):
        text, media = values.text_and_media(output)
        content, facts = _from_text(text or "")
        return content, {**facts, "media": media}
    if isinstance(output, dict):
        return _from_object(output) or (values.json_text(output), {})
    if not isinstance(output, str):
        return (None if output is None else values.json_text(output)), {}
    return _from_text(output)


def running(output: Any) -> str | None:
    """The id of the session in which a command still runs, as its output's head says."""
    found = _RUNNING.search(output[:500]) if isinstance(output, str) else None
    return found.group(1) if found else None


def _from_text(text: str) -> tuple[str, Facts]:
    if text[:1] == "{":
        with contextlib.suppress(msgspec.DecodeError, RecursionError):
            if found := _from_object(_OBJECT.decode(text)):
                return found
    if _DENIED.match(text):
        by = "human" if "user" in text[:_DENIAL] else None
        return text, {"status": "denied", "approval": "denied", "approved_by": by}
    rejected = _REJECTED.match(text)
    for words, by in _BY:
        if (rejected.group(1) if rejected else text).startswith(words):
            return text, {"status": "denied", "approval": "denied", "approved_by": by}
    if sandbox := _SANDBOX.match(text):
        return text, {"exit_code": int(sandbox.group(1))}
    if headed := _HEADED.match(text):
        code, seconds = headed.group(1) or headed.group(3), headed.group(2)
        duration = float(seconds) * 1000 if seconds else None
        return text[headed.end() :], {"exit_code": int(code) if code else None, "duration_ms": duration}
    return text, {"status": "error"} if _FAILED.match(text) else {}


def _from_object(value: dict[str, Any]) -> tuple[str, Facts] | None:
    body = next((value[key] for key in ("output", "content") if isinstance(value.get(key), str)), None)
    metadata = value.get("metadata", {})
    if body is None or not isinstance(metadata, dict):
        return None
    code = metadata.get("exit_code", value.get("exit_code"))
    seconds, success = metadata.get("duration_seconds"), value.get("success")
    facts: Facts = {"exit_code": code if isinstance(code, int) else None}
    if bounds.is_number(seconds):
        facts["duration_ms"] = seconds * 1000
    if isinstance(success, bool):
        facts["status"] = "ok" if success else "error"
    return body, facts
