"""Answers that are no verdict: left out of the votes, paid for once, and not asked for again."""

from __future__ import annotations

import pytest

from reroute.settings import Project

from .conftest import RUNS, Ask, rows
from .loopback import Endpoint, Reply, sound


def test_a_verdict_that_does_not_hold_is_asked_for_once_more_and_then_left(
    ask: Ask, doubtful: Project, endpoint: Endpoint
) -> None:
    endpoint.judge = lambda body: sound(body, quote="what nobody ever wrote")
    assert ask().results == {"invalid": RUNS}
    assert len(endpoint.requests) == 2 * RUNS
    assert rows(doubtful, "from judge_votes") == []
    ask()
    assert len(endpoint.requests) == 2 * RUNS


@pytest.mark.parametrize(
    ("reply", "result"),
    [
        (Reply(text='{"failure": "ye'), "invalid"),
        (Reply(choices=False), "invalid"),
        (Reply(refusal="I cannot help with that."), "refused"),
        (Reply(text='{"control_1": "yes", "contr', finish="length"), "truncated"),
    ],
)
def test_what_cannot_be_read_is_no_vote_and_costs_what_it_cost(
    ask: Ask, doubtful: Project, endpoint: Endpoint, reply: Reply, result: str
) -> None:
    endpoint.replies = [reply] * (2 if result == "invalid" else 1)
    judged = ask(input_usd_per_million=1, output_usd_per_million=1)
    assert judged.results == {"vote": RUNS - 1, result: 1}
    assert judged.spent.tokens == 1_020 * len(endpoint.requests)
    assert judged.spent.usd == pytest.approx(1_020 * len(endpoint.requests) / 1e6)
    assert len(rows(doubtful, "from judge_votes")) == RUNS - 1


def test_one_bad_answer_is_mended_by_asking_once_more(ask: Ask, endpoint: Endpoint) -> None:
    endpoint.replies = [Reply(text="{")]
    assert ask().results == {"vote": RUNS}


def test_answers_without_counts_of_tokens_are_taken_at_their_worst(
    ask: Ask, doubtful: Project, endpoint: Endpoint
) -> None:
    endpoint.replies = [Reply(usage=None)] * RUNS
    assert ask().spent.tokens > 2_000 * RUNS
    assert rows(doubtful, "select distinct stated from judge_requests") == [(False,)]


def test_another_model_that_answers_is_written_down(ask: Ask, doubtful: Project, endpoint: Endpoint) -> None:
    endpoint.replies = [Reply(model="judge-1-mini")]
    ask()
    assert sorted(rows(doubtful, "select distinct answered_by from judge_votes")) == [("judge-1",), ("judge-1-mini",)]


def test_again_asks_only_where_no_vote_came(ask: Ask, endpoint: Endpoint) -> None:
    endpoint.replies = [Reply(text="", finish="length")]
    ask()
    assert ask(again=True).results == {"vote": 1}
    assert len(endpoint.requests) == RUNS + 1
