"""One run of the judge: the requests, their repeats, and what they came to."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from reroute.errors import PartialFailure
from reroute.llm_api.errors import NoResponse, RateLimited, Rejected, ServerError
from reroute.llm_api.retry import RetryPolicy
from reroute.review.judge.budget import Budget, OutOfBudget, Prices, Spent
from reroute.review.judge.chosen import Ask
from reroute.review.judge.endpoint import Endpoint, not_like_this
from reroute.review.judge.estimate import Estimate, worst
from reroute.review.judge.ledger import Ledger, Result
from reroute.review.judge.pace import Pace
from reroute.review.judge.verdict import NoVote, Reply, read
from reroute.review.judge.words import Words

TRIES = 2
"""How often a prompt is sent until its answer can be read."""
ENOUGH = 5
"""Episodes in a row that failed at the endpoint, after which it is left alone for this run."""

_BYTES_PER_TOKEN = 3
"""Fewer than prompts usually have: the pace is rather too slow than refused."""
_ABOUT_ONE = {400, 413, 422}
"""Refusals that are about one request; any other (key, model, quota) is about all of them."""
_WORDS = {
    "vote": "votes",
    "control": "misjudged a control",
    "withheld": "withheld (orders in the recording; a person decides)",
}


@dataclass(frozen=True)
class Judged:
    """What a run of the judge came to."""

    asked: int
    results: dict[str, int]
    spent: Spent
    left: int
    """Doubtful episodes without an answer: the budget ended, or the endpoint failed."""
    why_left: str
    faults: tuple[str, ...]

    def line(self) -> str:
        """In one line."""
        if not self.asked and not self.results and not self.left:
            return "nothing to ask: every doubtful episode was asked about"
        came = ", ".join(f"{count:,} {_WORDS.get(name, name)}" for name, count in self.results.items())
        usd = "price unknown" if self.spent.usd is None else f"${self.spent.usd:,.4f}"
        left = f"; {self.left:,} left: {self.why_left}" if self.left else ""
        return f"{self.asked:,} asked: {came or 'no answer'}; {self.spent.tokens:,} tokens, {usd}{left}"

    def check(self) -> None:
        """Raise PartialFailure where the endpoint failed."""
        if self.faults:
            raise PartialFailure(f"the judge did not answer everything: {self.line()}. First: {self.faults[0]}")


@dataclass
class Run:
    """What the threads of a run share."""

    words: Words
    there: Endpoint
    ledger: Ledger
    pace: Pace
    budget: Budget
    patience: RetryPolicy
    priced: Prices
    results: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    stop: str = ""
    """Why nothing more is asked; empty as long as something is."""
    asked: int = 0
    tokens: int = 0
    usd: float = 0.0
    _in_a_row: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def all(self, plan: Estimate, concurrency: int) -> Judged:
        """Every ask of the plan: the first alone, since it finds out whether and how the endpoint can be asked."""
        for ask in plan.asks[:1]:
            self.one(ask)
        with ThreadPoolExecutor(concurrency) as pool:
            for _ in pool.map(self.one, plan.asks[1:]):
                pass
        left = len(plan.asks) - self.results.total()
        results = self.results + Counter({"withheld": len(plan.withheld)})
        spent = Spent(self.tokens, None if self.priced.cost(0, 0) is None else self.usd)
        why = self.stop or ("the endpoint failed" if left else "")
        return Judged(self.asked, dict(results.most_common()), spent, left, why, tuple(self.faults))

    def one(self, ask: Ask) -> None:
        """One episode, unless the run has stopped."""
        if self.stop:
            return
        try:
            result = self._answered(ask)
        except OutOfBudget as full:
            self.stop = f"the budget is used up ({full})"
            return
        except (Rejected, RateLimited, ServerError, NoResponse) as fault:
            self._failed(fault)
            return
        with self._lock:
            self.asked += 1
            self.results[result] += 1
            self._in_a_row = 0

    def _answered(self, ask: Ask) -> Result:
        """The result of an ask, each answer written down; one that cannot be read is asked for once more."""
        for left in reversed(range(TRIES)):
            request, reply, came = self.patience.ask(partial(self._sent, ask), (RateLimited, ServerError, NoResponse))
            found = read(reply, ask.prompt, self.words)
            if not isinstance(found, NoVote):
                self.ledger.voted(request, ask, found, reply, came)
                return "vote"
            settled = found.flaw != "invalid" or not left
            stated = reply.input_tokens is not None
            self.ledger.ended(request, found.flaw, found.detail, came, stated=stated, settled=settled)
            if settled:
                return found.flaw
        raise AssertionError("the last try settles")

    def _sent(self, ask: Ask) -> tuple[str, Reply, Spent]:
        """The reply in the first form of request that the endpoint takes."""
        *others, last = self.there.forms()
        for form in others:
            try:
                return self._paid(ask, form)
            except Rejected as fault:
                if not not_like_this(fault):
                    raise
        return self._paid(ask, last)

    def _paid(self, ask: Ask, form: tuple[str, str]) -> tuple[str, Reply, Spent]:
        """One request: its worst case set aside and written down before, what it came to after."""
        most = worst(ask, self.there.output_tokens, self.priced)
        self.budget.set_aside(most)
        self.pace.wait(ask.prompt.size // _BYTES_PER_TOKEN + self.there.output_tokens)
        request = self.ledger.sent(ask, most, self.budget)
        try:
            reply = self.there.ask(ask.prompt, form)
        except (Rejected, RateLimited) as fault:
            if isinstance(fault, RateLimited):
                self.pace.hold(fault.retry_after or 0)
            self._spend(most, Spent(0, self.priced.cost(0, 0)))
            self.ledger.ended(request, "failed", str(fault), Spent(0, 0.0), stated=True, settled=False)
            raise
        except (ServerError, NoResponse) as fault:
            self._spend(most, most)  # it may have been worked on and be billed
            self.ledger.ended(request, "failed", str(fault), most, stated=False, settled=False)
            raise
        came = most
        if reply.input_tokens is not None and reply.output_tokens is not None:
            came = Spent(
                reply.input_tokens + reply.output_tokens, self.priced.cost(reply.input_tokens, reply.output_tokens)
            )
        self._spend(most, came)
        return request, reply, came

    def _spend(self, most: Spent, came: Spent) -> None:
        self.budget.settle(most, came)
        with self._lock:
            self.tokens += came.tokens
            self.usd += came.usd or 0.0
        if came.tokens > most.tokens:
            self.stop = f"the endpoint counted {came.tokens:,} tokens where {most.tokens:,} are the most possible"

    def _failed(self, fault: Rejected | RateLimited | ServerError | NoResponse) -> None:
        with self._lock:
            self.asked += 1
            self.faults.append(str(fault))
            self._in_a_row += 1
            if isinstance(fault, Rejected) and fault.status not in _ABOUT_ONE:
                self.stop = "the endpoint refused the key, the model or the quota"
            elif self._in_a_row >= ENOUGH:
                self.stop = f"{ENOUGH} requests in a row failed"
