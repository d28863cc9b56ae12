"""What asking would come to, before anything is sent: how many, how many tokens, what price."""

from __future__ import annotations

from dataclasses import dataclass

from reroute.review.judge.budget import Prices, Spent, prices
from reroute.review.judge.chosen import Ask, asks
from reroute.review.judge.ledger import Ledger
from reroute.review.judge.words import Words, words
from reroute.settings import Project

_ANSWER = 250
"""Tokens that an answer usually has where the model does not reason at length."""


@dataclass(frozen=True)
class Estimate:
    """Doubtful episodes without a vote, and what asking about them would come to."""

    asks: tuple[Ask, ...]
    withheld: tuple[Ask, ...]
    """Not to be sent: the recording gives orders to whoever judges."""
    done: int
    """Doubtful episodes that were asked about before."""
    likely: Spent
    worst: Spent
    before: Spent
    """Spent in the last 24 hours."""
    basis: str
    """How tokens were counted."""
    max_tokens: int
    max_usd: float | None

    def summary(self) -> dict[str, object]:
        """For a machine; a price that is not known is null."""
        counts = {"asks": len(self.asks), "withheld": len(self.withheld), "done": self.done, "tokens_from": self.basis}
        sums = {"likely": self.likely, "worst": self.worst, "spent_in_24_hours": self.before}
        return counts | sums | {"max_tokens": self.max_tokens, "max_usd": self.max_usd}

    def lines(self) -> list[str]:
        """As a person reads it."""
        n = len(self.asks)
        told = [f"{n:,} doubtful episodes to ask about ({self.done:,} were asked about before)"]
        if self.withheld:
            told.append(f"{len(self.withheld):,} withheld: their recordings read like orders to whoever judges")
        likely, most = _price(self.likely), _price(self.worst)
        told.append(f"likely  {self.likely.tokens:,} tokens, price {likely}; {self.basis}, answers of {_ANSWER} tokens")
        told.append(f"at most {self.worst.tokens:,} tokens, price {most}; without repeats after faults")
        bound = f"{self.max_tokens:,} tokens" + (f" and ${self.max_usd:,.2f}" if self.max_usd is not None else "")
        used = f"{self.before.tokens:,} tokens of them are used"
        return [*told, f"budget  {bound} in any 24 hours, {used}; what does not fit waits"]


def estimate(project: Project, told: Words | None = None, *, again: bool = False) -> Estimate:
    """What asking would come to; sends and writes nothing. ``again``: also where asking gave no vote before."""
    from reroute.tokens import counter

    limits = project.settings.judge
    ledger, priced = Ledger(project), prices(limits)
    settled = ledger.settled(votes_only=again)
    every = list(asks(project, told or words(project.root), limits.model or "(no model set)"))
    fresh = [ask for ask in every if ask.vote_id not in settled]
    send = tuple(ask for ask in fresh if ask.order is None)
    tokens = counter()
    prompts = sum(tokens.count(ask.prompt.system) + tokens.count(ask.prompt.user) for ask in send)
    answers = len(send) * min(_ANSWER, limits.output_tokens)
    each = [worst(ask, limits.output_tokens, priced) for ask in send]
    return Estimate(
        asks=send,
        withheld=tuple(ask for ask in fresh if ask.order is not None),
        done=len(every) - len(fresh),
        likely=Spent(prompts + answers, priced.cost(prompts, answers)),
        worst=Spent(sum(one.tokens for one in each), _sum([one.usd for one in each], priced)),
        before=ledger.spent(),
        basis=f"prompts {tokens.basis}",
        max_tokens=limits.max_tokens,
        max_usd=limits.max_usd,
    )


def worst(ask: Ask, output_tokens: int, priced: Prices) -> Spent:
    """The most that one request can come to: a token is at least one byte, and the answer has its limit."""
    return Spent(ask.prompt.size + output_tokens, priced.cost(ask.prompt.size, output_tokens))


def _sum(costs: list[float | None], priced: Prices) -> float | None:
    return None if priced.cost(0, 0) is None else sum(cost or 0.0 for cost in costs)


def _price(spent: Spent) -> str:
    return "unknown" if spent.usd is None else f"${spent.usd:,.4f}"
