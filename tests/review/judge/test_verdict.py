"""Answers that are no verdict, by what is wrong with them."""

from __future__ import annotations

import json

import pytest

from reroute.review.judge.prompt import Prompt, prompt
from reroute.review.judge.verdict import NoVote, Reply, Vote, read
from reroute.review.judge.words import Words, words

SHOWN = """\
[step 1, call: bash, THE ACTION IN QUESTION]
| pytest -q
[step 2, result of step 1, exit code 1, WHAT CAME OF IT]
| FAILED test_a.py::test_sum - assert 1 == 2
|   1 failed in 0.02s"""


@pytest.fixture(scope="module")
def given() -> Words:
    return words()


@pytest.fixture(scope="module")
def asked(given: Words) -> Prompt:
    return prompt(given, SHOWN)


def answer(asked: Prompt, **changes: object) -> dict[str, object]:
    first, second = asked.controls
    sound = {"control_1": first, "control_2": second, "reason": "It is red.", "quote": "FAILED test_a.py::test_sum"}
    return sound | {"failure": "yes", "outcome": "ended", "kind": "check.red", "confidence": 0.8} | changes


def reply(text: str | None, refusal: str | None = None, finish: str | None = "stop") -> Reply:
    return Reply(text, refusal, finish, "judge-1", 900, 120)


def test_a_sound_answer_is_a_vote(asked: Prompt, given: Words) -> None:
    vote = read(reply(json.dumps(answer(asked))), asked, given)
    assert vote == Vote("yes", "ended", "check.red", 0.8, "It is red.", "FAILED test_a.py::test_sum")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"failure": "perhaps"}, "not the JSON that was asked for"),
        ({"confidence": "high"}, "not the JSON that was asked for"),
        ({"more": "words"}, "not the JSON that was asked for"),
        ({"reason": None}, "not the JSON that was asked for"),
        ({"confidence": 7}, "not between 0 and 1"),
        ({"confidence": -0.1}, "not between 0 and 1"),
        ({"outcome": "splendid"}, "there is no outcome"),
        ({"kind": "bad.luck"}, "there is no kind"),
        ({"quote": "what nobody ever wrote"}, "its quote is not in what was shown"),
        ({"quote": ""}, "its quote is not in what was shown"),
        ({"quote": "FA"}, "its quote is not in what was shown"),
        ({"failure": "no", "quote": "head -n 2 last-week.log"}, "its quote is not in what was shown"),
    ],
)
def test_what_does_not_hold_is_no_vote(asked: Prompt, given: Words, changes: dict[str, object], why: str) -> None:
    found = read(reply(json.dumps(answer(asked, **changes))), asked, given)
    assert isinstance(found, NoVote)
    assert found.flaw == "invalid"
    assert why in found.detail


@pytest.mark.parametrize("key", ["control_1", "reason", "quote", "failure", "outcome", "kind", "confidence"])
def test_no_key_may_be_missing(asked: Prompt, given: Words, key: str) -> None:
    given = answer(asked)
    del given[key]
    found = read(reply(json.dumps(given)), asked, given)
    assert isinstance(found, NoVote)
    assert found.flaw == "invalid"


@pytest.mark.parametrize(
    ("said", "flaw"),
    [
        (reply('{"failure": "ye'), "invalid"),
        (reply("I would say that it failed."), "invalid"),
        (reply("[]"), "invalid"),
        (reply(""), "invalid"),
        (reply(None), "invalid"),
        (reply(None, refusal="I cannot help with that."), "refused"),
        (reply("", finish="content_filter"), "refused"),
        (reply('{"control_1": "yes", "contr', finish="length"), "truncated"),
    ],
)
def test_what_cannot_be_read_says_what_is_wrong(asked: Prompt, given: Words, said: Reply, flaw: str) -> None:
    found = read(said, asked, given)
    assert isinstance(found, NoVote)
    assert found.flaw == flaw


@pytest.mark.parametrize("alike", ["yes", "no", "unclear"])
def test_who_answers_both_controls_alike_was_not_judging(asked: Prompt, given: Words, alike: str) -> None:
    found = read(reply(json.dumps(answer(asked, control_1=alike, control_2=alike))), asked, given)
    assert isinstance(found, NoVote)
    assert found.flaw == "control"


def test_json_in_a_block_of_code_is_read(asked: Prompt, given: Words) -> None:
    assert isinstance(read(reply(f"```json\n{json.dumps(answer(asked))}\n```"), asked, given), Vote)


def test_unclear_needs_no_quote(asked: Prompt, given: Words) -> None:
    changes = {"failure": "unclear", "outcome": "none", "kind": "none", "quote": ""}
    assert isinstance(read(reply(json.dumps(answer(asked, **changes))), asked, given), Vote)


def test_a_quote_may_run_over_lines_and_have_other_white_space(asked: Prompt, given: Words) -> None:
    quote = "assert 1 ==  2\n1 failed"
    assert isinstance(read(reply(json.dumps(answer(asked, quote=quote))), asked, given), Vote)


def test_outcome_and_kind_of_what_is_no_failure_are_dropped(asked: Prompt, given: Words) -> None:
    vote = read(reply(json.dumps(answer(asked, failure="no"))), asked, given)
    assert isinstance(vote, Vote)
    assert (vote.verdict, vote.episode_outcome, vote.kind) == ("no", None, None)
