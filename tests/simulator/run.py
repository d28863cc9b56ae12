"""A simulated run and what is known about it: the canonical steps, and an answer for each planted mistake."""

from __future__ import annotations

from typing import Literal

import msgspec

from reroute.trace import Trajectory

World = Literal["shell", "airline", "library"]

ANSWERS_FORMAT = "reroute.answers"
ANSWERS_VERSION = 1


class Answer(msgspec.Struct, kw_only=True, frozen=True):
    """One planted mistake and how it ended. Steps are rows of the run as it was played; actions are calls, from 0."""

    kind: str
    outcome: str
    kinds: list[str]
    """Every kind that the definitions allow here, ``kind`` first."""
    outcomes: list[str]
    """Every outcome that the definitions allow here, ``outcome`` first."""
    onset_step: int
    manifest_step: int
    recovery_step: int | None
    onset_action: int
    last_onset_action: int
    """The last that is right, where the definitions leave the onset open (siblings of a turn, calls of a loop)."""
    recovery_action: int | None
    clarified: bool = False
    lane: str = "main"


class Friend(msgspec.Struct, kw_only=True, frozen=True):
    """A false friend: an action that looks like a failure and is none."""

    name: str
    action: int
    last_action: int
    """The last action that belongs to it (of a polling, the last call)."""


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
