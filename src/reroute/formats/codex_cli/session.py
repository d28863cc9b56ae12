"""One Codex session: its lines in order, as steps."""

from __future__ import annotations

from collections import Counter
from typing import Any, Literal

from reroute.formats._reading import values
from reroute.formats._reading.steps import Facts, Steps
from reroute.formats.codex_cli.calls import Calls
from reroute.formats.codex_cli.items import ENDS, kind_of, said
from reroute.formats.codex_cli.lines import EVENTS, TWICE, Line, Payload, Place
from reroute.trace import Role, Step, Trajectory

_INJECTED = (
    "<environment_context>", "<user_instructions>", "# AGENTS.md instructions", "<turn_aborted>", "<skill>",
    "<subagent_notification>", "<user_action>", "<hook_prompt", "<user_shell_command>", "<INSTRUCTIONS>",
)  # fmt: skip
_GUARDIAN = {"denied", "timed_out"}
"""Ends of an automatic review by which a call does not run."""
_REQUEST = "## My request for Codex:"


_ITEM_SAYS: dict[str, tuple[Role, Literal["message", "reasoning"]]] = {
    "user_message": ("user", "message"),
    "agent_message": ("assistant", "message"),
    "reasoning": ("assistant", "reasoning"),
}
"""Items that say what a response item or another event says too."""
_PASSED_BY = {
    "state": "state of the program",
    "world_state": "state of the program",
    "session_meta": "facts of the session",
    "turn_context": "facts of the turn",
    "token_count": "tokens of a response",
}
"""Why lines of a type hold no step."""


