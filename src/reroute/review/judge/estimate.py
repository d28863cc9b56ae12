"""What asking would come to, before anything is sent: how many, how many tokens, what price."""

from __future__ import annotations

from dataclasses import dataclass

from reroute.review.judge.chosen import Ask, asks
from reroute.review.judge.ledger import Ledger
from reroute.review.judge.limits import Prices, Spent
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
    """The budget of any 24 hours."""
    max_usd: float | None
    """The same in US dollars; None: not bounded in money."""
    prices: Prices
    """As the operator set them."""

    def summary(self) -> dict[str, object]:
        """For a machine; a price that is not known is null."""
        counts = {"asks": len(self.asks), "withheld": len(self.withheld), "done": self.done, "tokens_from": self.basis}
        sums = {"likely": self.likely, "worst": self.worst, "spent_in_24_hours": self.before}
        return counts | sums | {"max_tokens": self.max_tokens, "max_usd": self.max_usd}

    def lines(self) -> list[str]:
        """As a person reads it."""
        text = [f"{len(self.asks):,} doubtful episodes to ask about ({self.done:,} were asked about before)"]
        if self.withheld:
            text.append(f"{len(self.withheld):,} withheld: their recordings read like orders to whoever judges")
        likely, most = ("unknown" if spent.usd is None else f"${spent.usd:,.4f}" for spent in (self.likely, self.worst))
        text.append(f"likely  {self.likely.tokens:,} tokens, price {likely}; {self.basis}, answers of {_ANSWER} tokens")
        text.append(f"at most {self.worst.tokens:,} tokens, price {most}; without repeats after faults")
        bound = f"{self.max_tokens:,} tokens" + (f" and ${self.max_usd:,.2f}" if self.max_usd is not None else "")
        used = f"{self.before.tokens:,} tokens of them are used"
        return [*text, f"budget  {bound} in any 24 hours, {used}; what does not fit waits"]


def estimate(project: Project, given: Words | None = None, *, again: bool = False) -> Estimate:
    """What asking would come to; sends and writes nothing. ``again``: also where asking gave no vote before."""
    from reroute.tokens import counter

    limits = project.settings.judge
    ledger, prices = Ledger(project), Prices(limits.input_usd_per_million, limits.output_usd_per_million)
    closed = ledger.closed(votes_only=again)
    every = list(asks(project, given or words(project.root), limits.model or "(no model set)"))
    fresh = [ask for ask in every if ask.vote_id not in closed]
    send = tuple(ask for ask in fresh if ask.order is None)
    tokens = counter()
    prompts = sum(tokens.count(ask.prompt.system) + tokens.count(ask.prompt.user) for ask in send)
    answers = len(send) * min(_ANSWER, limits.output_tokens)
    each = [worst(ask, limits.output_tokens, prices) for ask in send]
    most_usd = None if prices.cost(0, 0) is None else sum(one.usd or 0.0 for one in each)
    return Estimate(
        asks=send,
        withheld=tuple(ask for ask in fresh if ask.order is not None),
        done=len(every) - len(fresh),
        likely=Spent(prompts + answers, prices.cost(prompts, answers)),
        worst=Spent(sum(one.tokens for one in each), most_usd),
        before=ledger.spent(),
        basis=f"prompts {tokens.basis}",
        max_tokens=limits.max_tokens,
        max_usd=limits.max_usd,
        prices=prices,
    )


def worst(ask: Ask, output_tokens: int, prices: Prices) -> Spent:
    """The most that one request can come to: a token is at least one byte, and the answer has its limit."""
    return Spent(ask.prompt.size + output_tokens, prices.cost(ask.prompt.size, output_tokens))
