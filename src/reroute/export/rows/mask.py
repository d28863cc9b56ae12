"""Which replies a supervised row trains on: not the mistake, but noticing it, rerouting and recovering."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from reroute.export.candidates import Act, Recovery
from reroute.export.rows.messages import Message
from reroute.trace import Step


def masked(
    messages: Sequence[Message], lane: Sequence[Step], recovery: Recovery | None, acts: Mapping[int, Act]
) -> list[Message]:
    """The messages with a weight on every reply; a run without a recovery is trained on throughout.

    Weight 0: every reply up to the step where the failure shows; every reply with a failing call, a call whose result
    states an error, or a repetition of a failed call; and, unless it recovers, a reply with a call that nobody can say
    went well; and every reply of a lane above, which is trained as that lane's. Weight 1: every other reply, the
    recovery among them. ``lane`` is the whole path of the lane.
    """
    failing = failing_calls(lane, recovery, acts) if recovery else frozenset()
    above = max((step.step for step in lane if step.lane != lane[-1].lane), default=-1)
    weighed = []
    for message in messages:
        if message.role != "assistant":
            weighed.append(message)
            continue
        calls = {call.step for call in message.calls}
        untrained = bool(calls & failing) or message.first_step <= above
        if recovery is not None and not untrained:
            unsure = any(step not in acts or acts[step].hint != "ok" for step in calls - recovery.recoveries)
            untrained = message.first_step <= recovery.manifest or (unsure and recovery.recovery not in calls)
        weighed.append(replace(message, weight=0 if untrained else 1))
    return weighed


def failing_calls(lane: Sequence[Step], recovery: Recovery, acts: Mapping[int, Act]) -> frozenset[int]:
    """The calls of the lane that failed or repeat a failed one; the recovering call is never among them.

    A repetition has the signature of an earlier call that failed, and no call of that signature has got over a
    failure since: after a retry or a fix that worked, the same call is no mistake.
    """
    calls = {step.step: step for step in lane if step.type == "call"}
    stated = {s.parent_step for s in lane if s.type == "result" and s.status in {"error", "denied"}}
    stated |= ended_badly(lane)
    failed = (recovery.failing | {recovery.onset}) & calls.keys()
    failing = failed | (recovery.doubtful | {s for s in stated if s is not None}) & calls.keys()
    recoveries = recovery.recoveries | {recovery.recovery}
    waiting: set[str] = set()
    repeated = set()
    for step in sorted(calls.keys() & acts.keys()):
        signature = acts[step].signature
        if step in failed:
            waiting.add(signature)
        elif step in recoveries:
            waiting.discard(signature)
        elif signature in waiting:
            repeated.add(step)
    return frozenset((failing | repeated) - {recovery.recovery})


def ended_badly(lane: Sequence[Step]) -> frozenset[int]:
    """The calls of which a later step states that they failed in the end: commands in the background, long ones."""
    return frozenset(
        step.ends_call
        for step in lane
        if step.ends_call is not None and (step.status in {"error", "denied"} or step.exit_code)
    )
