"""What was spent while something was failing is the same number wherever it is said."""

from __future__ import annotations

import pyarrow as pa
import pytest

from reroute.look.spent import spent
from reroute.tag import episodes
from reroute.trace import Step, number, steps_schema

ASK = Step(role="user", type="message", content="Find the retry delay.", turn=0)


def said(turn: int, content: str, tokens: int | None) -> Step:
    return Step(role="assistant", type="message", content=content, turn=turn, output_tokens=tokens)


def called(turn: int, command: str, shown: str, parent: int, **more: object) -> list[Step]:
    result = {"exit_code": 1 if "No such" in shown else 0, "content": shown, "parent_step": parent}
    return [
        Step(role="assistant", type="call", tool="bash", arguments=f'{{"command": "{command}"}}', turn=turn, **more),
        Step(role="tool", type="result", tool="bash", turn=turn, **result),
    ]


def table(steps: list[Step]) -> pa.Table:
    rows = [{name: getattr(step, name) for name in Step.__struct_fields__} for step in number(steps)]
    place = {"trajectory_id": "t", "version": "v", "prefix_hash": ""}
    return pa.Table.from_pylist([place | row for row in rows], steps_schema())


MISSING = "sed: can't read a.py: No such file or directory"
RUNS = {
    "the words before the failing call": [
        ASK, said(1, "I read it.", 100), *called(1, "sed -n 1p a.py", MISSING, 2, output_tokens=10),
        *called(2, "grep -n delay lib/a.py", "41: delay = 2", 4, output_tokens=7), said(3, "It is 2.", 1000),
    ],
    "a reply without a call between failure and recovery": [
        ASK, said(1, "I look.", 5), *called(2, "sed -n 1p a.py", MISSING, 2, input_tokens=20), said(3, "Where?", 40),
        Step(role="user", type="message", content="In lib.", turn=4),
        *called(5, "grep -n delay lib/a.py", "41: delay = 2", 6, output_tokens=7),
    ],
    "the second of two calls fails": [
        ASK, *called(1, "ls", "lib", 1, input_tokens=300, output_tokens=9),
        *called(1, "sed -n 1p a.py", MISSING, 3, output_tokens=4),
        *called(2, "grep -n delay lib/a.py", "41: delay = 2", 5, output_tokens=7), said(3, "It is 2.", 1),
    ],
}  # fmt: skip
OPEN = {
    "the words before the failing call": (117, 1117),
    "a reply without a call between failure and recovery": (67, 72),
    "the second of two calls fails": (320, 321),
}


@pytest.mark.parametrize("name", RUNS)
def test_a_share_over_one_episode_is_what_the_episode_says(name: str) -> None:
    steps = table(RUNS[name])
    found = episodes.find(steps).episodes
    counted = spent([steps], found)
    assert counted is not None
    part, whole = OPEN[name]
    assert [episode.tokens_open for episode in found] == [part]
    assert (counted.share, counted.unit) == (pytest.approx(part / whole), "tokens")


def test_an_episode_in_which_no_call_failed_was_open_in_no_turn() -> None:
    steps = table([ASK, said(1, "I look.", 5), Step(role="system", type="event", content="error_max_turns", turn=1)])
    found = episodes.find(steps).episodes
    assert [(episode.kind, episode.tokens_open) for episode in found] == [("limit.hit", None)]
    counted = spent([steps], found)
    assert counted is not None
    assert counted.share == 0
