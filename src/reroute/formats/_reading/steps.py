"""Building a trajectory's steps in order: numbers, turns, and each result with its call.

The conventions that every reader shares:

- ``turn`` counts model responses: 0 before the first, then what follows a response belongs to it; a result has its
  call's turn.
- Tokens and cost belong to a response: they are right in sum over the steps of its turn, and mostly stand on the first.
  ``input_tokens`` include those read from a cache (``cached_tokens``).
- A result answers the oldest call still open under its id: ids repeat within a run. Without an id it answers the
  oldest open call of all.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TypedDict, Unpack

from reroute.trace import Approval, Role, Status, Step, StepType


class Facts(TypedDict, total=False):
    """What a source may state of a step; the names are Step's."""

    turn: int
    lane: str
    parent_step: int
    agent: str | None
    status: Status
    exit_code: int | None
    http_status: int | None
    approval: Approval | None
    approved_by: str | None
    effort: str | None
    model: str | None
    started_at: int | None
    duration_ms: float | None
    media: list[str]
    record_id: str | None
    forked_at: int
    ends_call: int


@dataclass
class Steps:
    """The steps of one trajectory while they are being read; ``done`` is the list."""

    index: int = 0
    """Index of the record that is being read."""
    file: str | None = None
    """The companion that is being read; None: the document itself."""
    done: list[Step] = field(default_factory=list)
    turn: int = 0
    """Model responses so far."""
    responding: bool = False
    """Whether a response is under way, where a source does not say where one begins; the reader says where it ends."""
    records: Counter[tuple[str, str | None]] = field(default_factory=Counter)
    """The records that were read, by type, and why they became no step (None: they did)."""
    _open: dict[str | None, list[Step]] = field(default_factory=dict)
    """Calls without a result so far, by call id."""

    def respond(self) -> int:
        """Begin a model response; its turn."""
        self.turn += 1
        return self.turn

    def continue_response(self) -> None:
        """Begin a model response unless one is under way."""
        if not self.responding:
            self.responding = True
            self.turn += 1

    def account(self, kind: str, before: int, reason: str = "no content") -> None:
        """Count the record that was just read: in steps if there are more than ``before``."""
        self.records[kind, None if len(self.done) > before else reason] += 1

    def add(self, role: Role, kind: StepType, content: str | None, pointer: str, **facts: Unpack[Facts]) -> Step:
        """A message, reasoning item or event; facts set only where there are any, since fields given cost time."""
        step = Step(
            role=role, type=kind, content=content, step=len(self.done), turn=self.turn,
            source_index=self.index, source_pointer=pointer, file=self.file,
        )  # fmt: skip
        if facts:
            for name, value in facts.items():
                setattr(step, name, value)
        self.done.append(step)
        return step

    def call(self, tool: str | None, arguments: str, call_id: str | None, pointer: str, **facts: Unpack[Facts]) -> Step:
        """A call, open until its result comes."""
        step = self.add("assistant", "call", None, pointer, **facts)
        step.tool, step.arguments, step.call_id = tool, arguments, call_id
        if call_id in self._open:
            self._open[call_id].append(step)
        else:
            self._open[call_id] = [step]
        return step

    def result(self, content: str | None, call_id: str | None, pointer: str, **facts: Unpack[Facts]) -> Step:
        """A result, joined to its call if that was seen."""
        waiting = self._open.get(call_id) if call_id is not None else None
        if call_id is None and (calls := self.open_calls()):
            waiting = self._open[calls[0].call_id]
        call = waiting.pop(0) if waiting else None
        step = self.add("tool", "result", content, pointer, **facts)
        step.call_id = call_id
        if call is not None:
            step.turn, step.lane, step.parent_step, step.tool = call.turn, call.lane, call.step, call.tool
            step.call_id = call.call_id
        return step

    def open_calls(self) -> list[Step]:
        """The calls without a result so far, in order."""
        return sorted((call for calls in self._open.values() for call in calls), key=lambda call: call.step)
