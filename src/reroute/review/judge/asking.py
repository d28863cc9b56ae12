"""Asking the judge: doubtful episodes that were not asked about, within the budget, several at a time."""

from __future__ import annotations

from reroute.errors import ConfigError
from reroute.llm_api.retry import RetryPolicy
from reroute.review.judge.budget import Budget, prices
from reroute.review.judge.endpoint import endpoint
from reroute.review.judge.estimate import estimate
from reroute.review.judge.ledger import Ledger
from reroute.review.judge.pace import Pace
from reroute.review.judge.run import Judged, Run
from reroute.review.judge.words import words
from reroute.settings import Project


def ask(project: Project, *, again: bool = False, patience: RetryPolicy | None = None) -> Judged:
    """Ask about every doubtful episode that has no vote yet; ``again`` also where asking gave none before.

    Raises ConfigError where the settings do not say whom to ask, or set a bound in money without prices.
    """
    limits = project.settings.judge
    there = endpoint(limits)
    told = words(project.root)
    plan = estimate(project, told, again=again)
    if plan.asks and limits.max_usd is not None and plan.worst.usd is None:
        raise ConfigError(
            "Asking the judge: [judge] max_usd is set and the prices are not, so it could not be kept. Set "
            "input_usd_per_million and output_usd_per_million (0 for a server of your own), or leave max_usd out."
        )
    ledger, tolerant = Ledger(project), patience or RetryPolicy(attempts=limits.retries + 1)
    ledger.withheld(list(plan.withheld))
    run = Run(
        words=told,
        there=there,
        ledger=ledger,
        pace=Pace(limits.requests_per_minute, limits.tokens_per_minute, sleep=tolerant.sleep),
        budget=Budget(limits.max_tokens, limits.max_usd, plan.before.tokens, plan.before.usd or 0.0),
        patience=tolerant,
        priced=prices(limits),
    )
    return run.all(plan, limits.concurrency)
