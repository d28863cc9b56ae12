"""How long and how often a provider is asked again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from reroute.llm_api.errors import NoResponse, RateLimited, ServerError, ServiceError

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how long; every duration is in seconds."""

    attempts: int = 6
    """Calls in all, the first one included."""
    first: float = 1.0
    """Longest first pause; later ones double."""
    longest: float = 120.0
    """No pause is longer; a provider that asks for more is not asked again in this run."""
    listing_delay: float = 20.0
    """How long a job that may have been accepted gets to appear in the provider's list."""
    processing: float = 1800.0
    """How long an uploaded file gets to be processed."""
    timeout: float = 120.0
    """Without a byte for so long, a request of a job has no response."""
    sleep: Callable[[float], None] = time.sleep
    """How to let time pass."""

    def ask(self, call: Callable[[], Answer], again_on: tuple[type[ServiceError], ...]) -> Answer:
        """Call until it answers, pausing as long as the provider asks, else at random up to a bound that doubles.

        Raises the last error: after ``attempts``, for one that is not in ``again_on``, or where the provider asks for a
        pause that is too long.
        """
        bound = min(self.first, self.longest)
        for attempt in range(1, self.attempts + 1):
            try:
                return call()
            except again_on as error:
                wanted = error.retry_after if isinstance(error, RateLimited) else None
                if attempt == self.attempts or (wanted is not None and wanted > self.longest):
                    raise
                pause = random.uniform(0, bound) if wanted is None else wanted  # noqa: S311 - nothing secret
            self.sleep(pause)
            bound = min(2 * bound, self.longest)
        raise AssertionError("the last attempt returns or raises")

    def read(self, call: Callable[[], Answer]) -> Answer:
        """Ask a question that changes nothing, and so may be asked again after any error but a rejection."""
        return self.ask(call, (RateLimited, ServerError, NoResponse))
