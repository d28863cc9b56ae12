"""Where a row begins and ends: which steps of a run it shows."""

from __future__ import annotations

from collections.abc import Sequence

from reroute.export.candidates import Recovery
from reroute.trace import Step


def lane_of(steps: Sequence[Step], lane: str) -> list[Step]:
    """The steps of one lane, in order."""
    return [step for step in steps if step.lane == lane]


def before_turn(lane: Sequence[Step], call: int) -> list[Step]:
    """The lane up to the reply that holds the call at step ``call``: what its model saw."""
    turn = next(step.turn for step in lane if step.step == call)
    first = next(s.step for s in lane if s.role == "assistant" and s.turn == turn)
    return [step for step in lane if step.step < first]


def through_recovery(lane: Sequence[Step], recovery: Recovery) -> list[Step]:
    """The lane through the recovering reply; and its results and the agent's closing words, where words follow.

    The reply after the recovery belongs to it only if it says something and calls nothing: what a further call
    led to is not known to be good.
    """
    assert recovery.recovery is not None
    turn = next(step.turn for step in lane if step.step == recovery.recovery)
    reply = {s.step for s in lane if s.role == "assistant" and s.turn == turn}
    end = max(reply)
    results = {s.step for s in lane if s.type == "result" and s.parent_step in reply}
    following = [step for step in lane if step.step > max(results, default=end) and step.type != "event"]
    if following and following[0].role == "assistant":
        closing = [step for step in following if step.role == "assistant" and step.turn == following[0].turn]
        says = any(step.type == "message" and step.content for step in closing)
        if says and all(step.type != "call" for step in closing):
            reply |= results | {step.step for step in closing}
    return [step for step in lane if step.step < min(reply) or step.step in reply]
