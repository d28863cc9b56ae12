import pytest

from .handmade import cases, notes_of

FLAGS = ("acknowledges", "reports", "hands_over", "claims_success", "withdraws", "asks")


@pytest.mark.parametrize("case", cases("notes"))
def test_a_message_is_understood(case):
    note = notes_of([{"run": "ls", "shows": "a", "exit_code": 0}, case])[0]
    assert [name for name in FLAGS if note[name]] == case["flags"]


def test_what_is_said_before_a_call_of_the_same_turn_asks_nobody():
    from reroute.tag.features import build
    from reroute.trace import Step

    from .handmade import table

    steps = [
        Step(role="assistant", type="message", content="Is it in src?", turn=1),
        Step(role="assistant", type="call", tool="bash", arguments='{"command": "ls"}', turn=1),
    ]
    assert build(table(steps)).notes.to_pylist()[0]["asks"] is False


def test_what_one_agent_says_to_another_is_not_said_to_the_person():
    from reroute.tag.features import build
    from reroute.trace import Step

    from .handmade import table

    steps = [
        Step(role="user", type="message", content="Count the files.", turn=0),
        Step(role="assistant", type="message", agent="lead", content="Please run the script.", turn=1),
        Step(role="assistant", type="call", agent="terminal", tool="sh", arguments="{}", turn=2),
        Step(role="assistant", type="message", agent="terminal", content="All files have been counted.", turn=3),
        Step(role="assistant", type="message", agent="lead", content="Please run the other script.", turn=4),
        Step(role="user", type="message", content="Why?", turn=4),
        Step(role="assistant", type="message", agent="lead", content="Please run it yourself.", turn=5),
    ]
    notes = build(table(steps)).notes.to_pylist()
    assert [(note["type"], note["hands_over"]) for note in notes if note["role"] == "assistant"] == [
        ("reasoning", False),
        ("reasoning", False),
        ("message", True),
        ("message", True),
    ]


@pytest.mark.parametrize(
    ("event", "limit"),
    [
        ("exit_status: LimitsExceeded", "cost"),
        ("Exited: the run reached its total cost limit", "cost"),
        ("incomplete: max_output_tokens", "length"),
        ("Agent stopped due to max iterations", "steps"),
        ("Maximum number of turns (30) reached", "steps"),
        ("error: Your input exceeds the context window of this model.", "context"),
        ("input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000", "context"),
    ],
)
def test_an_event_that_names_a_limit_is_a_note(event, limit):
    from reroute.tag.features import build
    from reroute.trace import Step

    from .handmade import table

    steps = [Step(role="system", type="event", content=event)]
    assert [note["limit"] for note in build(table(steps)).notes.to_pylist()] == [limit]


def test_an_ordinary_summary_names_no_limit():
    say = (
        "The page is finished. Every request is now counted, and a cost limit can be set for each of them in settings."
    )
    assert notes_of([{"say": say}])[0]["limit"] is None


def test_an_empty_message_of_the_agent_says_nothing_and_a_person_may_send_a_picture():
    assert [note["role"] for note in notes_of([{"say": " \n"}, {"say": "", "role": "user"}])] == ["user"]
