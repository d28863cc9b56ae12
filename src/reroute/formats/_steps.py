"""Building a trajectory's steps in order: numbers, turns, and each result with its call.

The conventions that every reader shares:

- ``turn`` counts model responses: 0 before the first, then what follows a response belongs to it; a result has its
  call's turn.
- Tokens and cost of a response stand on its first step alone, so sums are right; ``input_tokens`` include what came
  from a cache (``cached_tokens``).
- A result answers the oldest call still open under its id: ids repeat within a run. Without an id it answers the
  oldest open call of all.
"""

from __future__ import annotations

from collections import deque

from reroute.trace import Approval, Role, Status, Step, StepType


class Steps:
    """The steps of one trajectory while they are being read; ``done`` is the list."""

    def __init__(self) -> None:
        self.done: list[Step] = []
        self.turn = 0
        self._open: dict[str | None, deque[Step]] = {}

    def respond(self) -> int:
        """Begin a model response; its turn."""
        self.turn += 1
        return self.turn

    def add(
        self,
        role: Role,
        kind: StepType,
        content: str | None,
        index: int,
        pointer: str,
        *,
        turn: int | None = None,
        lane: str = "main",
        parent: int | None = None,
        agent: str | None = None,
        model: str | None = None,
        effort: str | None = None,
        status: Status = "unknown",
        http_status: int | None = None,
        at: int | None = None,
        media: list[str] | None = None,
    ) -> Step:
        """A message, reasoning item or event."""
        step = Step(
            step=len(self.done),
            turn=self.turn if turn is None else turn,
            lane=lane,
            parent_step=parent,
            role=role,
            type=kind,
            agent=agent,
            content=content,
            status=status,
            http_status=http_status,
            effort=effort,
            model=model,
            started_at=at,
            media=media or [],
            source_index=index,
            source_pointer=pointer,
        )
        self.done.append(step)
        return step

    def call(
        self,
        tool: str | None,
        arguments: str,
        call_id: str | None,
        index: int,
        pointer: str,
        *,
        role: Role = "assistant",
        turn: int | None = None,
        lane: str = "main",
        agent: str | None = None,
        model: str | None = None,
        effort: str | None = None,
        at: int | None = None,
    ) -> Step:
        """A call, open until its result comes."""
        step = Step(
            step=len(self.done),
            turn=self.turn if turn is None else turn,
            lane=lane,
            role=role,
            type="call",
            agent=agent,
            call_id=call_id,
            tool=tool,
            arguments=arguments,
            effort=effort,
            model=model,
            started_at=at,
            source_index=index,
            source_pointer=pointer,
        )
        self.done.append(step)
        self._open.setdefault(call_id, deque()).append(step)
        return step

    def result(
        self,
        content: str | None,
        call_id: str | None,
        index: int,
        pointer: str,
        *,
        tool: str | None = None,
        status: Status = "unknown",
        exit_code: int | None = None,
        http_status: int | None = None,
        approval: Approval | None = None,
        approved_by: str | None = None,
        lane: str = "main",
        at: int | None = None,
        duration_ms: float | None = None,
        media: list[str] | None = None,
    ) -> Step:
        """A result, joined to its call if that was seen."""
        call = self._answered(call_id)
        step = Step(
            step=len(self.done),
            turn=call.turn if call else self.turn,
            lane=call.lane if call else lane,
            parent_step=call.step if call else None,
            role="tool",
            type="result",
            call_id=call_id if call is None or call_id is not None else call.call_id,
            tool=call.tool if call else tool,
            content=content,
            status=status,
            exit_code=exit_code,
            http_status=http_status,
            approval=approval,
            approved_by=approved_by,
            started_at=at,
            duration_ms=duration_ms,
            media=media or [],
            source_index=index,
            source_pointer=pointer,
        )
        self.done.append(step)
        return step

    def open_calls(self) -> list[Step]:
        """The calls without a result so far, in order."""
        return sorted((call for calls in self._open.values() for call in calls), key=lambda call: call.step)

    def _answered(self, call_id: str | None) -> Step | None:
        if call_id is not None:
            waiting = self._open.get(call_id)
            return waiting.popleft() if waiting else None
        calls = self.open_calls()
        return self._open[calls[0].call_id].popleft() if calls else None
