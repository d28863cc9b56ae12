"""What a run's version is a hash of, and that the hashes of its steps are a chain."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from reroute.hashes import prefix_hashes
from reroute.trace import Step, number

_TEXT = st.none() | st.text(max_size=5)
_NUMBER = st.none() | st.integers(0, 99)
SAID = {
    "turn": st.integers(0, 9), "lane": st.text(max_size=5), "parent_step": _NUMBER, "agent": _TEXT, "call_id": _TEXT,
    "role": st.sampled_from(["system", "developer", "user", "assistant", "tool"]),
    "type": st.sampled_from(["message", "reasoning", "call", "result", "approval", "event"]),
    "tool": _TEXT, "arguments": _TEXT, "content": _TEXT, "status": st.sampled_from(["ok", "error", "unknown"]),
    "exit_code": _NUMBER, "http_status": _NUMBER, "approval": st.sampled_from([None, "requested", "granted"]),
    "approved_by": _TEXT, "effort": _TEXT, "model": _TEXT, "started_at": _NUMBER,
    "media": st.lists(st.text(max_size=5), max_size=2),
}  # fmt: skip
"""What a step says: part of the identity."""
BESIDE = {
    "duration_ms": st.none() | st.floats(0, 99), "input_tokens": _NUMBER, "output_tokens": _NUMBER,
    "reasoning_tokens": _NUMBER, "cached_tokens": _NUMBER, "cost_usd": st.none() | st.floats(0, 9),
    "redactions": st.integers(0, 9), "source_index": st.integers(0, 99), "source_pointer": st.text(max_size=5),
    "file": _TEXT, "record_id": _TEXT, "forked_at": _NUMBER, "ends_call": _NUMBER,
}  # fmt: skip
"""How long it took, what it cost and where it stood: no part of it."""

SOME = {name: {**SAID, **BESIDE}[name] for name in ("role", "type", "content", "started_at", "duration_ms")}
steps = st.lists(st.builds(Step, **SOME), min_size=1, max_size=5).map(number)


def test_every_field_of_a_step_is_on_one_side() -> None:
    assert sorted([*SAID, *BESIDE, "step"]) == sorted(Step.__struct_fields__)


@settings(deadline=None)
@given(steps, st.data())
def test_time_taken_cost_and_place_are_in_no_hash(run: list[Step], data: st.DataObject) -> None:
    costed = [msgspec.structs.replace(step, **data.draw(st.fixed_dictionaries(BESIDE))) for step in run]
    assert prefix_hashes(costed) == prefix_hashes(run)


@settings(deadline=None)
@given(steps, st.data())
def test_a_change_in_what_a_step_says_changes_its_hash_and_every_later_one_alone(
    run: list[Step], data: st.DataObject
) -> None:
    at, field = data.draw(st.integers(0, len(run) - 1)), data.draw(st.sampled_from(sorted(SAID)))
    value = data.draw(SAID[field].filter(lambda value: value != getattr(run[at], field)))
    other = [*run[:at], msgspec.structs.replace(run[at], **{field: value}), *run[at + 1 :]]
    equal = [one == two for one, two in zip(prefix_hashes(run), prefix_hashes(other), strict=True)]
    assert equal == [True] * at + [False] * (len(run) - at)


@settings(deadline=None)
@given(steps, st.integers(1, 5))
def test_a_grown_run_begins_with_the_hashes_that_it_had(run: list[Step], length: int) -> None:
    assert prefix_hashes(run[:length]) == prefix_hashes(run)[:length]
