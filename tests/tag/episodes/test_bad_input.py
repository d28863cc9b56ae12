"""Trajectories that are long, empty or broken: episodes come out, in time that grows with their length."""

from __future__ import annotations

import json
import time

import pyarrow as pa
import pytest

from reroute import trace
from reroute.tag import episodes

LONG, LARGER = 25_000, 4
MOST = 2.0 * LARGER  # times as long; what grows with the square takes 16 times
GRACE = 2.0  # seconds of processor time that say nothing about growth


def table(steps: list[trace.Step]) -> pa.Table:
    rows = [
        {"trajectory_id": "t", "version": "v", "prefix_hash": f"{step.step:x}"}
        | {name: getattr(step, name) for name in trace.Step.__struct_fields__}
        for step in trace.number(steps)
    ]
    return pa.Table.from_pylist(rows, trace.steps_schema())


def person(text: str | None = "Please go on.") -> trace.Step:
    return trace.Step(role="user", type="message", content=text)


def call(turn: int = 1, **more: object) -> trace.Step:
    given = {"tool": "bash", "arguments": json.dumps({"command": f"cat src/{turn % 500}.py"})} | more
    return trace.Step(role="assistant", type="call", turn=turn, **given)


def result(content: str | None = "text", turn: int = 1, **more: object) -> trace.Step:
    return trace.Step(role="tool", type="result", turn=turn, content=content, **more)


def long_run(length: int) -> list[trace.Step]:
    """One action in ten fails, and the agent says so."""
    steps = [person()]
    while len(steps) < length:
        turn = len(steps)
        fails = turn % 20 < 2
        shows = f"cat: src/{turn % 500}.py: No such file or directory" if fails else f"line {turn}"
        steps += [call(turn), result(shows, turn, parent_step=turn, exit_code=int(fails))]
        if fails:
            steps.append(trace.Step(role="assistant", type="message", turn=turn, content="It is not there."))
    return steps


def test_a_run_of_a_hundred_thousand_steps_takes_four_times_as_long_as_its_quarter() -> None:
    seconds = []
    for length in (LONG, LARGER * LONG):
        steps = table(long_run(length))
        began = time.process_time()
        assert episodes.find(steps).episodes
        seconds.append(time.process_time() - began)
    assert seconds[1] < MOST * seconds[0] + GRACE


BROKEN = {
    "no step": [],
    "one message": [person()],
    "one call": [call()],
    "one result": [result()],
    "only a person's messages": [person(f"Error: that failed {at}.") for at in range(50)],
    "only the agent's messages": [trace.Step(role="assistant", type="message", content="Done.")] * 2,
    "calls without results": [person(), *(call(turn) for turn in range(1, 20))],
    "results without calls": [person(), *(result("Error: failed", turn) for turn in range(20))],
    "results before their calls": [person(), result(call_id="a"), call(call_id="a"), result(call_id="b", turn=2)],
    "a result that names itself": [person(), result("Error: x", parent_step=1)],
    "a result of a message": [person(), result("Error: x", parent_step=0), call()],
    "results that all answer one call": [person(), call(), *(result(f"{at}", parent_step=1) for at in range(9))],
    "nulls everywhere": [
        person(None),
        *(call(turn, tool=None, arguments=None) for turn in range(1, 6)),
        *(result(None, turn, parent_step=turn) for turn in range(1, 6)),
        trace.Step(role="assistant", type="reasoning"),
        trace.Step(role="system", type="event"),
        trace.Step(role="system", type="approval"),
    ],
    "empty texts everywhere": [
        person(""),
        *(call(turn, tool="", arguments="", call_id="") for turn in range(1, 6)),
        *(result("", turn, parent_step=turn, call_id="") for turn in range(1, 6)),
        trace.Step(role="assistant", type="message", content=""),
    ],
    "arguments of every type": [
        person(),
        *(call(turn, arguments=text) for turn, text in enumerate(("[]", "5", "null", '"x"', "{", "nan", "[[[{}]]]"))),
    ],
    "numbers out of all bounds": [
        person(),
        call(2**31 - 1),
        result("x", 2**31 - 1, parent_step=1, exit_code=-(2**31), http_status=2**31 - 1, started_at=-(2**62)),
    ],
    "turns that go backwards": [person(), *(call(9 - turn) for turn in range(9))],
    "a lane a step": [person(), *(call(turn, lane=f"lane {turn}") for turn in range(200))],
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_run_is_read_to_its_end(name: str) -> None:
    steps = BROKEN[name]
    found = episodes.find(table(steps))
    assert all(0 <= episode.onset_step < len(steps) for episode in found.episodes)
    assert all(0 <= finding.step < len(steps) for finding in found.findings)


@pytest.mark.parametrize("name", ["only a person's messages", "results without calls", "one message", "one call"])
def test_where_nothing_was_called_nothing_failed(name: str) -> None:
    assert episodes.find(table(BROKEN[name])).episodes == []
