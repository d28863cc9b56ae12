"""How long and how often a provider is asked again."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from reroute.errors import ProviderError
from reroute.llm_api.faults import Broken, Busy, Lost

if TYPE_CHECKING:
    from tenacity import RetryCallState

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Patience:
    """Seconds, and how to let them pass."""

    attempts: int = 6
    first: float = 1.0
    """Longest first pause; later ones double."""
    longest: float = 120.0
    """No pause is longer; a provider that asks for more is not asked again in this run."""
    settle: float = 20.0
    """How long a job that may have been accepted gets to appear in the provider's list."""
    processing: float = 1800.0
    """How long an uploaded file gets to be processed."""
    sleep: Callable[[float], None] = time.sleep

    def ask(self, call: Callable[[], Answer], again_on: tuple[type[ProviderError], ...]) -> Answer:
        """Call until it answers, pausing as long as the provider asks or ever longer; raises the last error."""
        from tenacity import Retrying, retry_if_exception, stop_after_attempt

        retrying = Retrying(
            retry=retry_if_exception(lambda error: isinstance(error, again_on) and self._bearable(error)),
            stop=stop_after_attempt(self.attempts),
            wait=self._pause,
            sleep=self.sleep,
            reraise=True,
        )
        return retrying(call)

    def read(self, call: Callable[[], Answer]) -> Answer:
        """Ask a question that changes nothing, and so may be asked again after any fault."""
        return self.ask(call, (Busy, Broken, Lost))

    def _bearable(self, error: BaseException) -> bool:
        wanted = error.retry_after if isinstance(error, Busy) else None
        return wanted is None or wanted <= self.longest

    def _pause(self, state: RetryCallState) -> float:
        from tenacity import wait_random_exponential

        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, Busy) and error.retry_after is not None:
            return error.retry_after
        return wait_random_exponential(multiplier=self.first, max=self.longest)(state)
