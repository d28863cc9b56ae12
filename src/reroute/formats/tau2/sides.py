"""What either side of a tau2-bench simulation does: calls and results, and what is said in a voice run.

In a voice run either side may speak or call in each of its ``ticks`` of a fraction of a second. A stretch of ticks in
which one side speaks is one message; its text is what the chunks hold of it, and nothing where the recording has sound
alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from reroute.formats._reading import values
from reroute.formats._reading.steps import Steps
from reroute.trace import Role, Status, Step

USER_LANE = "user"


class Call(msgspec.Struct):
    """One call; ``arguments`` is an object."""

    name: str
    id: str | None = None
    arguments: msgspec.Raw = msgspec.Raw(b"")
    requestor: str | None = None


class Result(msgspec.Struct):
    """What a tool said; ``error`` is missing in what older releases wrote."""

    id: str | None = None
    content: str | None = None
    error: bool | None = None
    requestor: str | None = None


class Chunk(msgspec.Struct):
    """What one side did in a tick."""

    content: str | None = None
    contains_speech: bool | None = None


class Tick(msgspec.Struct):
    """A moment of both sides."""

    timestamp: Any = None
    agent_chunk: Chunk | None = None
    user_chunk: Chunk | None = None
    agent_tool_calls: list[Call] | None = None
    user_tool_calls: list[Call] | None = None
    agent_tool_results: list[Result] | None = None
    user_tool_results: list[Result] | None = None


def call(steps: Steps, made: Call, pointer: str, requestor: str = "assistant") -> None:
    """The call, in the lane of whoever made it."""
    arguments, by_user = values.arguments(made.arguments), (made.requestor or requestor) == "user"
    step = steps.call(made.name, arguments, made.id or None, pointer, lane=USER_LANE if by_user else "main")
    if by_user:
        step.role = "user"


def result(steps: Steps, said: Result, pointer: str) -> None:
    """The result, joined to its call."""
    status: Status = "unknown" if said.error is None else "error" if said.error else "ok"
    lane = USER_LANE if said.requestor == "user" else "main"
    steps.result(said.content, said.id or None, pointer, status=status, lane=lane)


@dataclass
class _Speaker:
    """The stretches of one side, each a step that grows while it speaks."""

    steps: Steps
    role: Role
    open: Step | None = None
    """The message under way."""

    def hear(self, chunk: Chunk | None, at: int | None, pointer: str) -> None:
        if chunk is None or not (chunk.contains_speech or chunk.content):
            self.open = None
            return
        if self.open is None:
            if self.role == "assistant":
                self.steps.respond()
            self.open = self.steps.add(self.role, "message", None, pointer, started_at=at)
        if chunk.content:
            self.open.content = (self.open.content or "") + chunk.content
        if at is not None and self.open.started_at is not None:
            self.open.duration_ms = (at - self.open.started_at) / 1000


def add_ticks(steps: Steps, ticks: list[Tick], base: str) -> None:
    """The steps of a voice run."""
    agent, user = _Speaker(steps, "assistant"), _Speaker(steps, "user")
    for position, tick in enumerate(ticks):
        pointer, at, before = f"{base}/{position}", values.micros(tick.timestamp), len(steps.done)
        agent.hear(tick.agent_chunk, at, f"{pointer}/agent_chunk")
        user.hear(tick.user_chunk, at, f"{pointer}/user_chunk")
        for place, made in enumerate(tick.agent_tool_calls or []):
            call(steps, made, f"{pointer}/agent_tool_calls/{place}")
        for place, said in enumerate(tick.agent_tool_results or []):
            result(steps, said, f"{pointer}/agent_tool_results/{place}")
        for place, made in enumerate(tick.user_tool_calls or []):
            call(steps, made, f"{pointer}/user_tool_calls/{place}", "user")
        for place, said in enumerate(tick.user_tool_results or []):
            result(steps, said, f"{pointer}/user_tool_results/{place}")
        # What goes on from the tick before is a part of its message.
        goes_on = agent.open is not None or user.open is not None
        steps.account("tick", before - goes_on, "nobody speaks or acts in it")
