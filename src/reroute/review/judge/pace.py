"""How fast requests may go out: so many requests and so many tokens a minute, and a pause when the endpoint asks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Pace:
    """Shared by all threads; requests are spread evenly, so no minute of any offset has more than its share."""

    requests_per_minute: int
    tokens_per_minute: int
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _free_at: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, tokens: int) -> None:
        """Sleep until a request of this many tokens may go out."""
        with self._lock:
            begin = max(self.clock(), self._free_at)
            taken = max(60 / self.requests_per_minute, 60 * tokens / self.tokens_per_minute)
            self._free_at = begin + taken
            pause = begin - self.clock()
        if pause > 0:
            self.sleep(pause)

    def hold(self, seconds: float) -> None:
        """Let nobody send anything for so long."""
        with self._lock:
            self._free_at = max(self._free_at, self.clock() + seconds)
