from itertools import pairwise

from reroute.export.rows import messages
from reroute.trace import Step, number


def render(steps, **options):
    return messages.render(steps, **{"reasoning": "drop", "text_protocol": False} | options)


def test_each_call_is_followed_by_its_result_under_an_id_of_its_own(booked):
    made = render(booked.steps)
    pairs = [(a.calls[0].id, b.answers) for a, b in pairwise(made) if a.calls]
    assert pairs == [("call_2", "call_2"), ("call_5", "call_5"), ("call_7", "call_7")]


def test_words_and_calls_of_one_reply_are_one_message(booked):
    message = next(m for m in render(booked.steps) if m.calls and m.calls[0].name == "get_price")
    assert message.content == "That was refused; I look the price up."


def test_a_call_whose_result_is_not_there_yet_is_answered_all_the_same(booked):
    made = render(booked.steps[:3])
    assert made[-1].content == messages.NO_RESULT


def test_a_remark_between_call_and_result_comes_after_the_result():
    steps = number(
        [
            Step(role="user", type="message", content="go"),
            Step(role="assistant", type="call", tool="run", arguments="{}", turn=1),
            Step(role="user", type="message", content="wait"),
            Step(role="tool", type="result", content="done", parent_step=1, turn=1),
        ]
    )
    assert [m.content for m in render(steps)] == ["go", None, "done", "wait"]


def test_reasoning_is_left_out_or_stands_before_the_words_as_asked():
    steps = number(
        [
            Step(role="assistant", type="reasoning", content="hm", turn=1),
            Step(role="assistant", type="message", content="Yes.", turn=1),
        ]
    )
    assert [render(steps)[0].content, render(steps, reasoning="content")[0].content] == ["Yes.", "hm\n\nYes."]


def test_a_text_protocol_says_that_commands_are_tool_calls_now(booked):
    first = render(booked.steps, text_protocol=True)[0]
    assert first.content == f"You book flights.\n\n{messages.PROTOCOL_NOTE}"


def test_parallel_calls_of_one_reply_are_one_message_with_two_answers():
    steps = number(
        [
            Step(role="assistant", type="call", tool="a", arguments="{}", turn=1),
            Step(role="tool", type="result", content="A", parent_step=0, turn=1),
            Step(role="assistant", type="call", tool="b", arguments="{}", turn=1),
            Step(role="tool", type="result", content="B", parent_step=2, turn=1),
        ]
    )
    made = render(steps)
    assert [(m.role, m.answers, len(m.calls)) for m in made] == [
        ("assistant", None, 2), ("tool", "call_0", 0), ("tool", "call_2", 0),
    ]  # fmt: skip
