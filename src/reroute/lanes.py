"""Lanes of a run as a model saw them: what stands before a step, and which lanes were abandoned.

A transcript is a tree. The main path is the lane ``main``; each branch that the run did not go on from is a lane of its
own, and so is each sub-agent. A lane that shares history begins in another one (``Step.forked_at``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from reroute.trace import Step

BRANCH = r"(?:^|-)branch-[0-9]+$"
"""How the readers name abandoned branches: of the main agent, or behind the name of another lane."""


def path(steps: Sequence[Step], lane: str) -> list[Step]:
    """What the model of a lane saw and did, in order: the lane above through the step where it forked, then its own.

    The lane above is given in the same way, so the first steps are those of the outermost lane. A lane that shares no
    history is its own steps alone. ``steps`` are all steps of the run; step numbers rise along the path.
    """
    parts: list[list[Step]] = []
    above: Step | None = None
    while True:
        own = [step for step in steps if step.lane == lane and (above is None or step.step <= above.step)]
        parts.append(own)
        at = own[0].forked_at if own else None
        above = next((step for step in steps if step.step == at and at < own[0].step), None)
        if above is None:
            return [step for part in reversed(parts) for step in part]
        lane = above.lane


def abandoned(steps: Sequence[Step]) -> frozenset[str]:
    """The lanes that the run did not go on from: dead branches, and what forked from them or worked for them.

    ``steps`` are all steps of the run.
    """
    main = next((step.step for step in steps if step.lane == "main"), len(steps))
    lane_at: dict[int, str] = {}
    seen: set[str] = set()
    dead: set[str] = set()
    for step in steps:
        lane_at[step.step] = step.lane
        if step.lane in seen:
            continue
        seen.add(step.lane)
        above = step.parent_step if step.forked_at is None else step.forked_at
        # A run that was begun anew has branches before its main path.
        left = bool(re.search(BRANCH, step.lane)) and (step.forked_at is not None or step.step < main)
        if left or (above is not None and lane_at.get(above) in dead):
            dead.add(step.lane)
    return frozenset(dead)
