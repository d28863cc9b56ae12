"""A fitted logistic model as data: weights on named numbers, then a calibration; scoring needs no library."""

from __future__ import annotations

import math
from bisect import bisect_right

import msgspec

from reroute.tag.scores.examples import Example

DIGITS = 6
"""Of stored weights and probabilities: what differs less is noise of the machine."""


class Platt(msgspec.Struct, frozen=True, tag="platt"):
    """A straight line on the log-odds."""

    slope: float
    intercept: float

    def apply(self, logit: float) -> float:
        """The probability."""
        return sigmoid(self.slope * logit + self.intercept)


class Isotonic(msgspec.Struct, frozen=True, tag="isotonic"):
    """A rising curve through points, level outside them."""

    logits: tuple[float, ...]
    shares: tuple[float, ...]

    def apply(self, logit: float) -> float:
        """The probability, between the two nearest points."""
        at = bisect_right(self.logits, logit)
        if at in {0, len(self.logits)}:
            return self.shares[min(at, len(self.logits) - 1)]
        low, high = self.logits[at - 1], self.logits[at]
        part = (logit - low) / (high - low)
        return self.shares[at - 1] + part * (self.shares[at] - self.shares[at - 1])


Calibration = Platt | Isotonic


class Logistic(msgspec.Struct, frozen=True):
    """Weights by feature; a feature without one says nothing."""

    intercept: float
    weights: dict[str, float]
    calibration: Calibration | None = None

    def logit(self, example: Example) -> float:
        """The log-odds before calibration."""
        return self.intercept + sum(
            self.weights.get(name, 0.0) * example.features[name] for name in sorted(example.features)
        )

    def probability(self, example: Example) -> float:
        """0..1; calibrated where a calibration is there."""
        logit = self.logit(example)
        return round(self.calibration.apply(logit) if self.calibration else sigmoid(logit), DIGITS)


def sigmoid(logit: float) -> float:
    """The probability of these log-odds."""
    return 1 / (1 + math.exp(-logit)) if logit >= 0 else math.exp(logit) / (1 + math.exp(logit))
