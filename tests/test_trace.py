"""The canonical record: the hash by which a judged span is found again."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reroute.hashes import span_hash
from reroute.trace import Step, number

SPAN = number(
    [
        Step(
            role="assistant", type="call", tool="book", arguments='{"flight": "HX1", "seats": 2}', call_id="a", turn=3
        ),
        Step(role="tool", type="result", tool="book", content="refused: <email:7f3a>", call_id="a", status="error"),
        Step(role="assistant", type="message", content="I try again."),
    ]
)


def changed(index: int, **fields: object) -> list[Step]:
    return [msgspec.structs.replace(step, **fields) if at == index else step for at, step in enumerate(SPAN)]


@pytest.mark.parametrize(
    "fields",
    [
        {"role": "user"}, {"type": "event"}, {"tool": "cancel"}, {"arguments": '{"flight": "HX2", "seats": 2}'},
        {"arguments": None}, {"content": "more"},
    ],
)  # fmt: skip
def test_what_was_said_and_done_is_hashed(fields: dict) -> None:
    assert span_hash(changed(0, **fields)) != span_hash(SPAN)


def test_the_order_is_hashed() -> None:
    assert span_hash([SPAN[0], SPAN[2], SPAN[1]]) != span_hash(SPAN)


@given(
    fields=st.fixed_dictionaries({
        "step": st.integers(0, 999), "turn": st.integers(0, 99), "parent_step": st.none() | st.integers(0, 99),
        "agent": st.none() | st.text(), "call_id": st.none() | st.text(), "status": st.sampled_from(["ok", "unknown"]),
        "model": st.none() | st.text(), "started_at": st.none() | st.integers(0, 10**15),
        "output_tokens": st.none() | st.integers(0, 99), "source_index": st.integers(0, 99),
        "redactions": st.integers(0, 9),
    }),
    lane=st.text(),
    index=st.integers(0, 2),
)  # fmt: skip
def test_time_ids_place_and_lane_are_not_hashed(fields: dict, lane: str, index: int) -> None:
    moved = [msgspec.structs.replace(step, lane=lane) for step in changed(index, **fields)]
    assert span_hash(moved) == span_hash(SPAN)


def test_arguments_are_the_same_in_any_order_and_spacing() -> None:
    assert span_hash(changed(0, arguments='{"seats":2,"flight":"HX1"}')) == span_hash(SPAN)
    assert span_hash(changed(0, arguments="no json {")) != span_hash(SPAN)


def test_what_another_lane_did_meanwhile_is_not_hashed() -> None:
    other = Step(role="assistant", type="message", content="elsewhere", lane="side")
    assert span_hash([SPAN[0], other, *SPAN[1:]]) == span_hash(SPAN)
