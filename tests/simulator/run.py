"""A simulated run and what is known about it: the canonical steps, and an answer for each planted mistake."""

from __future__ import annotations

from typing import Literal

import msgspec

from reroute.operate.known_answers.answers import Answer, Friend
from reroute.trace import Trajectory

World = Literal["shell", "airline", "library"]


class Run(msgspec.Struct, kw_only=True):
    """One run: canonical trajectory, known answers, and whether a verifier passes it (None: nobody can say)."""

    run_id: str
    """A UUID; the formats that name their runs use it."""
    number: int
    world: World
    format: str
    """The trace format whose tools the agent had."""
    trajectory: Trajectory
    answers: list[Answer]
    friends: list[Friend]
    passed: bool | None
