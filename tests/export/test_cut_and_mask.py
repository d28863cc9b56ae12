from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reroute.export.candidates import Act, Recovery
from reroute.export.rows import cut, mask, messages
from reroute.lanes import path
from reroute.trace import Step, number


def recovering(onset: int, recovery: int, **known: object) -> Recovery:
    return Recovery(
        episode_id="e", kind="call.rejected", episode_outcome="recovered_repair", cause="agent", tier="A",
        assisted="agent_initiated", lane="main", onset=onset, manifest=onset + 1, recovery=recovery, **known,
    )  # fmt: skip


@pytest.fixture
def recovery(booked) -> Recovery:
    return recovering(booked.onset, booked.recovery)


def acts_of(steps, hints=()) -> dict[int, Act]:
    hints = dict(hints)
    calls = [step for step in steps if step.type == "call"]
    return {call.step: Act(f"{call.tool} {call.arguments}", hints.get(call.step, "ok")) for call in calls}


def weights(steps, recovery, acts=None):
    shown = messages.render(cut.through_recovery(steps, recovery), reasoning="drop", text_protocol=False)
    return [
        (m.weight, m.calls[0].name if m.calls else m.content)
        for m in mask.masked(shown, steps, recovery, acts_of(steps) if acts is None else acts)
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


def test_a_repeat_of_the_failed_call_after_a_reroute_is_context(talk):
    talk.says("user", "Book, please.")
    onset = talk.calls("book", "no", amount=1)
    talk.calls("look", "a price", flight="A")
    talk.calls("book", "nothing was said", amount=1)
    recovery = talk.calls("book", "booked", amount=2)
    assert weights(talk.done(), recovering(onset, recovery)) == [(0, "book"), (1, "look"), (0, "book"), (1, "book")]


def test_a_reply_that_repeats_the_failed_call_beside_another_is_context(talk):
    talk.says("user", "Book, please.")
    onset = talk.calls("book", "no", amount=1)
    looking = talk.calls("look", "a price", flight="A")
    repeat = talk.calls("book", "nothing was said", amount=1)
    recovery = talk.calls("book", "booked", amount=2)
    steps = talk.done()
    steps[repeat].turn = steps[looking].turn
    assert weights(steps, recovering(onset, recovery)) == [(0, "book"), (0, "look"), (1, "book")]


def test_a_retry_that_recovers_is_trained_on(talk):
    talk.says("user", "Book, please.")
    onset = talk.calls("book", "busy", amount=1)
    recovery = talk.calls("book", "booked", amount=1)
    assert weights(talk.done(), recovering(onset, recovery)) == [(0, "book"), (1, "book")]


def test_a_recovery_that_a_weak_signal_points_at_is_trained_on(booked, recovery):
    assert weights(booked.steps, replace(recovery, doubtful=frozenset({recovery.recovery})))[2] == (1, "book")


def test_a_call_that_worked_after_a_fix_is_no_repeat_of_its_failure(talk):
    talk.says("user", "Go on.")
    checked = talk.calls("check", "red", of="all")
    onset = talk.calls("edit", "no match", line=1)
    fixed = talk.calls("check", "green", of="all")
    talk.calls("check", "green", of="all")
    recovery = talk.calls("edit", "done", line=2)
    known = {"failing": frozenset({checked, onset}), "recoveries": frozenset({fixed})}
    assert [weight for weight, _ in weights(talk.done(), recovering(onset, recovery, **known))] == [0, 0, 1, 1, 1]


@pytest.mark.parametrize("hint", ["unknown", "fail"])
def test_what_nobody_can_say_went_well_is_context_while_the_failure_is_open(booked, recovery, hint):
    acts = acts_of(booked.steps, {5: hint, recovery.recovery: hint})
    assert weights(booked.steps, recovery, acts)[:3] == [(0, "book"), (0, "get_price"), (1, "book")]


@st.composite
def lanes(draw):
    """A lane of calls, one or two a reply: what each asks for, whether it fails or recovers, what its result says."""
    count = draw(st.integers(3, 14))
    asks = draw(st.lists(st.sampled_from("abc"), min_size=count, max_size=count))
    fates = draw(
        st.lists(st.sampled_from(["fails", "recovers", "ok", "ok", "unknown"]), min_size=count, max_size=count)
    )
    together = draw(st.lists(st.booleans(), min_size=count, max_size=count))
    onset = draw(st.integers(0, count - 2))
    return asks, fates, together, onset, draw(st.integers(onset + 1, count - 1))


@given(lanes())
def test_no_reply_is_trained_that_fails_repeats_or_nobody_can_judge(lane):
    asks, fates, together, onset, recovery = lane
    fates[onset], fates[recovery] = "fails", "recovers"
    steps, turn = [Step(role="user", type="message", content="Go.", turn=0)], 0
    for ask, joined in zip(asks, together, strict=True):
        turn += not (joined and turn)
        steps.append(Step(role="assistant", type="call", tool=ask, arguments="{}", turn=turn))
    number(steps)
    found = {fate: frozenset(n + 1 for n, known in enumerate(fates) if known == fate) for fate in fates}
    episode = recovering(onset + 1, recovery + 1, failing=found["fails"], recoveries=found["recovers"] - {recovery + 1})
    acts = acts_of(steps, dict.fromkeys(found.get("unknown", ()), "unknown"))
    shown = messages.render(steps, reasoning="drop", text_protocol=False)
    trained = {c.step - 1 for m in mask.masked(shown, steps, episode, acts) if m.weight == 1 for c in m.calls}
    mine = steps[recovery + 1].turn
    for n in trained:
        assert n > onset
        assert fates[n] != "fails"
        assert fates[n] != "unknown" or steps[n + 1].turn == mine
        failed = max((k for k in range(n) if asks[k] == asks[n] and fates[k] == "fails"), default=-1)
        healed = any(asks[k] == asks[n] and fates[k] == "recovers" for k in range(failed, n + 1))
        assert failed < 0 or healed


def test_the_prompt_ends_immediately_before_the_recovering_reply(booked, recovery):
    assert [s.step for s in cut.before_turn(booked.steps, recovery.recovery)] == [0, 1, 2, 3, 4, 5, 6]


def test_words_of_the_recovering_reply_are_no_part_of_the_prompt(booked):
    assert [s.step for s in cut.before_turn(booked.steps, 5)] == [0, 1, 2, 3]


def test_other_lanes_are_not_shown(booked):
    booked.steps[4].lane = "side"
    assert 4 not in {s.step for s in path(booked.steps, "main")}


def test_a_clean_run_is_trained_on_throughout(booked):
    shown = messages.render(booked.steps, reasoning="drop", text_protocol=False)
    assert {m.weight for m in mask.masked(shown, booked.steps, None, {})} == {1, None}
