"""The lines of a Claude Code session, decoded; the names are the source's."""

from __future__ import annotations

import contextlib
from typing import Any, TypeVar

import msgspec

from reroute.formats._reading import bounds, values
from reroute.formats._reading.decode import decode
from reroute.formats._reading.document import Record

T = TypeVar("T")


class Usage(msgspec.Struct, gc=False):
    """Tokens of a response so far; plain input, read from a cache and written to it are three numbers."""

    input_tokens: Any = None
    output_tokens: Any = None
    cache_read_input_tokens: Any = None
    cache_creation_input_tokens: Any = None
    output_tokens_details: Any = None


class Stated(msgspec.Struct, gc=False):
    """What the program notes beside a tool's result (``toolUseResult``), of the little that is read of it."""

    agentId: Any = None  # noqa: N815
    """The sub-agent that the call started; its lines and its file carry the id."""
    backgroundTaskId: Any = None  # noqa: N815
    isAsync: Any = None  # noqa: N815
    code: Any = None
    url: Any = None
    durationMs: Any = None  # noqa: N815
    totalDurationMs: Any = None  # noqa: N815


class Progress(msgspec.Struct, gc=False):
    """What a line of type ``progress`` shows of a sub-agent."""

    agentId: Any = None  # noqa: N815


class Message(msgspec.Struct):
    """A message as in the Messages API."""

    role: str | None = None
    id: str | None = None
    model: str | None = None
    content: str | list[dict[str, Any] | str] | None = None
    stop_reason: str | None = None
    usage: Usage | None = None


class Line(msgspec.Struct):
    """A line of a session file or of a saved ``--output-format stream-json``, which writes some names in snake case."""

    type: str | None = None
    subtype: str | None = None
    message: msgspec.Raw = msgspec.Raw(b"")
    uuid: str | None = None
    parentUuid: str | None = None  # noqa: N815
    logicalParentUuid: str | None = None  # noqa: N815
    sessionId: str | None = None  # noqa: N815
    session_id: str | None = None
    agentId: str | None = None  # noqa: N815
    parent_tool_use_id: str | None = None
    timestamp: Any = None
    isSidechain: bool = False  # noqa: N815
    isMeta: bool = False  # noqa: N815
    isCompactSummary: bool = False  # noqa: N815
    isApiErrorMessage: bool = False  # noqa: N815
    attachment: Any = None
    content: Any = None
    error: Any = None
    apiErrorStatus: Any = None  # noqa: N815
    cwd: str | None = None
    version: str | None = None
    gitBranch: str | None = None  # noqa: N815
    costUSD: Any = None  # noqa: N815
    requestId: str | None = None  # noqa: N815
    model: str | None = None
    tools: Any = None
    total_cost_usd: Any = None
    duration_ms: Any = None
    errors: Any = None
    error_status: Any = None
    attempt: Any = None
    permission_denials: Any = None
    tool_use_id: str | None = None
    task_id: str | None = None
    status: Any = None
    summary: Any = None
    decision_reason_type: Any = None
    forkedFrom: Any = None  # noqa: N815
    origin: Any = None
    isVisibleInTranscriptOnly: bool = False  # noqa: N815
    parentToolUseID: Any = None  # noqa: N815
    data: msgspec.Raw = msgspec.Raw(b"")
    toolUseResult: msgspec.Raw = msgspec.Raw(b"")  # noqa: N815
    tool_use_result: msgspec.Raw = msgspec.Raw(b"")

    @property
    def session(self) -> str | None:
        """The id of the session that the line names."""
        return self.sessionId or self.session_id

    def forked_from(self, name: str) -> str | None:
        """``sessionId`` or ``messageUuid`` of the line that this one is a copy of, where a session was forked."""
        found = self.forkedFrom.get(name) if isinstance(self.forkedFrom, dict) else None
        return found if isinstance(found, str) else None

    @property
    def is_by_program(self) -> bool:
        """Whether a user's line is said to be by something else than a person: another agent, a task that ended."""
        kind = self.origin.get("kind") if isinstance(self.origin, dict) else None
        return self.isMeta or (isinstance(kind, str) and kind != "human")


