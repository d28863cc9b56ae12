"""One Claude Code session: its lines in order, as steps."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import msgspec

from reroute.formats._reading import bounds, values
from reroute.formats._reading.decode import decode
from reroute.formats._reading.steps import Facts, Steps
from reroute.formats.claude_code import harness
from reroute.trace import Step, Trajectory

_HARNESS_EVENTS = {"compact_boundary", "api_error", "microcompact_boundary"}


class _Usage(msgspec.Struct, gc=False):
    input_tokens: Any = None
    output_tokens: Any = None
    cache_read_input_tokens: Any = None
    cache_creation_input_tokens: Any = None


class _Message(msgspec.Struct):
    role: str | None = None
    id: str | None = None
    model: str | None = None
    content: str | list[dict[str, Any] | str] | None = None
    stop_reason: str | None = None
    usage: _Usage | None = None


class Line(msgspec.Struct):
    """A line of a session; the names are the source's."""

    type: str | None = None
    subtype: str | None = None
    message: msgspec.Raw = msgspec.Raw(b"")
    uuid: str | None = None
    parentUuid: str | None = None  # noqa: N815
    sessionId: str | None = None  # noqa: N815
    agentId: str | None = None  # noqa: N815
    timestamp: Any = None
    isSidechain: bool = False  # noqa: N815
    isMeta: bool = False  # noqa: N815
    isCompactSummary: bool = False  # noqa: N815
    isApiErrorMessage: bool = False  # noqa: N815
    content: Any = None
    error: Any = None
    apiErrorStatus: Any = None  # noqa: N815
    cwd: str | None = None
    version: str | None = None
    gitBranch: str | None = None  # noqa: N815
    costUSD: Any = None  # noqa: N815
    requestId: str | None = None  # noqa: N815


_MESSAGE = msgspec.json.Decoder(_Message)


