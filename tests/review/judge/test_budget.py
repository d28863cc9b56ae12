"""What may be spent is never exceeded: not by many at once, not by what never answered, not by a second run."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from reroute.errors import ConfigError
from reroute.review import judge
from reroute.review.judge.limits import Budget, OutOfBudget, Spent
from reroute.settings import Project
from reroute.storage import store

from .conftest import QUICK, RUNS, Ask, asking, rows
from .loopback import Endpoint, Json, Reply


@pytest.mark.parametrize("seed", range(5))
def test_many_threads_never_spend_more_than_there_is(seed: int) -> None:
    budget, lock, spent, most = Budget(10_000, 0.5), threading.Lock(), [0, 0.0], [0, 0.0]
    chance = random.Random(seed)
    jobs = [(chance.randint(1, 900), chance.random()) for _ in range(300)]

    def spend(job: tuple[int, float]) -> None:
        worst = Spent(job[0], job[0] * 4e-5)
        try:
            budget.reserve(worst)
        except OutOfBudget:
            return
        actual = Spent(int(worst.tokens * job[1]), (worst.usd or 0) * job[1])
        with lock:
            spent[0] += actual.tokens
            spent[1] += actual.usd or 0
            most[0], most[1] = max(most[0], spent[0]), max(most[1], spent[1])
        budget.release(worst, actual)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(spend, jobs))
    assert 0 < most[0] <= 10_000
    assert 0 < most[1] <= 0.5
    assert budget.tokens == spent[0]
    assert budget.usd == pytest.approx(spent[1])


def test_requests_at_once_stop_before_the_bound(doubtful: Project, endpoint: Endpoint) -> None:
    plan = judge.estimate(asking(doubtful, endpoint))
    one = max(ask.prompt.size for ask in plan.asks) + 2_000
    endpoint.usage = (min(ask.prompt.size for ask in plan.asks), 2_000)  # about as much as can be
    judged = judge.ask(asking(doubtful, endpoint, concurrency=4, max_tokens=2 * one), retry_policy=QUICK)
    assert (len(endpoint.requests), judged.left, judged.faults) == (2, RUNS - 2, ())
    assert judged.spent.tokens <= 2 * one
    assert "the budget is used up" in judged.line()


def test_money_is_bounded_as_tokens_are(doubtful: Project, endpoint: Endpoint) -> None:
    priced = {"input_usd_per_million": 10, "output_usd_per_million": 40, "concurrency": 4}
    plan = judge.estimate(asking(doubtful, endpoint, **priced))
    worst = max(ask.prompt.size * 10 + 2_000 * 40 for ask in plan.asks) / 1e6
    assert judge.ask(asking(doubtful, endpoint, max_usd=worst * 0.9, **priced), retry_policy=QUICK).asked == 0
    judged = judge.ask(asking(doubtful, endpoint, max_usd=worst * 1.01, **priced), retry_policy=QUICK)
    assert judged.spent.usd is not None
    assert 0 < judged.spent.usd <= worst * 1.01


def test_what_earlier_runs_spent_counts(ask: Ask, doubtful: Project, endpoint: Endpoint) -> None:
    ask()
    plan = judge.estimate(asking(doubtful, endpoint, model="judge-2"))
    assert plan.before.tokens == 1_020 * RUNS
    again = judge.ask(asking(doubtful, endpoint, model="judge-2", max_tokens=1_020 * RUNS + 100), retry_policy=QUICK)
    assert (again.asked, again.left, len(endpoint.requests)) == (0, RUNS, RUNS)


def test_what_another_process_spends_meanwhile_counts(ask: Ask, doubtful: Project, endpoint: Endpoint) -> None:
    spend = (
        "insert into judge_requests values ('x', 'v', 'e', 't', 'm', 'sent', false, '', 499000, 0, false, now(), null)"
    )

    def meanwhile(_: Json) -> None:
        if len(endpoint.requests) == 1:
            with store.of(doubtful).write() as connection:
                connection.execute(spend)

    endpoint.refuses = meanwhile
    judged = ask()
    assert (judged.asked, judged.left, len(endpoint.requests)) == (1, RUNS - 1, 1)


def test_what_was_spent_more_than_a_day_ago_does_not(ask: Ask, doubtful: Project, endpoint: Endpoint) -> None:
    ask()
    with store.of(doubtful).write() as connection:
        connection.execute("update judge_requests set sent_at = sent_at - interval 25 hours")
    assert judge.estimate(asking(doubtful, endpoint)).before.tokens == 0


def test_a_request_whose_end_is_not_known_counts_at_its_worst(ask: Ask, doubtful: Project, endpoint: Endpoint) -> None:
    endpoint.replies = [Reply(raw=b"{"), Reply(raw=b"{"), Reply(raw=b"{")]
    judged = ask(input_usd_per_million=1, output_usd_per_million=1)
    (lost,) = rows(doubtful, "select sum(tokens) from judge_requests where result = 'failed' and not stated")
    assert judged.spent.tokens == int(str(lost[0])) + 1_020 * (RUNS - 1)


def test_a_bound_in_money_without_prices_is_refused(ask: Ask, endpoint: Endpoint) -> None:
    with pytest.raises(ConfigError, match="could not be observed"):
        ask(max_usd=1)
    assert endpoint.requests == []
