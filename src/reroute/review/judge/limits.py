"""What bounds a run of the judge: the budget in tokens and money, and the rate limit of its requests."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from reroute.errors import RerouteError


class OutOfBudget(RerouteError):
    """The worst case of one more request does not fit into what is left."""


@dataclass(frozen=True)
class Prices:
    """US dollars for a million tokens; None: unknown."""

    input: float | None
    output: float | None

    def cost(self, input_tokens: int, output_tokens: int) -> float | None:
        """What these tokens cost, in US dollars; None where a price is not known."""
        if self.input is None or self.output is None:
            return None
        return (input_tokens * self.input + output_tokens * self.output) / 1e6


@dataclass(frozen=True)
class Spent:
    """Tokens, and what they cost in US dollars: None where no price is known."""

    tokens: int
    usd: float | None


@dataclass
class Budget:
    """Budget reservations, shared by all threads: what is reserved and what is spent never exceed the bounds together.

    A request reserves its worst case before it goes out and releases afterwards what it did not spend.
    """

    max_tokens: int
    max_usd: float | None
    """US dollars; None: not bounded in money."""
    tokens: int = 0
    """Spent or reserved."""
    usd: float = 0.0
    """Spent or reserved."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def reserve(self, worst: Spent) -> None:
        """Reserve the worst case of a request; raises OutOfBudget where it does not fit."""
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

    def release(self, worst: Spent, spent: Spent) -> None:
        """Give back what was reserved for a request, ``worst``, and not spent."""
        with self._lock:
            self.tokens += spent.tokens - worst.tokens
            self.usd += (spent.usd or 0.0) - (worst.usd or 0.0)


@dataclass
class RateLimit:
    """How fast requests may go out, shared by all threads.

    Requests are spread evenly, so no minute of any offset has more than its share.
    """

    requests_per_minute: int
    tokens_per_minute: int
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _free_at: float = 0.0
    """When the next request may go out, by the clock."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, tokens: int) -> None:
        """Sleep until a request of this many tokens may go out."""
        with self._lock:
            begin = max(self.clock(), self._free_at)
            self._free_at = begin + max(60 / self.requests_per_minute, 60 * tokens / self.tokens_per_minute)
            pause = begin - self.clock()
        if pause > 0:
            self.sleep(pause)

    def hold(self, seconds: float) -> None:
        """Let nobody send anything for so long: the endpoint asked for it."""
        with self._lock:
            self._free_at = max(self._free_at, self.clock() + seconds)
