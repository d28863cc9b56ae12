"""What may be spent, in tokens and money: the worst case is set aside before a request, what it came to is kept."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from reroute.errors import RerouteError
from reroute.settings import JudgeSettings


class OutOfBudget(RerouteError):
    """The worst case of one more request does not fit into what is left."""


@dataclass(frozen=True)
class Prices:
    """US dollars for a million tokens; None: unknown."""

    input: float | None
    output: float | None

    def cost(self, input_tokens: int, output_tokens: int) -> float | None:
        """What these tokens cost; None where a price is not known."""
        if self.input is None or self.output is None:
            return None
        return (input_tokens * self.input + output_tokens * self.output) / 1e6


@dataclass(frozen=True)
class Spent:
    """Tokens, and what they cost: None where no price is known."""

    tokens: int
    usd: float | None


@dataclass
class Budget:
    """Shared by all threads. What is set aside and what is spent never exceed the bounds together."""

    max_tokens: int
    max_usd: float | None
    tokens: int = 0
    """Spent or set aside."""
    usd: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def set_aside(self, worst: Spent) -> None:
        """Keep the worst case free; raises OutOfBudget where it does not fit."""
        with self._lock:
            self.check(Spent(self.tokens, self.usd), worst)
            self.tokens += worst.tokens
            self.usd += worst.usd or 0.0

    def check(self, spent: Spent, worst: Spent) -> None:
        """Raise OutOfBudget where the worst case does not fit beside what is spent."""
        usd = spent.usd or 0.0
        if spent.tokens + worst.tokens > self.max_tokens:
            raise OutOfBudget(f"{spent.tokens:,} of {self.max_tokens:,} tokens are spent or set aside")
        if self.max_usd is not None and usd + (worst.usd or 0.0) > self.max_usd:
            raise OutOfBudget(f"${usd:,.4f} of ${self.max_usd:,.4f} is spent or set aside")

    def settle(self, worst: Spent, came: Spent) -> None:
        """Give back what was set aside and not spent."""
        with self._lock:
            self.tokens += came.tokens - worst.tokens
            self.usd += (came.usd or 0.0) - (worst.usd or 0.0)


def prices(limits: JudgeSettings) -> Prices:
    """The prices as an operator set them."""
    return Prices(limits.input_usd_per_million, limits.output_usd_per_million)
