"""Calls and results of tau2-bench, by the agent or by the simulated user."""

from __future__ import annotations

import msgspec

from reroute.formats._reading import values
from reroute.formats._reading.steps import Steps
from reroute.trace import Status

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
