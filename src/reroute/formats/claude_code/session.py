"""One Claude Code session: its lines in order, as steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reroute.formats._reading import bounds, values
from reroute.formats._reading.steps import Facts, Steps
from reroute.formats.claude_code import harness
from reroute.formats.claude_code.calls import Calls
from reroute.formats.claude_code.lines import Entry, Line, Stated
from reroute.formats.claude_code.responses import Response
from reroute.formats.claude_code.tree import lane_of
from reroute.trace import Step, Trajectory

_HARNESS_EVENTS = {"compact_boundary", "api_error", "api_retry", "microcompact_boundary"}


@dataclass
class Session:
    """The steps of one session, and what its lines state on the way."""

    starts: Mapping[str, str]
    """The call that started each sub-agent, by the agent's id."""
    ids: list[str] = field(default_factory=list)
    """Session ids of its lines, in order: a resumed session has one more."""
    steps: Steps = field(default_factory=Steps)
    _stated: dict[str, object] = field(default_factory=dict)
    _first: Entry | None = None
    _times: list[int] = field(default_factory=list)
    _task: str | None = None
    _model: str | None = None
    _tools: str | None = None
    _side_lanes: dict[str, str] = field(default_factory=dict)
    """Lane of each line of a side chain that names no agent, by uuid."""
    _responses: dict[str, Response] = field(default_factory=dict)
    _own_lane: str = ""
    """Lane of the first line: a sub-agent's file that is read alone has no other."""
    _lanes: set[str] = field(default_factory=set)
    _spent: float = 0.0
    _forked_from: str | None = None

    def __post_init__(self) -> None:
        self.calls = Calls(self.steps)

    def trajectory(self, name: str, stem: str) -> Trajectory:
        """The session so far. A sub-agent's file that is read alone is a run of its own, named after both."""
        session_id = self.ids[-1] if self.ids else None
        aside = self._first is not None and self._first.line.isSidechain and "main" not in self._lanes
        named = stem.startswith("agent-")
        alone = aside and (named or (stem not in self.ids and bool(self._first and self._first.line.agentId)))
        facts = {**self._stated, "parent_session": session_id if alone else None}
        return Trajectory(
            format=name,
            steps=self.steps.done,
            run_id=f"{session_id}/{stem if named else self._own_lane}" if alone and session_id else session_id,
            parent_run=session_id if alone else self._forked_from or (self.ids[0] if len(self.ids) > 1 else None),
            file=self._first.file if self._first else None,
            task=self._task,
            agent="claude-code",
            model=self._model,
            started_at=min(self._times, default=None),
            ended_at=max(self._times, default=None),
            tools=self._tools,
            split_group=values.text(self._stated.get("cwd")),
            metadata={key: value for key, value in facts.items() if value},
            source_index=self._first.record.index if self._first else 0,
        )

    def add(self, one: Entry, branch: str | None, forked_at: dict[str, int]) -> str | None:
        """Take in the next line: of an abandoned branch, if it is named; ``forked_at`` is where lanes go on from.

        Returns why the line became no step; None where it became one or more.
        """
        line, before = one.line, len(self.steps.done)
        if line.session and line.session not in self.ids:
            self.ids.append(line.session)
        lane = branch or self._lane(one)
        self._own_lane = self._own_lane or lane
        facts: Facts = {"lane": lane}
        if one.at:
            self._times.append(one.at)
            facts["started_at"] = one.at
        copied = line.forked_from("messageUuid")
        self._forked_from = self._forked_from or line.forked_from("sessionId")
        if copied or line.uuid:
            facts["record_id"] = copied or line.uuid
        self.steps.index, self.steps.file = one.record.index, one.file
        reason = self._take(one, facts)
        for name, value in (("cwd", line.cwd), ("agent_version", line.version), ("branch", line.gitBranch)):
            if value:
                self._stated.setdefault(name, value)
        added = self.steps.done[before:]
        if not added:
            return reason or "no content"
        self._first = self._first or one
        first = next((step for step in added if step.lane == lane), None)
        if lane not in self._lanes and first is not None:
            self._lanes.add(lane)
            first.forked_at = forked_at.get(lane)
            if branch is None and lane.startswith(("agent-", "sidechain-")):
                call = self.calls.find(self.starts.get(line.agentId or ""), line.parent_tool_use_id)
                first.parent_step = first.parent_step if call is None else call
        return None

    def last_step(self) -> int | None:
        """Number of the last step so far; None before the first."""
        return len(self.steps.done) - 1 if self.steps.done else None

    def _take(self, one: Entry, facts: Facts) -> str | None:
        """Add the line's steps; why there are none, where there are none."""
        line, message = one.line, one.message
        if message and one.kind == "assistant":
            self._assistant(one, facts)
        elif message and one.kind == "user":
            return self._user(one, facts)
        elif one.kind == "system":
            return self._system(line, facts)
        elif one.kind == "summary" and message and isinstance(message.content, str):
            self.steps.add("system", "event", f"compacted: {message.content}", "/message/content", **facts)
        elif one.kind == "attachment" and isinstance(line.attachment, dict):
            return self._attachment(line.attachment, facts)
        elif one.kind == "result":
            return self._ended(line, facts)
        else:
            return harness.PASSED_BY.get(one.kind, "no message")
        return None

    def _system(self, line: Line, facts: Facts) -> str | None:
        """What the program does or meets between messages."""
        if line.subtype in _HARNESS_EVENTS:
            text = line.content if isinstance(line.content, str) else None
            detail = None if line.error is None else values.text(line.error)
            step = self.steps.add("system", "event", ": ".join(filter(None, (line.subtype, text, detail))), "", **facts)
            if line.subtype in {"api_error", "api_retry"}:
                status = values.whole_number(line.error_status)
                step.status, step.http_status = "error", status or harness.http_status(step.content or "")
            return None
        if line.subtype == "task_notification" and harness.is_over(line.status):
            self._task_ended([line.task_id, line.tool_use_id], line.status, line.summary, facts)
            return None
        if line.subtype == "permission_denied":
            self.calls.denied(line)
        elif line.subtype == "init":
            self._model = self._model or line.model
            if isinstance(line.tools, list):
                self._tools = values.json_text(
                    [{"name": tool} if isinstance(tool, str) else tool for tool in line.tools]
                )
            return "tools and model of the run"
        return harness.PASSED_BY.get(line.subtype or "", "no message")

    def _task_ended(self, names: list[Any], status: Any, summary: Any, facts: Facts) -> None:
        """A notice that a command or an agent in the background has ended."""
        said = f"{status}: {summary}" if isinstance(summary, str) else str(status)
        step = self.steps.add("system", "event", f"task_notification: {said}", "", **facts)
        stated = harness.ended(status, None, summary)
        self.calls.ends(step, [name for name in names if isinstance(name, str)], stated)

    def _attachment(self, attachment: dict[str, Any], facts: Facts) -> str | None:
        """What the harness puts beside a message: a person's words that were typed while the agent worked, a hook's
        words, a command in the background that has ended.
        """
        if words := harness.hook_words(attachment):
            self._spoken("developer", words, "/attachment", facts)
            return None
        if attachment.get("type") == "task_status" and harness.is_over(attachment.get("status")):
            names, said = [attachment.get("taskId")], attachment.get("deltaSummary") or attachment.get("description")
            self._task_ended(names, attachment.get("status"), said, facts)
            return None
        prompt = attachment.get("prompt")
        if attachment.get("type") != "queued_command" or prompt is None:
            return "what the harness puts beside a message"
        text, media = values.content(prompt)
        role = "developer" if harness.injected(text or "") else "user"
        self._spoken(role, text or "", "/attachment/prompt", facts | {"media": media})
        return None

    def _ended(self, line: Line, facts: Facts) -> str | None:
        """The last record of ``stream-json``: how the session ended, and what it cost in all."""
        step: Step | None = None
        if line.subtype != "success":
            detail = "; ".join(map(str, line.errors)) if isinstance(line.errors, list) else None
            step = self.steps.add(
                "system", "event", ": ".join(filter(None, (line.subtype, detail))), "/subtype", **facts
            )
            step.status = "error"
        target = step or next((s for s in reversed(self.steps.done) if s.role == "assistant"), None)
        cost = bounds.usd(line.total_cost_usd)
        if target is not None and cost is not None:
            more = max(0.0, cost - self._spent)
            target.cost_usd, self._spent = (target.cost_usd or 0.0) + more, self._spent + more
        self.calls.denied_after_all(line.permission_denials)
        self._stated |= {"duration_ms": line.duration_ms} if bounds.is_number(line.duration_ms) else {}
        return "cost and duration of the run"

    def _assistant(self, one: Entry, facts: Facts) -> None:
        line, message = one.line, one.message
        assert message is not None
        if harness.speaks(one):
            text = values.text_and_media(one.blocks)[0] or ""
            step = self.steps.add("system", "event", text, "/message/content", **facts)
            if line.isApiErrorMessage or text.startswith("API Error"):
                step.status, step.http_status = "error", line.apiErrorStatus or harness.http_status(text)
            return
        self._model = self._model or message.model
        key = one.response and f"{message.id}\0{one.response}"
        response = (self._responses.get(key) if key else None) or Response(self.steps.respond())
        facts |= {"turn": response.turn, "model": message.model}
        before = len(self.steps.done)
        for position, block in enumerate(one.blocks):
            self._block(block, f"/message/content/{position}", facts)
        if len(self.steps.done) == before:
            self.steps.add("assistant", "message", None, "/message/content", **facts)
        response.spend(self.steps.done[before], message.usage, line.costUSD)
        self._spent += self.steps.done[before].cost_usd or 0.0
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
            self.calls.call(block, pointer, facts)
        elif kind.endswith("tool_result"):
            self.calls.result(block, Stated(), pointer, facts)
        elif kind not in {"thinking", "redacted_thinking"}:
            text, media = values.text_and_media([block])
            self.steps.add("assistant", "message", text, pointer, **facts).media = media
        elif block.get("thinking"):
            self.steps.add("assistant", "reasoning", values.text(block["thinking"]), pointer, **facts)

    def _user(self, one: Entry, facts: Facts) -> str | None:
        """Results of tools, then what a person or the harness says; a side chain's prompt names the call it is of."""
        if one.line.isVisibleInTranscriptOnly and not one.line.isCompactSummary:
            return "shown to the person alone"
        spoken: list[dict[str, Any] | str] = []
        for position, block in enumerate(one.blocks):
            if isinstance(block, dict) and block.get("type") == "tool_result":
                self.calls.result(block, one.stated, f"/message/content/{position}", facts)
            else:
                spoken.append(block)
        for group in harness.grouped(spoken):
            given, media = values.text_and_media(group)
            text, stated = given or "", facts | {"media": media}
            if harness.interrupted(text):
                self.steps.add("user", "event", text, "/message/content", **stated)
            elif one.line.isCompactSummary:
                self.steps.add("system", "event", f"compacted: {text}", "/message/content", **stated)
            else:
                by_harness = one.line.is_by_program or harness.injected(text)
                self._spoken("developer" if by_harness else "user", text, "/message/content", stated)
        return None

    def _spoken(self, role: Any, text: str, pointer: str, facts: Facts) -> None:
        """A message of a person or of the harness; a notification says how an earlier call ended."""
        if role == "user" and facts["lane"] in {self._own_lane, "main"}:
            asked = harness.request(text)
            began_anew = facts["lane"] != self._own_lane and not self._lanes.intersection({"main"})
            self._task = asked if asked and began_anew else self._task or asked
        step = self.steps.add(role, "message", text, pointer, **facts)
        if step.lane.startswith(("agent-", "sidechain-")):
            step.parent_step = self.calls.prompts.get(text.strip())
        if notice := harness.notification(text):
            self.calls.ends(step, *notice)

    def _lane(self, one: Entry) -> str:
        """The lane that the line names; a side chain without an agent is counted in order of appearance."""
        lane, line = lane_of(one), one.line
        if lane != "sidechain":
            return lane
        lane = self._side_lanes.get(line.parentUuid or "") or f"sidechain-{len(set(self._side_lanes.values())) + 1}"
        if line.uuid:
            self._side_lanes[line.uuid] = lane
        return lane