_LINE = msgspec.json.Decoder(Line)
_MESSAGE = msgspec.json.Decoder(Message)
_STATED = msgspec.json.Decoder(Stated)
_PROGRESS = msgspec.json.Decoder(Progress)


class Entry(msgspec.Struct):
    """A line with its place and its message."""

    line: Line
    message: Message | None
    kind: str
    """The line's type, else its message's role."""
    record: Record
    file: str | None
    """The companion that it stands in; None: the document itself."""
    at: int | None
    """Microseconds since the epoch, UTC."""

    @property
    def name(self) -> str:
        """Type and subtype of the line, or of what the harness puts beside a message."""
        attached = self.line.attachment if self.kind == "attachment" else None
        inner = attached.get("type") if isinstance(attached, dict) else self.line.subtype
        return f"{self.kind}/{inner}" if inner else self.kind

    @property
    def response(self) -> str | None:
        """What all lines of one model response share: one message id may stand for several requests."""
        return self.line.requestId or (self.message.id if self.message else None)

    @property
    def blocks(self) -> list[dict[str, Any] | str]:
        """The message's content, as a list."""
        content = self.message.content if self.message else None
        return [content] if isinstance(content, str) else content or []

    @property
    def taken(self) -> int:
        """Tokens that the model was given for the line's response; 0 where none are stated."""
        usage = self.message.usage if self.message else None
        if usage is None:
            return 0
        parts = (usage.input_tokens, usage.cache_read_input_tokens, usage.cache_creation_input_tokens)
        return sum(bounds.count(part) or 0 for part in parts)

    @property
    def answers(self) -> list[str]:
        """Ids of the calls that a user's line holds results of."""
        ids = [b.get("tool_use_id") for b in self.blocks if isinstance(b, dict) and b.get("type") == "tool_result"]
        return [one for one in ids if isinstance(one, str)]

    @property
    def stated(self) -> Stated:
        """What the program notes of the line's one result; nothing where it has several, or is no object."""
        noted = bytes(self.line.toolUseResult) or bytes(self.line.tool_use_result)
        return _noted(_STATED, noted) or Stated() if len(self.answers) == 1 else Stated()

    @property
    def starts(self) -> tuple[str, str] | None:
        """A sub-agent and the call that started it, where the line names both."""
        agent: Any = None
        call: Any = None
        if self.kind == "progress":
            shown = _noted(_PROGRESS, bytes(self.line.data))
            agent, call = shown and shown.agentId, self.line.parentToolUseID
        elif self.kind == "user" and (answers := self.answers):
            agent, call = self.stated.agentId, answers[0]
        return (agent, call) if isinstance(agent, str) and isinstance(call, str) else None


def _noted(decoder: msgspec.json.Decoder[T], data: bytes) -> T | None:
    """What stands beside the message, which a fault in it does not cost."""
    with contextlib.suppress(msgspec.MsgspecError, UnicodeError, RecursionError):
        return decoder.decode(data) if data[:1] == b"{" else None
    return None


def entry(record: Record, file: str | None) -> Entry:
    """Decode a line. Raises one of ``BAD_RECORD``, ValidationError for what is no line of a session."""
    line = decode(_LINE, record.data)
    raw = bytes(line.message)
    message = None
    if line.type in {"user", "assistant", None} and raw:
        message = decode(_MESSAGE, raw)
    elif line.type in {"user", "assistant"}:
        raise msgspec.ValidationError(f"a line of type `{line.type}` without a message")
    elif line.type == "summary" and raw[:1] == b"{":
        message = decode(_MESSAGE, raw)
    kind = line.type or (message.role if message else None)
    if kind is None:
        raise msgspec.ValidationError("no line of a session: it has neither type nor message")
    if kind == "user" and message and message.content is None:
        raise msgspec.ValidationError("a user's message without content")
    return Entry(line, message, kind, record, file, values.micros(line.timestamp))
