"""Codex CLI rollouts: one session a file, ``rollout-<time>-<id>.jsonl``.

Written by OpenAI's Codex (https://github.com/openai/codex, ``codex-rs/protocol``): lines ``{"timestamp", "type",
"payload"}`` with ``session_meta``, ``turn_context``, ``response_item`` (what went to and came from the model),
``event_msg`` (what the user interface was told) and ``compacted``. Messages and reasoning stand in the file twice, as
item and as event: an event is taken only where no item says the same.

Marker: a line with such a ``type`` and an object as ``payload``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from reroute.formats import _codex_results, _content
from reroute.formats._decode import BAD_RECORD, decode, rejected
from reroute.formats._document import Document
from reroute.formats._steps import Steps
from reroute.trace import Rejected, Role, Step, Trajectory

NAME = "codex-cli"
VERSION = 1
UNIT: Literal["record", "file"] = "file"

_LINES = {"session_meta", "turn_context", "response_item", "event_msg", "compacted"}
_TWICE: dict[str, tuple[Role, Literal["message", "reasoning"]]] = {
    "user_message": ("user", "message"),
    "agent_message": ("assistant", "message"),
    "agent_reasoning": ("assistant", "reasoning"),
    "agent_reasoning_raw_content": ("assistant", "reasoning"),
}
_EVENTS = {"turn_aborted", "error", "stream_error", "thread_rolled_back"}
_INJECTED = ("<environment_context>", "<user_instructions>", "# AGENTS.md instructions", "<turn_aborted>", "<skill>")
_REQUEST = "## My request for Codex:"


class _Payload(msgspec.Struct):
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
    sandbox_policy: Any = None
    cwd: str | None = None
    cli_version: str | None = None
    originator: str | None = None
    git: dict[str, Any] | None = None
    instructions: Any = None
    base_instructions: Any = None
    input_tokens: int | None = None
    output_tokens: int | None = None


class _Line(msgspec.Struct):
    type: str
    payload: _Payload
    timestamp: str | None = None


_LINE = msgspec.json.Decoder(_Line)


def matches(document: Document) -> bool:
    """A line of the declared types with a payload."""
    return any(
        isinstance(value, dict) and value.get("type") in _LINES and isinstance(value.get("payload"), dict)
        for value in document.head
    )


def read(document: Document) -> Iterator[Trajectory | Rejected]:
    """The session, if it holds at least one step."""
    lines: list[tuple[int, _Line]] = []
    for record in document.records():
        if isinstance(record, Rejected):
            yield record
            continue
        try:
            lines.append((record.index, decode(_LINE, record.data)))
        except BAD_RECORD as error:
            yield rejected(record, error)
    session = _Session(lines)
    if session.steps.done:
        yield session.trajectory()
    elif lines:
        kinds = ", ".join(sorted({line.payload.type or line.type for _, line in lines}))
        yield Rejected(index=-1, offset=0, reason=f"no message and no call in this session: {kinds} alone")


class _Session:
    """The steps of one rollout, and the facts that its lines state on the way."""

    def __init__(self, lines: list[tuple[int, _Line]]) -> None:
        self.steps = Steps()
        self.meta: _Payload | None = None
        self.context = _Payload()
        self.policy: str | None = None
        self.policies: list[str] = []
        self.task: str | None = None
        self.skipped: Counter[str] = Counter()
        self.first = lines[0][0] if lines else 0
        self.times = [at for _, line in lines if (at := _content.micros(line.timestamp))]
        self._responding = False
        self._said = Counter(key for _, line in lines if line.type == "response_item" for key in _texts(line.payload))
        self._turn_start: Step | None = None
        self._waiting: dict[str, Any] | None = None
        self._total: object = None
        for index, line in lines:
            self._line(index, line)

    def trajectory(self) -> Trajectory:
        meta = self.meta or _Payload()
        git = meta.git or {}
        cwd = meta.cwd or self.context.cwd
        repository = git.get("repository_url")
        facts = {
            "cwd": cwd, "agent_version": meta.cli_version, "originator": meta.originator,
            "repository": repository, "branch": git.get("branch"), "commit": git.get("commit_hash"),
            "approval_policy": self.policies[0] if self.policies else None,
            "records_passed_by": dict(sorted(self.skipped.items())),
        }  # fmt: skip
        return Trajectory(
            format=NAME,
            steps=self.steps.done,
            run_id=meta.id,
            task=self.task,
            agent="codex",
            model=self.context.model,
            started_at=min(self.times, default=None),
            ended_at=max(self.times, default=None),
            split_group=repository if isinstance(repository, str) else cwd,
            metadata={name: value for name, value in facts.items() if value},
            source_index=self.first,
        )

    def _line(self, index: int, line: _Line) -> None:
        at, payload = _content.micros(line.timestamp), line.payload
        if payload.type == "token_count":
            self._count(payload)
        elif line.type == "response_item":
            self._item(payload, index, at)
        elif line.type == "event_msg":
            self._event(payload, index, at)
        elif line.type == "turn_context":
            self._turn_context(payload, index, at)
        elif line.type == "session_meta":
            self.meta = self.meta or payload
        elif line.type == "compacted":
            self._responding = False
            text = payload.message or "the conversation was compacted"
            self.steps.add("system", "event", f"compacted: {text}", index, "/payload/message", at=at)
        else:
            self.skipped[line.type] += 1

    def _turn_context(self, payload: _Payload, index: int, at: int | None) -> None:
        self.context = payload if payload.model or payload.cwd else self.context
        policy = payload.approval_policy
        policy = policy if policy is None or isinstance(policy, str) else _content.json_text(policy)
        if policy and self.policies[-1:] != [policy]:
            if self.policies:
                text = f"approval_policy: {self.policies[-1]} -> {policy}"
                self.steps.add("system", "event", text, index, "/payload/approval_policy", at=at)
            self.policies.append(policy)

    def _item(self, payload: _Payload, index: int, at: int | None) -> None:
        kind = payload.type or ("message" if payload.role else "")
        if kind == "message":
            text, media = _message(payload.content)
            self._message(payload.role, text, media, index, at)
        elif kind == "reasoning":
            texts = [text for _, text in _texts(payload)]
            self._respond(None)
            if texts:
                self._said_by_model("reasoning", "\n\n".join(texts), index, at)
        elif kind.endswith(("_output", "_result")):
            self._responding = False
            self._result(payload, index, at)
        elif kind.endswith("_call"):
            self._call(kind, payload, index, at)
        else:
            self.skipped[kind or "response_item"] += 1

    def _message(self, role: str | None, text: str | None, media: list[str], index: int, at: int | None) -> None:
        if role == "assistant":
            self._said_by_model("message", text, index, at, media)
            return
        self._responding = False
        injected = role == "user" and text is not None and text.lstrip().startswith(_INJECTED)
        place = "developer" if injected or role == "developer" else "system" if role == "system" else "user"
        if place == "user" and self.task is None and text:
            self.task = text.rpartition(_REQUEST)[2].strip()
        self.steps.add(place, "message", text, index, "/payload/content", at=at, media=media)

    def _said_by_model(
        self, kind: Literal["message", "reasoning"], text: str | None, index: int, at: int | None,
        media: list[str] | None = None,
    ) -> None:  # fmt: skip
        self._respond(None)
        model, effort = self.context.model, self.context.effort
        self._respond(
            self.steps.add("assistant", kind, text, index, "/payload", at=at, media=media, model=model, effort=effort)
        )

    def _call(self, kind: str, payload: _Payload, index: int, at: int | None) -> None:
        self._respond(None)
        tool, arguments = _codex_results.call(kind, payload.name, payload)
        step = self.steps.call(
            tool, arguments, payload.call_id or payload.id, index, "/payload",
            at=at, model=self.context.model, effort=self.context.effort,
        )  # fmt: skip
        self._respond(step)
        if kind in _codex_results.ANSWERED_INSIDE:
            status = _codex_results.stated(payload.status)
            self.steps.result(None, step.call_id, index, "/payload/status", status=status, at=at)

    def _result(self, payload: _Payload, index: int, at: int | None) -> None:
        output = payload.output if payload.output is not None else payload.tools
        seen = _codex_results.result(output)
        self.steps.result(
            seen.content, payload.call_id or payload.id, index, "/payload/output",
            status=seen.status, exit_code=seen.exit_code, approval=seen.approval, approved_by=seen.approved_by,
            at=at, duration_ms=seen.duration_ms, media=list(seen.media),
        )  # fmt: skip

    def _event(self, payload: _Payload, index: int, at: int | None) -> None:
        kind = payload.type or ""
        if kind in _TWICE:
            role, sort = _TWICE[kind]
            text = payload.message or payload.text or ""
            if self._said[(sort, text.strip())] > 0:
                self._said[(sort, text.strip())] -= 1
            elif role == "user":
                self._message(role, text, [], index, at)
            else:
                self._said_by_model(sort, text, index, at)
        elif kind in _EVENTS:
            self._responding = False
            detail = payload.reason or payload.message
            status: Literal["error", "unknown"] = "error" if "error" in kind else "unknown"
            text = f"{kind}: {detail}" if detail else kind
            self.steps.add("system", "event", text, index, "/payload", at=at, status=status)
        else:
            self.skipped[kind or "event_msg"] += 1

    def _respond(self, step: Step | None) -> None:
        """Begin a response unless one is under way; its first step carries the tokens."""
        if not self._responding:
            self._responding, self._turn_start = True, None
            self.steps.respond()
        if step is not None and self._turn_start is None:
            self._turn_start = step
            if self._waiting:
                _spend(step, self._waiting)
                self._waiting = None

    def _count(self, payload: _Payload) -> None:
        """Tokens of the response just read, or, as older releases write them, of the one that follows."""
        usage = (payload.info or {}).get("last_token_usage")
        total = (payload.info or {}).get("total_token_usage")
        if payload.input_tokens is not None:
            usage = {"input_tokens": payload.input_tokens, "output_tokens": payload.output_tokens}
        if not isinstance(usage, dict) or (total is not None and total == self._total):
            return
        self._total = total
        if self._turn_start is not None and self._turn_start.input_tokens is None:
            _spend(self._turn_start, usage)
        else:
            self._waiting = usage


def _spend(step: Step, usage: dict[str, Any]) -> None:
    step.input_tokens = _number(usage.get("input_tokens"))
    step.output_tokens = _number(usage.get("output_tokens"))
    step.reasoning_tokens = _number(usage.get("reasoning_output_tokens"))
    step.cached_tokens = _number(usage.get("cached_input_tokens"))


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _message(content: object) -> tuple[str | None, list[str]]:
    if isinstance(content, list):
        return _content.text_and_media(content)
    return (content if content is None or isinstance(content, str) else _content.json_text(content)), []


def _texts(payload: _Payload) -> list[tuple[str, str]]:
    """What an item says, as an event would: kind and text."""
    if payload.type == "reasoning":
        parts = [*(_list(payload.content) or []), *(_list(payload.summary) or [])]
        return [("reasoning", text.strip()) for part in parts if (text := _content.text_and_media([part])[0])]
    if payload.type == "message" or payload.role:
        return [("message", text.strip())] if (text := _message(payload.content)[0]) else []
    return []


def _list(value: object) -> list[Any] | None:
    return value if isinstance(value, list) else None
