"""The items of the Responses API as steps: each call, result, message and approval where it stands."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from reroute.formats._reading import values
from reroute.formats._reading.steps import Facts, Steps
from reroute.formats.openai_responses.calls import HOSTED, answers, called, calls
from reroute.formats.openai_responses.records import Item
from reroute.trace import Role, Step

_ROLES: dict[str | None, Role] = {"user": "user", "system": "system", "developer": "developer", "tool": "tool"}


@dataclass
class Items:
    """Takes items one by one; a model response begins at the model's first item after anything else."""

    steps: Steps
    skipped: Counter[str]
    """Items passed by, by type."""
    _requests: dict[str, Step] = field(default_factory=dict)
    """Calls that wait for an approval, by the request's id."""
    _checks: dict[str, Step] = field(default_factory=dict)
    """Calls with safety checks that nobody has acknowledged, by call id."""

    def take(self, item: Item, pointer: str, facts: Facts) -> None:
        """The steps of one item; the pointer is the item's."""
        kind = item.kind
        if kind in {"message", "reasoning"}:
            self._say(kind, item, pointer, facts)
        elif kind == "mcp_approval_request":
            # A call that waits: its result, if it is let through, stands in a later item.
            self.steps.continue_response()
            tool, arguments = called("mcp_call", item)
            step = self.steps.call(tool, arguments, item.id, pointer, **facts)
            if item.id:
                self._requests[item.id] = step
            self._approval("system", step, "requested", None, pointer)
        elif kind == "mcp_approval_response":
            self._verdict(item, pointer, facts)
        elif kind in HOSTED:
            self._hosted(kind, item, pointer, facts)
        elif kind.endswith("_output"):
            self._result(kind, item, pointer, facts)
        elif kind.endswith("_call") or kind == "program":
            self._call(kind, item, pointer, facts)
        elif kind == "compaction":
            self.steps.responding = False
            self.steps.add("system", "event", "compacted: the conversation was compacted", pointer, **_where(facts))
        else:
            self.skipped[kind or "item"] += 1

    def _say(self, kind: str, item: Item, pointer: str, facts: Facts) -> None:
        """What anybody says, or the model thinks; the addresses of citations stay with the text they belong to."""
        if kind == "reasoning":
            self.steps.continue_response()
            parts = [part for held in (item.summary, item.content) if isinstance(held, list) for part in held]
            if text := values.text_and_media(parts)[0]:
                self.steps.add("assistant", "reasoning", text, pointer, **facts)
            return
        text, media = values.content(item.content)
        stated: Facts = {**facts, "media": media} if media else facts
        if item.role == "assistant":
            self.steps.continue_response()
            self.steps.add("assistant", "message", text, pointer, **stated)
        else:
            self.steps.responding = False
            self.steps.add(_ROLES.get(item.role, "user"), "message", text, pointer, **_where(stated))

    def _call(self, kind: str, item: Item, pointer: str, facts: Facts) -> None:
        self.steps.continue_response()
        key = item.call_id or item.id
        for tool, arguments in calls(kind, item):
            step = self.steps.call(tool, arguments, key, pointer, **facts)
        if key and (words := _checks(item.pending_safety_checks)):
            self._checks[key] = step
            self._approval("system", step, "requested", words, f"{pointer}/pending_safety_checks")

    def _hosted(self, kind: str, item: Item, pointer: str, facts: Facts) -> None:
        """A call that the provider ran: its result stands in it, and the model went on after that."""
        step = self._requests.pop(item.approval_request_id or "", None)
        if step is None:
            self.steps.continue_response()
            tool, arguments = called(kind, item)
            step = self.steps.call(tool, arguments, item.id, pointer, **facts)
        if item.status in {"in_progress", "searching", "interpreting", "generating", "calling"}:
            return
        for content, stated in answers(kind, item):
            self.steps.result(content, step.call_id, pointer, **(_where(facts) | stated))
        self.steps.responding = False

    def _result(self, kind: str, item: Item, pointer: str, facts: Facts) -> None:
        self.steps.responding = False
        key = item.call_id or item.id
        if words := _checks(item.acknowledged_safety_checks):
            call = self._checks.pop(key or "", None)
            if call is not None:
                self._approval("user", call, "granted", words, f"{pointer}/acknowledged_safety_checks")
        for content, stated in answers(kind, item):
            self.steps.result(content, key, pointer, **(_where(facts) | stated))

    def _verdict(self, item: Item, pointer: str, facts: Facts) -> None:
        self.steps.responding = False
        step = self._requests.get(item.approval_request_id or "")
        if step is None:
            self.skipped["mcp_approval_response"] += 1
            return
        said: Any = "granted" if item.approve else "denied"
        self._approval("user", step, said, item.reason, pointer)
        if not item.approve:
            del self._requests[item.approval_request_id or ""]
            stated: Facts = {"status": "denied", "approval": "denied"}
            words = item.reason or "approval denied"
            self.steps.result(words, step.call_id, pointer, **(_where(facts) | stated))

    def _approval(self, role: Role, call: Step, said: Any, words: str | None, pointer: str) -> None:
        step = self.steps.add(role, "approval", words, pointer, approval=said, lane=call.lane, parent_step=call.step)
        step.turn, step.tool, step.call_id = call.turn, call.tool, call.call_id


def _where(facts: Facts) -> Facts:
    """What holds of a step that the model did not make."""
    own = facts.copy()
    own.pop("model", None)
    own.pop("effort", None)
    return own


def _checks(held: Any) -> str | None:
    """The safety checks in words: code and message, a line each."""
    if not isinstance(held, list) or not held:
        return None
    lines = [[c.get(key) for key in ("code", "message")] for c in held if isinstance(c, dict)]
    return "\n".join(": ".join(word for word in line if isinstance(word, str)) for line in lines) or "safety check"