class Session:
    """The steps of one session, and the facts that its lines state on the way."""

    def __init__(self, places: list[Place]) -> None:
        lines = [place.line for place in places]
        self.steps = Steps()
        self._first = places[0] if places else None
        self._times = [line.at for line in lines if line.at]
        self._meta: Payload | None = None
        self.calls = Calls(self.steps)
        self._policies: list[str] = []
        self._task: str | None = None
        said = Counter(key for line in lines if line.type == "response_item" for key in _texts(line.payload))
        self._said = {family: said.copy() for family in ("event", "item")}
        """What items say that no event of the family has repeated so far."""
        self._prompts: list[int] = []
        """Steps of the main path at which a person's turn begins."""
        self._branches = 0
        self._certain = _last_certain(lines)

    def take(self, number: int, place: Place) -> str | None:
        """Add the steps of the next line; why it became none, where it did not."""
        line, payload, before = place.line, place.line.payload, len(self.steps.done)
        if number > self._certain and (payload.type in TWICE or payload.type == "item_completed"):
            return "perhaps half written: its item is not there yet"
        self.steps.index, self.steps.file = place.record.index, place.file
        facts: Facts = {} if line.at is None else {"started_at": line.at}
        if payload.type == "token_count" or payload.info:
            self.calls.count(payload)
        reason = self._line(line.type, payload, facts)
        for step in self.steps.done[before:] if line.bare else ():
            step.source_pointer = step.source_pointer.removeprefix("/payload")
        if len(self.steps.done) > before:
            return None
        return _PASSED_BY.get(payload.type or "") or _PASSED_BY.get(line.type) or reason or "no message and no call"

    def _line(self, kind: str, payload: Payload, facts: Facts) -> str | None:
        if kind == "response_item":
            return self._item(payload, facts)
        if kind == "event_msg":
            return self._event(payload, facts)
        if kind == "turn_context":
            self._turn_context(payload, facts)
        elif kind == "session_meta":
            self._meta = self._meta or payload
        elif kind == "compacted":
            self.steps.responding = False
            text = payload.message or "the conversation was compacted"
            self.steps.add("system", "event", f"compacted: {text}", "/payload/message", **facts)
        return None

    def trajectory(self, name: str) -> Trajectory:
        """The session as far as it was written."""
        self.calls.close()
        meta = self._meta or Payload()
        git = meta.git or {}
        cwd, repository = meta.cwd or self.calls.context.cwd, git.get("repository_url")
        facts = {
            "cwd": cwd, "agent_version": meta.cli_version, "originator": meta.originator, "repository": repository,
            "branch": git.get("branch"), "commit": git.get("commit_hash"),
            "approval_policy": self._policies[0] if self._policies else None,
        }  # fmt: skip
        return Trajectory(
            format=name,
            steps=self.steps.done,
            run_id=meta.id,
            parent_run=_parent(meta),
            file=self._first.file if self._first else None,
            task=self._task,
            agent="codex",
            model=next((step.model for step in self.steps.done if step.model), self.calls.context.model),
            started_at=min(self._times, default=None),
            ended_at=max(self._times, default=None),
            split_group=repository if isinstance(repository, str) else cwd,
            metadata={key: value for key, value in facts.items() if value},
            source_index=self._first.record.index if self._first else 0,
        )

    def _turn_context(self, payload: Payload, facts: Facts) -> None:
        self.calls.context = payload if payload.model or payload.cwd else self.calls.context
        policy = payload.approval_policy
        if policy is None:
            return
        policy = policy if isinstance(policy, str) else values.json_text(policy)
        if self._policies and self._policies[-1] != policy:
            text = f"approval_policy: {self._policies[-1]} -> {policy}"
            self.steps.add("system", "event", text, "/payload/approval_policy", **facts)
        self._policies.append(policy)

    def _item(self, payload: Payload, facts: Facts) -> str | None:
        kind = payload.type or ("message" if payload.role else "")
        if payload.id:
            facts["record_id"] = payload.id
        if kind == "message":
            text, media = values.content(payload.content)
            if media:
                facts["media"] = media
            self._message(payload.role, text, facts)
        elif kind == "reasoning":
            texts = [text for _, text in _texts(payload)]
            self.steps.continue_response()
            if texts:
                self.calls.say("reasoning", "\n\n".join(texts), facts)
        elif kind.endswith("_output"):
            return self.calls.result(payload, facts)
        elif kind.endswith("_call"):
            return self.calls.call(kind, payload, facts)
        else:
            return "an item that is no message and no call"
        return None if kind != "reasoning" or texts else "reasoning that is encrypted"

    def _message(self, role: str | None, text: str | None, facts: Facts) -> None:
        if role == "assistant":
            self.calls.say("message", text, facts)
            return
        self.steps.responding = False
        place: Role = "user"
        if role in {"developer", "system"}:
            place = "system" if role == "system" else "developer"
        elif text is not None and text.lstrip().startswith(_INJECTED):
            place = "developer"
        elif self._task is None and text:
            self._task = text.rpartition(_REQUEST)[2].strip()
        step = self.steps.add(place, "message", text, "/payload/content", **facts)
        if place == "user":
            self._prompts.append(step.step)

    def _event(self, payload: Payload, facts: Facts) -> str | None:
        kind = payload.type or ""
        if kind == "item_completed" and payload.item is not None:
            return self._thread_item(payload.item, facts)
        if kind in ENDS:
            return self.calls.end(payload, facts)
        if kind == "guardian_assessment":
            if payload.status in _GUARDIAN:
                self.calls.states(
                    values.text(payload.target_item_id), {"status": "denied", "approved_by": "auto review"}
                )
            return "an automatic review: its call's result says the same"
        if kind in TWICE:
            role, sort = TWICE[kind]
            return self._repeated("event", role, sort, payload.message or payload.text or "", facts)
        if kind not in EVENTS:
            return "shown to the person alone"
        self.steps.responding = False
        detail = payload.reason or payload.message
        step = self.steps.add("system", "event", f"{kind}: {detail}" if detail else kind, "/payload", **facts)
        step.status = "error" if "error" in kind or kind == "turn_failed" else "unknown"
        if kind == "thread_rolled_back":
            self._roll_back(payload.num_turns, step)
        return None

    def _repeated(
        self, family: str, role: Role, sort: Literal["message", "reasoning"], text: str, facts: Facts
    ) -> str | None:
        """What an event says, unless an item says it too."""
        if self._said[family][sort, text.strip()] > 0:
            self._said[family][sort, text.strip()] -= 1
            return "an item says the same"
        for other in self._said.keys() - {family}:
            self._said[other][sort, text.strip()] += 1
        if sort == "message":
            self._message(role, text, facts)
        else:
            self.calls.say(sort, text, facts)
        return None

    def _thread_item(self, item: dict[str, Any], facts: Facts) -> str | None:
        """An item that was completed: a call inside a script or without an item of its own, or what was said."""
        kind = kind_of(item)
        if kind in _ITEM_SAYS:
            return self._repeated("item", *_ITEM_SAYS[kind], said(item) or "", facts)
        if kind == "error":
            self.steps.responding = False
            self.steps.add("system", "event", f"error: {said(item)}", "/item", **facts).status = "error"
            return None
        return self.calls.item(item, facts)

    def _roll_back(self, turns: object, event: Step) -> None:
        """Make the last turns of the main path a branch of their own."""
        number = turns if isinstance(turns, int) and turns > 0 else 1
        if not self._prompts:
            return
        start = self._prompts[-min(number, len(self._prompts))]
        self._prompts = [step for step in self._prompts if step < start]
        self._branches += 1
        before = next((step for step in reversed(self.steps.done[:start]) if step.lane == "main"), None)
        for step in self.steps.done[start : event.step]:
            if step.lane == "main":
                step.lane = f"branch-{self._branches}"
        self.steps.done[start].forked_at = before.step if before else None


def _parent(meta: Payload) -> str | None:
    """The thread that the session names as the one it was forked from, goes on from or works for."""
    if meta.forked_from_id:
        return meta.forked_from_id
    if meta.history_base and meta.history_base.thread_id != meta.id:
        return meta.history_base.thread_id
    if meta.parent_thread_id:
        return meta.parent_thread_id
    found: Any = meta.source
    for name in ("subagent", "thread_spawn", "parent_thread_id"):
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, str) else None


def _last_certain(lines: list[Line]) -> int:
    """Place of the last line that leaves nothing open: an event behind it may be an item's that is not written yet."""
    if all(line.type != "response_item" for line in lines):
        return len(lines)
    last = -1
    for place, line in enumerate(lines):
        kind = line.payload.type
        if line.type == "response_item":
            certain = kind != "reasoning"
        else:
            certain = line.type in {"turn_context", "compacted"} or kind in EVENTS or kind == "task_complete"
        if certain:
            last = place
    return last


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
