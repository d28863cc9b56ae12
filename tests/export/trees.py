"""Runs that branch, and what led to each of their steps, found in another way than the package does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from hypothesis import strategies as st

from reroute import lanes, tokens
from reroute.export import recipe
from reroute.export.candidates import Act, Candidate, Drop, Recovery, Run
from reroute.export.rows.build import Builder
from reroute.export.rows.row import Row
from reroute.export.rows.tools import Seen
from reroute.trace import Step, number

KINDS = ["calls", "says", "calls", "results", "results", "asks", "branch", "agent", "ends"]


def forked(draw: st.DrawFn, steps: Sequence[Step], kind: str, lane: str) -> Step:
    """The first step of a new lane: of a branch, of an agent that shares history, or of one that a call began."""
    calls = [step.step for step in steps if step.type == "call"]
    shares = kind == "branch" or draw(st.booleans())
    return Step(
        role="user", type="message", content=f"ask {len(steps)}", lane=lane,
        forked_at=draw(st.integers(len(steps) // 2, len(steps) - 1)) if shares else None,
        parent_step=draw(st.sampled_from(calls)) if calls and not shares else None,
    )  # fmt: skip


def answering(call: Step, kind: str, at: int) -> Step:
    """The result of a call, or the harness's word that it failed in the background."""
    if kind == "results":
        return Step(
            role="tool", type="result", content=f"result {at}", lane=call.lane, turn=call.turn, tool="run",
            parent_step=call.step,
        )  # fmt: skip
    return Step(
        role="developer", type="message", content=f"ended {at}", lane=call.lane, ends_call=call.step, status="error"
    )


def replying(steps: Sequence[Step], kind: str, lane: str, *, anew: bool) -> Step:
    """What an agent says or calls: in the reply that is under way in the lane, or in a new one."""
    at = len(steps)
    last = next((step for step in reversed(steps) if step.lane == lane and step.role == "assistant"), None)
    under_way = last is not None and not anew and steps[-1].lane == lane and steps[-1].role != "user"
    turns = [step.turn for step in steps if anew or step.lane == lane]
    turn = last.turn if last is not None and under_way else 1 + max(turns, default=0)
    if kind == "says":
        return Step(role="assistant", type="message", content=f"say {at}", lane=lane, turn=turn)
    return Step(
        role="assistant",
        type="call",
        tool="run",
        arguments=f'{{"n": {at % 12}, "m": {at // 12}}}',
        lane=lane,
        turn=turn,
    )


@st.composite
def trees(draw: st.DrawFn) -> list[Step]:
    """A run that branches: replies, calls, results that come late or never, agents, dead branches of dead branches."""
    steps = [Step(role="user", type="message", content="ask 0", lane=draw(st.sampled_from(["main", "branch-0"])))]
    names = ["main"]
    waiting: list[Step] = []
    for at in range(1, draw(st.integers(4, 24))):
        lane, kind = draw(st.sampled_from([names[-1], names[-1], *names])), draw(st.sampled_from(KINDS))
        if kind in {"branch", "agent"}:
            names.append(f"{kind}-{len(names)}")
            step = forked(draw, steps, kind, names[-1])
        elif kind in {"results", "ends"} and waiting:
            step = answering(waiting.pop(draw(st.integers(0, len(waiting) - 1))), kind, at)
        elif kind in {"says", "calls"}:
            step = replying(steps, kind, lane, anew=draw(st.booleans()))
        else:
            step = Step(role="user", type="message", content=f"ask {at}", lane=lane)
        steps.append(step)
        number(steps)
        waiting += [step] if step.type == "call" else []
    return steps


def walked(steps: Sequence[Step], at: int) -> list[int]:
    """The steps that led to step ``at``, found by going back from it one by one."""
    found = [at]
    while True:
        here = steps[found[-1]]
        earlier = [step.step for step in steps[: here.step] if step.lane == here.lane]
        if earlier:
            found.append(earlier[-1])
        elif here.forked_at is not None:
            found.append(here.forked_at)
        else:
            return found[::-1]


def episodes(steps: Sequence[Step]) -> Iterator[Recovery]:
    """Every pair of calls of one lane's path as a failure and its recovery."""
    for lane in sorted({step.lane for step in steps}):
        calls = [one.step for one in lanes.path(steps, lane) if one.type == "call" and one.role == "assistant"]
        for at, onset in enumerate(calls):
            for call in calls[at + 1 :]:
                if steps[call].lane == lane:
                    yield Recovery(
                        episode_id=f"{lane}-{onset}-{call}", kind="shell.error", episode_outcome="recovered_repair",
                        cause="agent", tier="A", assisted="agent_initiated", lane=lane, onset=onset,
                        manifest=onset, recovery=call,
                    )  # fmt: skip


def built(steps: Sequence[Step], name: str, recovery: Recovery | None) -> Row | Drop:
    run = Run("run", "v", "p", "files", "own.jsonl", "claude-code", 0, run_outcome="pass")
    builder = Builder(recipe.load(name), lambda row: row, tokens.counter(), defaultdict(Seen))
    acts = {step.step: Act(f"{step.tool} {step.arguments}", "ok") for step in steps if step.type == "call"}
    return builder.row(Candidate(run, recovery), steps, acts)
