"""One Claude Code session: its lines in order, as steps."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import msgspec

from reroute.formats import _claude_results, _content
from reroute.formats._steps import Steps
from reroute.trace import Role, Step, Trajectory

_HARNESS = re.compile(
    r"\A\s*(?:<system-reminder>|<local-command-|Caveat: The messages below were generated|<environment_context>"
    r"|<task-notification>|<bash-(?:std|input)|This session is being continued from a previous conversation)"
)
_INTERRUPTED = "[Request interrupted by user"
_COMMAND = re.compile(r"<command-name>(.*?)</command-name>", re.DOTALL)
_ARGUMENTS = re.compile(r"<command-args>(.*?)</command-args>", re.DOTALL)
_LOCAL = {
    "/clear", "/compact", "/config", "/context", "/cost", "/doctor", "/exit", "/help", "/hooks", "/ide", "/login",
    "/logout", "/mcp", "/memory", "/model", "/permissions", "/resume", "/status", "/agents", "/add-dir", "/usage",
}  # fmt: skip
_TOLD = {"compact_boundary", "api_error", "microcompact_boundary"}


class _Usage(msgspec.Struct, gc=False):
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None


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
    message: _Message | None = None
    uuid: str | None = None
    parentUuid: str | None = None  # noqa: N815
    sessionId: str | None = None  # noqa: N815
    agentId: str | None = None  # noqa: N815
    timestamp: str | None = None
    isSidechain: bool = False  # noqa: N815
    isMeta: bool = False  # noqa: N815
    isCompactSummary: bool = False  # noqa: N815
    isApiErrorMessage: bool = False  # noqa: N815
    content: Any = None
    error: Any = None
    cwd: str | None = None
    version: str | None = None
    gitBranch: str | None = None  # noqa: N815
    costUSD: float | None = None  # noqa: N815
    requestId: str | None = None  # noqa: N815


class Session:
    """The steps of one session, and what its lines state on the way."""

    def __init__(self, stem: str) -> None:
        self.stem = stem
        self.steps = Steps()
        self.skipped: Counter[str] = Counter()
        self._first: Line | None = None
        self._first_index = 0
        self._times: list[int] = []
        self._task: str | None = None
        self._model: str | None = None
        self._seen: set[str] = set()
        self._lanes: dict[str, str] = {}
        self._responses: dict[str, Step] = {}
        self._errands: dict[str, int] = {}

    def trajectory(self, name: str, session_id: str | None) -> Trajectory:
        """The session so far. A sub-agent's own file is a run of its own, named after both."""
        first = self._first or Line()
        alone = first.isSidechain and self.stem.startswith("agent-")
        run_id = f"{session_id}/{self.stem}" if alone and session_id else session_id
        facts = {
            "cwd": first.cwd, "agent_version": first.version, "branch": first.gitBranch,
            "parent_session": session_id if alone else None,
            "records_passed_by": dict(sorted(self.skipped.items())),
        }  # fmt: skip
        return Trajectory(
            format=name,
            steps=self.steps.done,
            run_id=run_id,
            task=self._task,
            agent="claude-code",
            model=self._model,
            started_at=min(self._times, default=None),
            ended_at=max(self._times, default=None),
            split_group=first.cwd,
            metadata={key: value for key, value in facts.items() if value},
            source_index=self._first_index,
        )

    def add(self, line: Line, index: int) -> None:
        """Take in the next line. Raises ValidationError where it is none of a session's."""
        kind = line.type or (line.message.role if line.message else None)
        if kind in {"user", "assistant"} and line.message is None:
            raise msgspec.ValidationError(f"a line of type `{kind}` without a message")
        if kind is None:
            raise msgspec.ValidationError("no line of a session: it has neither type nor message")
        if line.uuid in self._seen:
            self.skipped["repeated line"] += 1
            return
        if line.uuid:
            self._seen.add(line.uuid)
        at = _content.micros(line.timestamp)
        if at:
            self._times.append(at)
        before = len(self.steps.done)
        self._take(kind, line, index, at)
        if self._first is None and len(self.steps.done) > before:
            self._first, self._first_index = line, index

    def _take(self, kind: str, line: Line, index: int, at: int | None) -> None:
        message = line.message
        if message and kind == "assistant":
            self._assistant(line, message, index, at)
        elif message and kind == "user":
            self._user(line, message, index, at)
        elif kind == "system" and line.subtype in _TOLD:
            text = line.content if isinstance(line.content, str) else None
            detail = _content.json_text(line.error) if line.error is not None else None
            words = ": ".join(filter(None, (line.subtype, text, detail)))
            failed = line.subtype == "api_error"
            self.steps.add("system", "event", words, index, "", at=at, lane=self._lane(line),
                           status="error" if failed else "unknown",
                           http_status=_claude_results.http_status(words) if failed else None)  # fmt: skip
        elif kind == "summary" and message and isinstance(message.content, str):
            self.steps.add("system", "event", f"compacted: {message.content}", index, "/message/content", at=at,
                           lane=self._lane(line))  # fmt: skip
        else:
            self.skipped[f"{kind}/{line.subtype}" if line.subtype else kind] += 1

    def _assistant(self, line: Line, message: _Message, index: int, at: int | None) -> None:
        lane = self._lane(line)
        content, base = message.content, "/message/content"
        blocks = [content] if isinstance(content, str) else content or []
        if line.isApiErrorMessage or message.model == "<synthetic>":
            text = _content.text_and_media(blocks)[0] or ""
            failed = line.isApiErrorMessage or text.startswith("API Error")
            self.steps.add("system", "event", text, index, base, at=at, lane=lane,
                           status="error" if failed else "unknown",
                           http_status=_claude_results.http_status(text) if failed else None)  # fmt: skip
            return
        self._model = self._model or message.model
        key = message.id or line.requestId
        start = self._responses.get(key) if key else None
        turn = start.turn if start else self.steps.respond()
        before = len(self.steps.done)
        for position, block in enumerate(blocks):
            self._block(block, lane, turn, message.model, index, f"{base}/{position}", at)
        if start is None and len(self.steps.done) == before:
            self.steps.add("assistant", "message", None, index, base, at=at, lane=lane, turn=turn, model=message.model)
        start = start or self.steps.done[before]
        if key:
            self._responses[key] = start
        _spend(start, message.usage, line.costUSD)
        if message.stop_reason in {"max_tokens", "model_context_window_exceeded"}:
            reason = f"stop_reason: {message.stop_reason}"
            self.steps.add("assistant", "event", reason, index, "/message/stop_reason", at=at, lane=lane, turn=turn)

    def _block(
        self, block: dict[str, Any] | str, lane: str, turn: int, model: str | None, index: int, pointer: str,
        at: int | None,
    ) -> None:  # fmt: skip
        kind = "text" if isinstance(block, str) else block.get("type")
        if isinstance(block, dict) and kind in {"tool_use", "server_tool_use", "mcp_tool_use"}:
            given = block.get("input")
            call = self.steps.call(
                _text(block.get("name")), _content.json_text({} if given is None else given), _text(block.get("id")),
                index, pointer, lane=lane, turn=turn, model=model, at=at,
            )  # fmt: skip
            if isinstance(given, dict) and isinstance(given.get("prompt"), str):
                self._errands[given["prompt"].strip()] = call.step
        elif isinstance(block, dict) and isinstance(kind, str) and kind.endswith("tool_result"):
            self._result(block, index, pointer, lane, at)
        elif isinstance(block, dict) and kind in {"thinking", "redacted_thinking"}:
            if block.get("thinking"):
                self.steps.add("assistant", "reasoning", _text(block["thinking"]), index, pointer,
                               at=at, lane=lane, turn=turn, model=model)  # fmt: skip
        else:
            text, media = _content.text_and_media([block])
            self.steps.add("assistant", "message", text, index, pointer,
                           at=at, lane=lane, turn=turn, model=model, media=media)  # fmt: skip

    def _user(self, line: Line, message: _Message, index: int, at: int | None) -> None:
        content, base = message.content, "/message/content"
        if content is None:
            raise msgspec.ValidationError("a user's message without content")
        lane, loose = self._lane(line), []
        for position, block in enumerate([content] if isinstance(content, str) else content):
            if isinstance(block, dict) and block.get("type") == "tool_result":
                self._result(block, index, f"{base}/{position}", lane, at)
            else:
                loose.append(block)
        for group in _grouped(loose):
            self._say(line, *_content.text_and_media(group), lane, index, at)

    def _say(self, line: Line, text: str | None, media: list[str], lane: str, index: int, at: int | None) -> None:
        words = text or ""
        if words.startswith(_INTERRUPTED):
            self.steps.add("user", "event", text, index, "/message/content", at=at, lane=lane)
            return
        if line.isCompactSummary:
            self.steps.add("system", "event", f"compacted: {words}", index, "/message/content", at=at, lane=lane)
            return
        injected = line.isMeta or _HARNESS.match(words) is not None
        role: Role = "developer" if injected else "user"
        parent = self._errands.get(words.strip()) if lane != "main" else None
        if self._task is None and not injected:
            self._task = _request(words)
        self.steps.add(role, "message", text, index, "/message/content", at=at, lane=lane, media=media, parent=parent)

    def _result(self, block: dict[str, Any], index: int, pointer: str, lane: str, at: int | None) -> None:
        seen = _claude_results.result(block)
        self.steps.result(
            seen.content, _text(block.get("tool_use_id")), index, pointer, status=seen.status, exit_code=seen.exit_code,
            http_status=seen.http_status, approval=seen.approval, approved_by=seen.approved_by, lane=lane, at=at,
            media=list(seen.media),
        )  # fmt: skip

    def _lane(self, line: Line) -> str:
        """``main``, or the side chain's: named by its agent, else counted in order of appearance."""
        if not line.isSidechain:
            return "main"
        if line.agentId:
            return f"agent-{line.agentId}"
        lane = self._lanes.get(line.parentUuid or "")
        if lane is None:
            lane = f"sidechain-{len(set(self._lanes.values())) + 1}"
        if line.uuid:
            self._lanes[line.uuid] = lane
        return lane


