import pytest

from .handmade import cases, notes_of

FLAGS = ("acknowledges", "reports", "hands_over", "claims_success", "withdraws", "asks")


@pytest.mark.parametrize("case", cases("notes"))
def test_a_message_is_understood(case):
    note = notes_of([{"run": "ls", "shows": "a", "exit_code": 0}, case])[0]
    assert [name for name in FLAGS if note[name]] == case["flags"]


def test_what_is_said_before_a_call_of_the_same_turn_asks_nobody():
    from reroute.features import build
    from reroute.trace import Step

    from .handmade import table

    steps = [
        Step(role="assistant", type="message", content="Is it in src?", turn=1),
        Step(role="assistant", type="call", tool="bash", arguments='{"command": "ls"}', turn=1),
    ]
    assert build(table(steps)).notes.to_pylist()[0]["asks"] is False


def test_an_event_that_names_a_limit_is_a_note():
    from reroute.features import build
    from reroute.trace import Step

    from .handmade import table

    steps = [Step(role="system", type="event", content="exit_status: LimitsExceeded")]
    assert [note["limit"] for note in build(table(steps)).notes.to_pylist()] == ["cost"]
