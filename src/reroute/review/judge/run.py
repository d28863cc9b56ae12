"""Asking the judge: doubtful episodes that were not asked about, within budget and rate limit, several at a time."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from reroute.errors import ConfigError, PartialFailure
from reroute.llm_api.errors import NoResponse, RateLimited, Rejected, ServerError
from reroute.llm_api.retry import RetryPolicy
from reroute.review.judge.chosen import Ask
from reroute.review.judge.endpoint import FORM_REJECTED, Endpoint, endpoint
from reroute.review.judge.estimate import Estimate, estimate, worst
from reroute.review.judge.ledger import Ledger, Result
from reroute.review.judge.limits import Budget, OutOfBudget, Prices, RateLimit, Spent
from reroute.review.judge.verdict import NoVote, Reply, read
from reroute.review.judge.words import Words, words
from reroute.settings import Project

TRIES = 2
"""How often a prompt is sent until its answer can be read."""
ENOUGH = 5
"""Episodes in a row that failed at the endpoint, after which it is left alone for this run."""

_BYTES_PER_TOKEN = 3
"""Fewer than prompts usually have: requests are rather too slow than rate limited."""
_ABOUT_ONE = {400, 413, 422}
"""Refusals that are about one request; any other (key, model, quota) is about all of them."""
_WORDS = {
    "vote": "votes",
    "control": "misjudged a control",
    "withheld": "withheld (orders in the recording; a person decides)",
}


@dataclass(frozen=True)
class Judged:
    """The results of a run of the judge."""

    asked: int
    """Episodes whose asking ended, in an answer or in a fault."""
    results: dict[str, int]
    """How many by result, the commonest first."""
    spent: Spent
    left: int
    """Doubtful episodes without an answer: the budget ended, or the endpoint failed."""
    why_left: str
    faults: tuple[str, ...]

    def line(self) -> str:
        """In one line."""
        if not self.asked and not self.results and not self.left:
            return "nothing to ask: every doubtful episode was asked about"
        results = ", ".join(f"{count:,} {_WORDS.get(name, name)}" for name, count in self.results.items())
        usd = "price unknown" if self.spent.usd is None else f"${self.spent.usd:,.4f}"
        left = f"; {self.left:,} left: {self.why_left}" if self.left else ""
        return f"{self.asked:,} asked: {results or 'no answer'}; {self.spent.tokens:,} tokens, {usd}{left}"

    def check(self) -> None:
        """Raise PartialFailure where the endpoint failed."""
        if self.faults:
            raise PartialFailure(f"the judge did not answer everything: {self.line()}. First: {self.faults[0]}")


def ask(project: Project, *, again: bool = False, retry_policy: RetryPolicy | None = None) -> Judged:
    """Ask about every doubtful episode that has no vote yet; ``again`` also where asking gave none before.

    Raises ConfigError where the settings do not say whom to ask, or set a bound in money without prices.
    """
    limits = project.settings.judge
    there = endpoint(limits)
    given = words(project.root)
    plan = estimate(project, given, again=again)
    if plan.asks and limits.max_usd is not None and plan.worst.usd is None:
        raise ConfigError(
            "Asking the judge: [judge] max_usd is set and the prices are not, so it could not be observed. Set "
            "input_usd_per_million and output_usd_per_million (0 for a server of your own), or leave max_usd out."
        )
    ledger, policy = Ledger(project), retry_policy or RetryPolicy(attempts=limits.retries + 1)
    ledger.withheld(list(plan.withheld))
    run = Run(
        words=given,
        there=there,
        ledger=ledger,
        rate_limit=RateLimit(limits.requests_per_minute, limits.tokens_per_minute, sleep=policy.sleep),
        budget=Budget(limits.max_tokens, limits.max_usd, plan.before.tokens, plan.before.usd or 0.0),
        retry_policy=policy,
        prices=plan.prices,
    )
    return run.all(plan, limits.concurrency)


@dataclass
class Run:
    """What the threads of a run share."""

    words: Words
    there: Endpoint
    ledger: Ledger
    rate_limit: RateLimit
    budget: Budget
    retry_policy: RetryPolicy
    prices: Prices
    results: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    stop: str = ""
    """Why nothing more is asked; empty as long as something is."""
    asked: int = 0
    tokens: int = 0
    usd: float = 0.0
    _failed_in_a_row: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def all(self, plan: Estimate, concurrency: int) -> Judged:
        """Every ask of the plan: the first alone, since it finds out whether and how the endpoint can be asked."""
        for first in plan.asks[:1]:
            self.one(first)
        with ThreadPoolExecutor(concurrency) as pool:
            for _ in pool.map(self.one, plan.asks[1:]):
                pass
        left = len(plan.asks) - self.results.total()
        results = self.results + Counter({"withheld": len(plan.withheld)})
        spent = Spent(self.tokens, None if self.prices.cost(0, 0) is None else self.usd)
        why = self.stop or ("the endpoint failed" if left else "")
        return Judged(self.asked, dict(results.most_common()), spent, left, why, tuple(self.faults))

    def one(self, ask: Ask) -> None:
        """One episode, unless the run has stopped; a fault of the endpoint is counted and may stop the run."""
        if self.stop:
            return
        try:
            result = self._answered(ask)
        except OutOfBudget as full:
            self.stop = f"the budget is used up ({full})"
        except (Rejected, RateLimited, ServerError, NoResponse) as fault:
            with self._lock:
                self.asked += 1
                self.faults.append(str(fault))
                self._failed_in_a_row += 1
                if isinstance(fault, Rejected) and fault.status not in _ABOUT_ONE:
                    self.stop = "the endpoint refused the key, the model or the quota"
                elif self._failed_in_a_row >= ENOUGH:
                    self.stop = f"{ENOUGH} requests in a row failed"
        else:
            with self._lock:
                self.asked += 1
                self.results[result] += 1
                self._failed_in_a_row = 0

    def _answered(self, ask: Ask) -> Result:
        """The result of an ask, each answer written down; one that cannot be read is asked for once more."""
        for left in reversed(range(TRIES)):
            request, reply, spent = self.retry_policy.ask(
                partial(self._sent, ask), (RateLimited, ServerError, NoResponse)
            )
            found = read(reply, ask.prompt, self.words)
            if not isinstance(found, NoVote):
                self.ledger.voted(request, ask, found, reply, spent)
                return "vote"
            closed = found.flaw != "invalid" or not left
            stated = reply.input_tokens is not None
            self.ledger.ended(request, found.flaw, found.detail, spent, stated=stated, closed=closed)
            if closed:
                return found.flaw
        raise AssertionError("the last try closes the ask")

    def _sent(self, ask: Ask) -> tuple[str, Reply, Spent]:
        """The reply in the first form of request that the endpoint takes."""
        *others, last = self.there.forms()
        for form in others:
            try:
                return self._paid(ask, form)
            except Rejected as fault:
                if fault.status not in FORM_REJECTED:
                    raise
        return self._paid(ask, last)

    def _paid(self, ask: Ask, form: tuple[str, str]) -> tuple[str, Reply, Spent]:
        """One request: its worst case reserved and written down before, what was spent after."""
        most = worst(ask, self.there.output_tokens, self.prices)
        self.budget.reserve(most)
        self.rate_limit.wait(ask.prompt.size // _BYTES_PER_TOKEN + self.there.output_tokens)
        request = self.ledger.sent(ask, most, self.budget)
        try:
            reply = self.there.ask(ask.prompt, form)
        except (Rejected, RateLimited) as fault:
            if isinstance(fault, RateLimited):
                self.rate_limit.hold(fault.retry_after or 0)
            self._spend(most, Spent(0, self.prices.cost(0, 0)))
            self.ledger.ended(request, "failed", str(fault), Spent(0, 0.0), stated=True, closed=False)
            raise
        except (ServerError, NoResponse) as fault:
            self._spend(most, most)  # it may have been worked on and be billed
            self.ledger.ended(request, "failed", str(fault), most, stated=False, closed=False)
            raise
        spent, asked, answered = most, reply.input_tokens, reply.output_tokens
        if asked is not None and answered is not None:
            spent = Spent(asked + answered, self.prices.cost(asked, answered))
        self._spend(most, spent)
        return request, reply, spent

    def _spend(self, most: Spent, spent: Spent) -> None:
        """Release what was reserved and not spent, and count what was; a count above the worst case stops the run."""
        self.budget.release(most, spent)
        with self._lock:
            self.tokens += spent.tokens
            self.usd += spent.usd or 0.0
        if spent.tokens > most.tokens:
            self.stop = f"the endpoint counted {spent.tokens:,} tokens where {most.tokens:,} are the most possible"
