import pytest

from .handmade import actions_of, cases


@pytest.mark.parametrize("case", cases("observations"))
def test_an_observation_says_what_it_says(case):
    action = actions_of(case["steps"])[case.get("at", -1)]
    signals = action["signals"]
    assert sorted(s["signal"] for s in signals if s["firm"]) == sorted(case.get("firm", [])), signals
    assert sorted(s["signal"] for s in signals if not s["firm"]) == sorted(case.get("weak", [])), signals
    for name in ("own_script", "control", "empty", "check_result", "targets", "external"):
        if name in case:
            assert action[name] == case[name], name
    assert action["outcome_hint"] == case.get("outcome", action["outcome_hint"])
    assert action["error_template"] == case.get("template", action["error_template"])
    assert action["named_slots"] == case.get("named", action["named_slots"])
    assert signals[0]["quote"] == case["quote"] if "quote" in case else True


@pytest.mark.parametrize("case", cases("checks"))
def test_a_check_reports_what_failed(case):
    action = actions_of([case])[0]
    assert action["family"] == "check"
    assert action["check_result"] == case["result"]
    assert action["failed_ids"] == case.get("failed", action["failed_ids"])
    assert action["passed_ids"] == case.get("passed", action["passed_ids"])
    for name in ("failed_count", "passed_count"):
        assert action[name] == case.get(name, action[name]), name
    if case["result"] == "red":
        assert [s["signal"] for s in action["signals"]] == ["check_red"]
        assert action["signals"][0]["quote"] == case.get("quote", action["signals"][0]["quote"])


def test_a_span_is_counted_in_the_characters_of_the_result():
    shows = "é" * 10_000 + "\nsed: x.py: No such file or directory"
    signal = actions_of([{"run": "sed -n 1p x.py", "shows": shows, "exit_code": 1}])[0]["signals"][0]
    assert shows[signal["span_start"] : signal["span_end"]] == signal["quote"] == "sed: x.py: No such file or directory"


def test_what_lies_between_the_ends_of_a_long_result_is_not_read():
    shows = "a\n" * 3000 + "sed: x.py: No such file or directory\n" + "b\n" * 3000
    signals = actions_of([{"run": "sed -n 1p x.py", "shows": shows, "exit_code": 1}])[0]["signals"]
    assert [(s["signal"], s["firm"]) for s in signals] == [("exit_nonzero", False)]
