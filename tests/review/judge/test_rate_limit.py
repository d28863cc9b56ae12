"""How fast requests go out, on a clock that the test holds."""

from __future__ import annotations

from dataclasses import dataclass

from reroute.review.judge.limits import RateLimit


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def times(limit: RateLimit, clock: Clock, *tokens: int) -> list[float]:
    """When each request goes out."""
    out = []
    for each in tokens:
        limit.wait(each)
        out.append(round(clock.now, 6))
    return out


def test_requests_are_spread_over_the_minute() -> None:
    clock = Clock()
    assert times(RateLimit(30, 10**9, clock, clock.sleep), clock, 1, 1, 1) == [0, 2, 4]


def test_tokens_are_spread_over_the_minute() -> None:
    clock = Clock()
    assert times(RateLimit(10**9, 6_000, clock, clock.sleep), clock, 100, 600, 100) == [0, 1, 7]


def test_time_that_passes_by_itself_is_not_waited_for_again() -> None:
    clock = Clock()
    limit = RateLimit(60, 10**9, clock, clock.sleep)
    limit.wait(1)
    clock.now = 50.0
    assert times(limit, clock, 1, 1) == [50, 51]


def test_everybody_waits_when_the_endpoint_asks_for_it() -> None:
    clock = Clock()
    limit = RateLimit(10**6, 10**9, clock, clock.sleep)
    limit.hold(20)
    assert times(limit, clock, 1) == [20]
