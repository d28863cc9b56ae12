"""Which replies a supervised row trains on: not the mistake, but noticing it, rerouting and recovering."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reroute.export.candidates import Recovery
from reroute.export.messages import Message
from reroute.trace import Step


def masked(messages: Sequence[Message], lane: Sequence[Step], recovery: Recovery | None) -> list[Message]:
    """The messages with a weight on every reply; a run without a recovery is trained on throughout.

    Weight 0: what came before the failure was seen, and every reply with a failing call, a call whose result states
    an error, or a repetition of the failed call. Weight 1: every other reply, the recovery among them.
    """
    failing = failing_calls(lane, recovery) if recovery else frozenset()
    weighed = []
    for message in messages:
        if message.role != "assistant":
            weighed.append(message)
            continue
        context = recovery is not None and message.first_step <= recovery.manifest
        failed = any(call.step in failing for call in message.calls)
        weighed.append(replace(message, weight=0 if context or failed else 1))
    return weighed


def failing_calls(lane: Sequence[Step], recovery: Recovery) -> frozenset[int]:
    """The calls of the lane that must not be trained on; the recovering call is never among them."""
    calls = {step.step: step for step in lane if step.type == "call"}
    stated = {s.parent_step for s in lane if s.type == "result" and s.status in {"error", "denied"}}
    failing = (recovery.failing | recovery.doubtful | {s for s in stated if s is not None}) & calls.keys()
    failing |= {recovery.onset} & calls.keys()
    failed = {(calls[s].tool, calls[s].arguments) for s in failing & {recovery.onset, *recovery.failing}}
    repeated = {s for s, call in calls.items() if s <= recovery.manifest and (call.tool, call.arguments) in failed}
    return frozenset((failing | repeated) - {recovery.recovery})
