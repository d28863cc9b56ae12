from dataclasses import replace

import pytest

from reroute.export import cut, mask, messages
from reroute.export.candidates import Recovery
from reroute.trace import Step, number


@pytest.fixture
def recovery(booked) -> Recovery:
    return Recovery(
        episode_id="e", kind="call.rejected", outcome="recovered_repair", cause="agent", tier="A",
        assisted="agent_initiated", lane="main", onset=booked.onset, manifest=booked.onset + 1,
        recovery=booked.recovery,
    )  # fmt: skip


def weights(steps, recovery):
    shown = messages.render(cut.through_recovery(steps, recovery), reasoning="drop", text_protocol=False)
    return [
        (m.weight, m.calls[0].name if m.calls else m.content)
        for m in mask.masked(shown, steps, recovery)
        if m.weight is not None
    ]


def test_the_failing_reply_is_context_and_what_follows_is_trained_on(booked, recovery):
    assert weights(booked.steps, recovery) == [
        (0, "book"), (1, "get_price"), (1, "book"), (1, "It is booked as RES0001."),
    ]  # fmt: skip


def test_the_row_ends_before_what_a_person_says_next(booked, recovery):
    assert [s.content for s in cut.through_recovery(booked.steps, recovery)][-1] == "It is booked as RES0001."


def test_the_row_ends_with_the_recovering_reply_where_more_calls_follow(booked, recovery):
    more = [*booked.steps[:9], Step(role="assistant", type="call", tool="next", arguments="{}", turn=99)]
    assert cut.through_recovery(number(more), recovery)[-1].step == recovery.recovery


def test_a_second_failure_on_the_way_is_context_too(booked, recovery):
    again = replace(recovery, failing=frozenset({5}))
    assert weights(booked.steps, again)[1] == (0, "get_price")


def test_a_result_that_states_an_error_makes_its_call_context(booked, recovery):
    booked.steps[6].status = "error"
    assert weights(booked.steps, recovery)[1] == (0, "get_price")


def test_the_prompt_ends_immediately_before_the_recovering_reply(booked, recovery):
    assert [s.step for s in cut.before_turn(booked.steps, recovery.recovery)] == [0, 1, 2, 3, 4, 5, 6]


def test_words_of_the_recovering_reply_are_no_part_of_the_prompt(booked):
    assert [s.step for s in cut.before_turn(booked.steps, 5)] == [0, 1, 2, 3]


def test_other_lanes_are_not_shown(booked):
    booked.steps[4].lane = "side"
    assert 4 not in {s.step for s in cut.lane_of(booked.steps, "main")}


def test_a_clean_run_is_trained_on_throughout(booked):
    shown = messages.render(booked.steps, reasoning="drop", text_protocol=False)
    assert {m.weight for m in mask.masked(shown, booked.steps, None)} == {1, None}