class Session:
    """The steps of one session, and what its lines state on the way."""

    def __init__(self, stem: str) -> None:
        self.stem = stem
        """Name of the file without its ending: a sub-agent's own file is named after the agent."""
        self.steps = Steps()
        self.skipped: Counter[str] = Counter()
        self._stated: dict[str, str] = {}
        self._first_index: int | None = None
        self._first_is_side = False
        self._times: list[int] = []
        self._task: str | None = None
        self._model: str | None = None
        self._seen: set[str] = set()
        self._lanes: dict[str, str] = {}
        self._responses: dict[str, _Response] = {}
        self._errands: dict[str, int] = {}

    def trajectory(self, name: str, session_id: str | None) -> Trajectory:
        """The session so far. A sub-agent's own file is a run of its own, named after both."""
        alone = self._first_is_side and self.stem.startswith("agent-")
        facts = {
            **self._stated,
            "parent_session": session_id if alone else None,
            "records_passed_by": dict(sorted(self.skipped.items())),
        }  # fmt: skip
        return Trajectory(
            format=name,
            steps=self.steps.done,
            run_id=f"{session_id}/{self.stem}" if alone and session_id else session_id,
            task=self._task,
            agent="claude-code",
            model=self._model,
            started_at=min(self._times, default=None),
            ended_at=max(self._times, default=None),
            split_group=self._stated.get("cwd"),
            metadata={key: value for key, value in facts.items() if value},
            source_index=self._first_index or 0,
        )

    def add(self, line: Line, index: int) -> None:
        """Take in the next line. Raises ValidationError where it is none of a session's."""
        message = self._message(line)
        kind = line.type or (message.role if message else None)
        if kind is None:
            raise msgspec.ValidationError("no line of a session: it has neither type nor message")
        if line.uuid in self._seen:
            self.skipped["repeated line"] += 1
            return
        lane = "main"
        if line.isSidechain:  # named by its agent, else counted in order of appearance
            counted = self._lanes.get(line.parentUuid or "") or f"sidechain-{len(set(self._lanes.values())) + 1}"
            lane = f"agent-{line.agentId}" if line.agentId else counted
            if line.uuid and not line.agentId:
                self._lanes[line.uuid] = lane
        facts: Facts = {"lane": lane}
        if at := values.micros(line.timestamp):
            self._times.append(at)
            facts["started_at"] = at
        before, self.steps.index = len(self.steps.done), index
        self._take(kind, line, message, facts)
        if line.uuid:
            self._seen.add(line.uuid)
        for name, value in (("cwd", line.cwd), ("agent_version", line.version), ("branch", line.gitBranch)):
            if value:
                self._stated.setdefault(name, value)
        if self._first_index is None and len(self.steps.done) > before:
            self._first_index, self._first_is_side = index, line.isSidechain

    @staticmethod
    def _message(line: Line) -> _Message | None:
        """The message of a line that must have one, or of a summary; other lines may call anything a message."""
        data = bytes(line.message)
        if line.type in {"user", "assistant", None} and data:
            return decode(_MESSAGE, data)
        if line.type in {"user", "assistant"}:
            raise msgspec.ValidationError(f"a line of type `{line.type}` without a message")
        return decode(_MESSAGE, data) if line.type == "summary" and data[:1] == b"{" else None

    def _take(self, kind: str, line: Line, message: _Message | None, facts: Facts) -> None:
        if message and kind == "assistant":
            self._assistant(line, message, facts)
        elif message and kind == "user":
            self._user(line, message, facts)
        elif kind == "system" and line.subtype in _HARNESS_EVENTS:
            text = line.content if isinstance(line.content, str) else None
            detail = values.json_text(line.error) if line.error is not None else None
            step = self.steps.add("system", "event", ": ".join(filter(None, (line.subtype, text, detail))), "", **facts)
            if line.subtype == "api_error":
                step.status, step.http_status = "error", harness.http_status(step.content or "")
        elif kind == "summary" and message and isinstance(message.content, str):
            self.steps.add("system", "event", f"compacted: {message.content}", "/message/content", **facts)
        else:
            self.skipped[f"{kind}/{line.subtype}" if line.subtype else kind] += 1

    def _assistant(self, line: Line, message: _Message, facts: Facts) -> None:
        content = message.content
        blocks = [content] if isinstance(content, str) else content or []
        if line.isApiErrorMessage or message.model == "<synthetic>":
            # The harness speaks in the model's place, mostly because the request failed.
            text = values.text_and_media(blocks)[0] or ""
            step = self.steps.add("system", "event", text, "/message/content", **facts)
            if line.isApiErrorMessage or text.startswith("API Error"):
                step.status, step.http_status = "error", line.apiErrorStatus or harness.http_status(text)
            return
        self._model = self._model or message.model
        key = message.id or line.requestId
        response = (self._responses.get(key) if key else None) or _Response(self.steps.respond())
        facts |= {"turn": response.turn, "model": message.model}
        before = len(self.steps.done)
        for position, block in enumerate(blocks):
            self._block(block, f"/message/content/{position}", facts)
        if len(self.steps.done) == before:
            self.steps.add("assistant", "message", None, "/message/content", **facts)
        response.spend(self.steps.done[before], message.usage, line.costUSD)
        if key:
            self._responses[key] = response
        if message.stop_reason in {"max_tokens", "model_context_window_exceeded"}:
            reason = f"stop_reason: {message.stop_reason}"
            self.steps.add("assistant", "event", reason, "/message/stop_reason", **facts)

    def _block(self, block: dict[str, Any] | str, pointer: str, facts: Facts) -> None:
        kind = "text" if isinstance(block, str) else str(block.get("type"))
        if isinstance(block, str):
            self.steps.add("assistant", "message", block, pointer, **facts)
        elif kind.endswith("tool_use"):
            given = block.get("input")
            arguments = values.json_text({} if given is None else given)
            call = self.steps.call(
                values.text(block.get("name")), arguments, values.text(block.get("id")), pointer, **facts
            )
            if isinstance(given, dict) and isinstance(given.get("prompt"), str):
                self._errands[given["prompt"].strip()] = call.step
        elif kind.endswith("tool_result"):
            self._result(block, pointer, facts)
        elif kind not in {"thinking", "redacted_thinking"}:
            text, media = values.text_and_media([block])
            self.steps.add("assistant", "message", text, pointer, **facts).media = media
        elif block.get("thinking"):
            self.steps.add("assistant", "reasoning", values.text(block["thinking"]), pointer, **facts)

    def _user(self, line: Line, message: _Message, facts: Facts) -> None:
        """Results of tools, then what a person or the harness says; a side chain's prompt names the call it is of."""
        content = message.content
        if content is None:
            raise msgspec.ValidationError("a user's message without content")
        spoken: list[dict[str, Any] | str] = []
        for position, block in enumerate([content] if isinstance(content, str) else content):
            if isinstance(block, dict) and block.get("type") == "tool_result":
                self._result(block, f"/message/content/{position}", facts)
            else:
                spoken.append(block)
        for group in harness.grouped(spoken):
            given, media = values.text_and_media(group)
            text, stated = given or "", facts | {"media": media}
            if text.startswith(harness.INTERRUPTED):
                self.steps.add("user", "event", text, "/message/content", **stated)
                continue
            if line.isCompactSummary:
                self.steps.add("system", "event", f"compacted: {text}", "/message/content", **stated)
                continue
            injected = line.isMeta or harness.injected(text)
            if not injected:
                self._task = self._task or harness.request(text)
            step = self.steps.add("developer" if injected else "user", "message", text, "/message/content", **stated)
            if step.lane != "main":
                step.parent_step = self._errands.get(text.strip())

    def _result(self, block: dict[str, Any], pointer: str, facts: Facts) -> None:
        text, stated = harness.result(block)
        self.steps.result(text, values.text(block.get("tool_use_id")), pointer, **(facts | stated))


@dataclass
class _Response:
    """One model response over its lines: each repeats the usage so far, each step carries what is new in it."""

    turn: int
    _input: int = 0
    _cached: int = 0
    _output: int = 0

    def spend(self, step: Step, usage: _Usage | None, cost: Any) -> None:
        step.cost_usd = cost
        plain = bounds.count(usage.input_tokens) if usage else None
        if usage is None or plain is None:
            return
        cached = bounds.count(usage.cache_read_input_tokens) or 0
        taken = plain + cached + (bounds.count(usage.cache_creation_input_tokens) or 0)
        given = bounds.count(usage.output_tokens) or 0
        step.input_tokens = taken - self._input or None
        step.cached_tokens = cached - self._cached or None
        step.output_tokens = given - self._output or None
        self._input, self._cached, self._output = taken, cached, given
