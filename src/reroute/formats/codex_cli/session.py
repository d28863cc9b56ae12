"""One Codex session: its lines in order, as steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, Literal

from reroute.formats._reading import values
from reroute.formats._reading.document import Record
from reroute.formats._reading.steps import Facts, Steps
from reroute.formats.codex_cli.lines import ENDED, EVENTS, HOSTED, TWICE, Line, Payload, call, result
from reroute.trace import Role, Step, Trajectory

_INJECTED = ("<environment_context>", "<user_instructions>", "# AGENTS.md instructions", "<turn_aborted>", "<skill>")
_ENDING = {*EVENTS, "task_complete"}
"""Events behind which no item comes that says what an earlier event said."""
_REQUEST = "## My request for Codex:"


class Session:
    """The steps of one rollout, and the facts that its lines state on the way."""

    def __init__(self, lines: list[tuple[int, Line]]) -> None:
        self.steps = Steps()
        self._first = lines[0][0] if lines else 0
        self._times = [line.at for _, line in lines if line.at]
        self._meta: Payload | None = None
        self._context = Payload()
        self._policies: list[str] = []
        self._task: str | None = None
        self._skipped: Counter[str] = Counter()
        self._said = Counter(key for _, line in lines if line.type == "response_item" for key in _texts(line.payload))
        self._start: Step | None = None
        self._waiting: dict[str, Any] = {}
        self._total: object = None
        # Behind the last line that leaves nothing open, an event may be an item's that is not written yet.
        certain = len(lines)
        if any(line.type == "response_item" for _, line in lines):
            certain = -1
            for number, (_, line) in enumerate(lines):
                if line.type == "response_item":
                    sure = line.payload.type != "reasoning"
                else:
                    sure = line.type in {"turn_context", "compacted"} or line.payload.type in _ENDING
                certain = number if sure else certain
        self._lines = {
            index: line
            for number, (index, line) in enumerate(lines)
            if number <= certain or line.payload.type not in TWICE
        }

    def take(self, record: Record) -> Iterable[Trajectory]:
        """Add the steps of the next record; no trajectory is whole before the last one."""
        line = self._lines.pop(record.index, None)
        if line is None:
            return ()
        self.steps.index = record.index
        payload = line.payload
        facts: Facts = {} if line.at is None else {"started_at": line.at}
        if payload.type == "token_count" or line.type == "event_msg":
            self._event(payload, facts)
        elif line.type == "response_item":
            self._item(payload, facts)
        elif line.type == "turn_context":
            self._context = payload if payload.model or payload.cwd else self._context
            if (policy := payload.approval_policy) is not None:
                policy = policy if isinstance(policy, str) else values.json_text(policy)
                if self._policies and self._policies[-1] != policy:
                    text = f"approval_policy: {self._policies[-1]} -> {policy}"
                    self.steps.add("system", "event", text, "/payload/approval_policy", **facts)
                self._policies.append(policy)
        elif line.type == "session_meta":
            self._meta = self._meta or payload
        elif line.type == "compacted":
            self.steps.responding = False
            text = payload.message or "the conversation was compacted"
            self.steps.add("system", "event", f"compacted: {text}", "/payload/message", **facts)
        else:
            self._skipped[line.type] += 1
        return ()

    def trajectory(self, name: str) -> Trajectory:
        """The session as far as it was written."""
        meta = self._meta or Payload()
        git = meta.git or {}
        cwd, repository = meta.cwd or self._context.cwd, git.get("repository_url")
        facts = {
            "cwd": cwd, "agent_version": meta.cli_version, "originator": meta.originator, "repository": repository,
            "branch": git.get("branch"), "commit": git.get("commit_hash"),
            "approval_policy": self._policies[0] if self._policies else None,
            "records_passed_by": dict(sorted(self._skipped.items())),
        }  # fmt: skip
        return Trajectory(
            format=name,
            steps=self.steps.done,
            run_id=meta.id,
            task=self._task,
            agent="codex",
            model=next((step.model for step in self.steps.done if step.model), self._context.model),
            started_at=min(self._times, default=None),
            ended_at=max(self._times, default=None),
            split_group=repository if isinstance(repository, str) else cwd,
            metadata={key: value for key, value in facts.items() if value},
            source_index=self._first,
        )

    def _item(self, payload: Payload, facts: Facts) -> None:
        kind = payload.type or ("message" if payload.role else "")
        if kind == "message":
            text, media = values.content(payload.content)
            if media:
                facts["media"] = media
            self._message(payload.role, text, facts)
        elif kind == "reasoning":
            texts = [text for _, text in _texts(payload)]
            self.steps.continue_response()
            if texts:
                self._say("reasoning", "\n\n".join(texts), facts)
        elif kind.endswith("_output"):
            self.steps.responding = False
            output = payload.output if payload.output is not None else payload.tools
            text, stated = result(output)
            self.steps.result(text, payload.call_id or payload.id, "/payload/output", **(facts | stated))
        elif kind.endswith("_call"):
            self.steps.continue_response()
            tool, arguments = call(kind, payload)
            step = self.steps.call(tool, arguments, payload.call_id or payload.id, "/payload", **facts)
            self._belongs(step)
            if kind in HOSTED:
                facts["status"] = ENDED.get(payload.status, "unknown")
                self.steps.result(None, step.call_id, "/payload/status", **facts)
        else:
            self._skipped[kind or "response_item"] += 1

    def _message(self, role: str | None, text: str | None, facts: Facts) -> None:
        if role == "assistant":
            self._say("message", text, facts)
            return
        self.steps.responding = False
        place: Role = "user"
        if role in {"developer", "system"}:
            place = "system" if role == "system" else "developer"
        elif text is not None and text.lstrip().startswith(_INJECTED):
            place = "developer"
        elif self._task is None and text:
            self._task = text.rpartition(_REQUEST)[2].strip()
        self.steps.add(place, "message", text, "/payload/content", **facts)

    def _say(self, kind: Literal["message", "reasoning"], text: str | None, facts: Facts) -> None:
        self.steps.continue_response()
        self._belongs(self.steps.add("assistant", kind, text, "/payload", **facts))

    def _event(self, payload: Payload, facts: Facts) -> None:
        """What no item said, what happened to the turn, and the tokens that it took."""
        kind = payload.type or ""
        if kind == "token_count":
            # Of the response under way or, as older releases write them, of the one that follows.
            info = payload.info or {}
            usage, total = info.get("last_token_usage"), info.get("total_token_usage")
            if payload.input_tokens is not None:
                usage = {"input_tokens": payload.input_tokens, "output_tokens": payload.output_tokens}
            if not isinstance(usage, dict) or (total is not None and total == self._total):
                return
            self._total = total
            start = self._start if self._start and self._start.turn == self.steps.turn else None
            if self.steps.responding and start is not None and start.input_tokens is None:
                _spend(start, usage)
            else:
                self._waiting = usage
        elif kind in TWICE:
            role, sort = TWICE[kind]
            text = payload.message or payload.text or ""
            if self._said[sort, text.strip()] > 0:
                self._said[sort, text.strip()] -= 1
            elif sort == "message":
                self._message(role, text, facts)
            else:
                self._say(sort, text, facts)
        elif kind in EVENTS:
            self.steps.responding = False
            detail = payload.reason or payload.message
            step = self.steps.add("system", "event", f"{kind}: {detail}" if detail else kind, "/payload", **facts)
            step.status = "error" if "error" in kind else "unknown"
        else:
            self._skipped[kind or "event_msg"] += 1

    def _belongs(self, step: Step) -> None:
        """A step of the response under way; the first one takes the tokens that were counted before it."""
        step.model, step.effort = self._context.model, self._context.effort
        if self._start is None or self._start.turn != step.turn:
            self._start = step
            _spend(step, self._waiting)
            self._waiting = {}


def _spend(step: Step, usage: dict[str, Any]) -> None:
    if usage:
        step.input_tokens = values.whole_number(usage.get("input_tokens"))
        step.output_tokens = values.whole_number(usage.get("output_tokens"))
        step.reasoning_tokens = values.whole_number(usage.get("reasoning_output_tokens"))
        step.cached_tokens = values.whole_number(usage.get("cached_input_tokens"))


def _texts(payload: Payload) -> list[tuple[str, str]]:
    """What an item says, piece by piece as events would: kind and text."""
    if payload.type == "reasoning":
        pieces = [piece for part in (payload.content, payload.summary) if isinstance(part, list) for piece in part]
        texts = [values.text_and_media([piece])[0] for piece in pieces]
        return [("reasoning", text.strip()) for text in texts if text]
    if payload.type == "message" or payload.role:
        text = values.content(payload.content)[0]
        return [("message", text.strip())] if text else []
    return []
