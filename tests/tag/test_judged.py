"""Judged spans are found by content: by steps as they may be, against what a reader or a rewind makes of them."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from reroute.hashes import content_hashes, is_said, span_hash
from reroute.tag import judged
from reroute.tag.judged import Version
from reroute.trace import Step, number

FEW = st.sampled_from(["ls a", "ls b", "make"])
"""Few words, so that runs fail twice in the same ones."""


ADDED = [
    Step(role="user", type="message"),
    Step(role="assistant", type="reasoning"),
    Step(role="tool", type="event"),
]
"""What a newer reader may add."""


@dataclass
class Run:
    """Steps, and the place of each in ``origin``: the step that it is in the run as it was judged; None: added."""

    steps: list[Step]
    origin: list[int | None]

    def place(self, step: int) -> int:
        return self.origin.index(step)


def version(steps: list[Step]) -> Version:
    lanes, roles, kinds = ([getattr(step, name) for step in steps] for name in ("lane", "role", "type"))
    return judged.version(lanes, roles, kinds, [step.parent_step for step in steps], content_hashes(steps)[0])


@st.composite
def runs(draw: st.DrawFn) -> list[Step]:
    """Calls with their results, words and thoughts between them, in one lane or two."""
    steps: list[Step] = []
    for _ in range(draw(st.integers(2, 9))):
        lane = draw(st.sampled_from(["main", "main", "agent-1"]))
        call = Step(role="assistant", type="call", lane=lane, tool="Bash", arguments=draw(FEW))
        result = Step(role="tool", type="result", lane=lane, parent_step=len(steps), content=draw(FEW))
        steps += [call, result]
        if draw(st.booleans()):
            steps.append(Step(role="assistant", type="message", lane=lane, content=draw(FEW)))
    return number(steps)


@st.composite
def spans(draw: st.DrawFn) -> tuple[list[Step], int, int]:
    """A run with a span that begins with a call and ends with a result of its lane."""
    steps = draw(runs())
    start = draw(st.sampled_from([step.step for step in steps if step.type == "call"]))
    ends = [s.step for s in steps[start:] if s.type == "result" and s.lane == steps[start].lane]
    return steps, start, draw(st.sampled_from(ends[:4]))


@st.composite
def changes(draw: st.DrawFn, steps: list[Step]) -> Run:
    """What a newer reader adds, a prefix of the main lane moved to a branch, and lanes under other names."""
    cut = draw(st.integers(0, len(steps)))
    names = {"main": draw(st.sampled_from(["main", "root"])), "agent-1": draw(st.sampled_from(["agent-1", "side"]))}
    made: list[Step] = []
    origin: list[int | None] = []
    new: dict[int, int] = {}
    added = st.lists(st.sampled_from(ADDED), max_size=2)
    for step in steps:
        for one in draw(added):
            made.append(msgspec.structs.replace(one, lane=names[step.lane], content=draw(FEW)))
            origin.append(None)
        lane = "branch-1" if step.step < cut and step.lane == "main" else names[step.lane]
        parent = new.get(step.parent_step) if step.parent_step is not None else None
        new[step.step] = len(made)
        made.append(msgspec.structs.replace(step, lane=lane, parent_step=parent))
        origin.append(step.step)
    return Run(number(made), origin)


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_a_span_is_found_whatever_stands_between_before_and_in_which_lane(data: st.DataObject) -> None:
    steps, start, end = data.draw(spans())
    wanted = judged.judged(version(steps), start, end)
    assert wanted is not None
    now = data.draw(changes(steps))
    place = judged.find(version(now.steps), wanted)
    assert place is not None
    assert place[0] == now.place(start)
    assert place[1] == now.place(start + 1)  # its result
    contents = content_hashes(now.steps)[0]
    assert [f"{contents[step]:016x}" for step in place] == wanted.steps


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_a_span_is_not_found_where_one_letter_of_the_failing_call_or_of_the_evidence_differs(
    data: st.DataObject,
) -> None:
    steps, start, end = data.draw(spans())
    wanted = judged.judged(version(steps), start, end, [start + 1])
    assert wanted is not None
    now = data.draw(changes(steps))
    call, evidence = now.steps[now.place(start)], now.steps[now.place(start + 1)]
    if data.draw(st.booleans()):
        call.arguments = f"{call.arguments}~"
    else:
        evidence.content = f"{evidence.content}~"
    assert judged.find(version(now.steps), wanted) is None


@settings(deadline=None, max_examples=50)
@given(st.data())
def test_a_span_of_which_only_the_hash_is_known_is_found_too(data: st.DataObject) -> None:
    steps, start, end = data.draw(spans())
    span = steps[start : end + 1]
    now = data.draw(changes(steps))
    place = judged.find_hashed(now.steps, span_hash(span), start, len(span))
    assert place is not None
    own = [step for step in span if step.lane == span[0].lane]
    assert [now.steps[step].content for step in place] == [step.content for step in own]
    assert all(is_said(now.steps[step].role, now.steps[step].type) for step in place)


def test_of_two_failures_in_the_same_words_the_judged_one_is_found() -> None:
    def failing(at: int) -> list[Step]:
        call = Step(role="assistant", type="call", tool="Bash", arguments="ls a")
        return [call, Step(role="tool", type="result", parent_step=at, content="no such file")]

    steps = number([*failing(0), *failing(2)])
    wanted = judged.judged(version(steps), 2, 3)
    assert wanted is not None
    grown = number([*failing(0), *failing(2), *failing(4)])
    assert judged.find(version(grown), wanted) == [2, 3]
    assert judged.find(version(number(failing(0))), wanted) is None


def test_where_a_span_lies_is_said_of_the_lane_that_it_begins_in() -> None:
    held = Version(["main", "branch-1", "branch-1", "main"], [True] * 4, [None] * 4, ["a", "b", "c", "d"])
    assert judged.span_of(held, [0, 1, 3]) == (0, 3, "main", True)
    assert judged.span_of(held, [1, 2, 3]) == (1, 2, "branch-1", False)
