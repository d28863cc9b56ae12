"""Voice runs of tau2-bench: ``ticks`` of a fraction of a second, in which either side may speak or call.

A stretch of ticks in which one side speaks is one message; its text is what the chunks hold of it, and nothing where
the recording kept sound alone.
"""

from __future__ import annotations

from typing import Any

import msgspec

from reroute.formats._reading import values
from reroute.formats._reading.steps import Steps
from reroute.formats.tau2.calls import Call, Result, call, result
from reroute.trace import Role, Step


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


class _Speaker:
    """The stretches of one side, each a step that grows while it speaks."""

    def __init__(self, steps: Steps, role: Role) -> None:
        self.steps, self.role = steps, role
        self.open: Step | None = None

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


def add(steps: Steps, ticks: list[Tick], base: str) -> None:
    """The steps of a voice run."""
    agent, user = _Speaker(steps, "assistant"), _Speaker(steps, "user")
    for position, tick in enumerate(ticks):
        pointer, at = f"{base}/{position}", values.micros(tick.timestamp)
        agent.hear(tick.agent_chunk, at, f"{pointer}/agent_chunk")
        user.hear(tick.user_chunk, at, f"{pointer}/user_chunk")
        _act(steps, tick, pointer)


def _act(steps: Steps, tick: Tick, pointer: str) -> None:
    for side, calls, results in (
        ("agent", tick.agent_tool_calls, tick.agent_tool_results),
        ("user", tick.user_tool_calls, tick.user_tool_results),
    ):
        for position, made in enumerate(calls or []):
            call(steps, made, f"{pointer}/{side}_tool_calls/{position}", "user" if side == "user" else "assistant")
        for position, said in enumerate(results or []):
            result(steps, said, f"{pointer}/{side}_tool_results/{position}")
