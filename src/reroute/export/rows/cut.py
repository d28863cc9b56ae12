"""Where a row begins and ends: which steps of a run it shows."""

from __future__ import annotations

from collections.abc import Sequence

from reroute.export.candidates import Recovery
from reroute.trace import Step


def before_turn(lane: Sequence[Step], call: int) -> list[Step]:
    """The path of a lane up to the reply that holds the call at step ``call``: what its model saw."""
    first = min(_reply(lane, call))
    return [step for step in lane if step.step < first]


def through_recovery(lane: Sequence[Step], recovery: Recovery) -> list[Step]:
    """The path of a lane through the recovering reply; and what came of it and the agent's closing words, where words
    follow.

    The reply after the recovery belongs to it only if it says something and calls nothing: what a further call
    led to is not known to be good.
    """
    assert recovery.recovery is not None
    reply = _reply(lane, recovery.recovery)
    results = [s.step for s in lane if s.type == "result" and s.parent_step in reply]
    following = [s for s in lane if s.step > max(reply) and s.step not in results and s.type != "event"]
    after = next((s for s in following if s.role == "assistant" or s.step > max(results, default=-1)), None)
    if after is not None and after.role == "assistant" and after.step > max(results, default=-1):
        places = _reply(lane, after.step)
        closing = [step for step in lane if step.step in places]
        says = any(step.type == "message" and step.content for step in closing)
        if says and all(step.type != "call" for step in closing):
            return [step for step in lane if step.step <= max(places)]
    return [step for step in lane if step.step < min(reply) or step.step in reply]


def _reply(lane: Sequence[Step], at: int) -> set[int]:
    """The steps of the reply that step ``at`` belongs to."""
    made = next(step for step in lane if step.step == at)
    return {s.step for s in lane if s.role == "assistant" and (s.lane, s.turn) == (made.lane, made.turn)}