def _spend(step: Step, usage: _Usage | None, cost: float | None) -> None:
    """Each line of a response repeats its usage so far: the last one stands."""
    if usage is not None:
        cached, made = usage.cache_read_input_tokens or 0, usage.cache_creation_input_tokens or 0
        step.input_tokens = None if usage.input_tokens is None else usage.input_tokens + cached + made
        step.cached_tokens = usage.cache_read_input_tokens
        step.output_tokens = usage.output_tokens
    step.cost_usd = cost if cost is not None else step.cost_usd


def _grouped(blocks: list[dict[str, Any] | str]) -> list[list[dict[str, Any] | str]]:
    """A person's blocks together, each of the harness's alone."""
    own: list[dict[str, Any] | str] = []
    groups: list[list[dict[str, Any] | str]] = []
    for block in blocks:
        text = block if isinstance(block, str) else block.get("text")
        if isinstance(text, str) and (_HARNESS.match(text) or text.startswith(_INTERRUPTED)):
            groups.append([block])
        else:
            own.append(block)
    return ([own] if own else []) + groups


def _request(text: str) -> str | None:
    """What the person asked for: a slash command with its arguments, or the words; None for a command to the program."""
    if (command := _COMMAND.search(text)) is None:
        return text.strip() or None
    name, given = command.group(1).strip(), _ARGUMENTS.search(text)
    return None if name in _LOCAL else f"{name} {given.group(1).strip() if given else ''}".strip()


def _text(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else _content.json_text(value)
