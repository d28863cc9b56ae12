"""What is asked, once, and what is stored of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from reroute.errors import ConfigError, UsageError
from reroute.review import judge
from reroute.settings import Project
from reroute.tag import episodes

from .conftest import QUICK, RUNS, Ask, asking, rows
from .loopback import Endpoint


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_doubtful_episode_gets_one_vote(ask: Ask, doubtful: Project, endpoint: Endpoint) -> None:
    judged = ask()
    assert (judged.asked, judged.results, judged.left, judged.faults) == (RUNS, {"vote": RUNS}, 0, ())
    assert len(endpoint.requests) == RUNS
    votes = rows(doubtful, "select verdict, kind, outcome, confidence, model, input_tokens from judge_votes")
    assert votes == [("yes", "check.red", "ended", 0.8, "judge-1", 900)] * RUNS


def test_what_was_asked_once_is_not_asked_again_and_changes_no_byte(
    ask: Ask, doubtful: Project, endpoint: Endpoint
) -> None:
    ask()
    before = contents(doubtful.root)
    assert ask().line() == "nothing to ask: every doubtful episode was asked about"
    assert (len(endpoint.requests), contents(doubtful.root)) == (RUNS, before)


def test_another_model_is_asked_anew(ask: Ask, endpoint: Endpoint) -> None:
    ask()
    ask(model="judge-2")
    assert [body["model"] for body in endpoint.requests] == ["judge-1"] * RUNS + ["judge-2"] * RUNS


def test_a_vote_changes_no_label(ask: Ask, doubtful: Project) -> None:
    before = episodes.load(doubtful)
    ask()
    assert episodes.load(doubtful) == before
    assert {episode.is_failure for episode in before} == {None}


def test_an_estimate_sends_and_writes_nothing_and_calls_an_unknown_price_unknown(
    doubtful: Project, endpoint: Endpoint
) -> None:
    before = contents(doubtful.root)
    plan = judge.estimate(asking(doubtful, endpoint))
    assert (len(plan.asks), plan.likely.usd, plan.worst.usd) == (RUNS, None, None)
    assert "price unknown" in "\n".join(plan.lines())
    assert (endpoint.requests, contents(doubtful.root)) == ([], before)


def test_an_estimate_with_prices_says_the_likely_and_the_highest_price(doubtful: Project, endpoint: Endpoint) -> None:
    plan = judge.estimate(asking(doubtful, endpoint, input_usd_per_million=2, output_usd_per_million=8))
    assert plan.likely.usd is not None
    assert plan.worst.usd is not None
    assert 0 < plan.likely.usd < plan.worst.usd
    assert plan.worst.usd == pytest.approx(sum((a.prompt.size * 2 + 2_000 * 8) / 1e6 for a in plan.asks))


def test_no_more_are_under_way_than_allowed(ask: Ask, endpoint: Endpoint) -> None:
    endpoint.delay = 1
    ask(concurrency=2)
    assert endpoint.most_at_once == 2


def test_without_a_model_or_a_key_nothing_is_sent(doubtful: Project, endpoint: Endpoint) -> None:
    with pytest.raises(ConfigError, match=r"model in reroute\.toml is not set"):
        judge.ask(asking(doubtful, endpoint, model=None), retry_policy=QUICK)
    with pytest.raises(ConfigError, match="NO_SUCH_KEY is not set"):
        judge.ask(asking(doubtful, endpoint, base_url="https://judge.example/v1", api_key_env="NO_SUCH_KEY"))
    with pytest.raises(UsageError, match="in clear"):
        judge.ask(asking(doubtful, endpoint, base_url="http://judge.example/v1"))
    assert endpoint.requests == []


def test_a_server_of_ones_own_needs_no_key(ask: Ask, endpoint: Endpoint) -> None:
    assert ask(api_key_env="NO_SUCH_KEY").results == {"vote": RUNS}
