"""Which answers a probability leaves open: split-conformal sets, calibrated on random grades of held-out runs.

The set of an example holds every answer that is not too strange at the level ``alpha``: of examples like those it was
calibrated on, at most that share have their true answer outside the set. Both answers in the set, or none: ambiguous.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

import msgspec

from reroute.tag.scores.examples import Example
from reroute.tag.scores.limits import Limits
from reroute.tag.scores.model import DIGITS, Logistic


class Sets(msgspec.Struct, frozen=True):
    """The calibrated threshold: an answer of probability p is in the set where 1 - p is at most ``reach``."""

    reach: float
    """1 where there are too few examples to leave any answer out."""
    n: int

    def ambiguous(self, p: float) -> bool:
        """Whether the set of a probability holds both answers, or none."""
        return self.holds(p, truth=True) == self.holds(p, truth=False)

    def holds(self, p: float, *, truth: bool) -> bool:
        """Whether the set holds the true answer."""
        return strangeness(p, truth=truth) <= self.reach


class Coverage(msgspec.Struct, frozen=True):
    """Measured on held-out runs, each half by the sets of the other half."""

    n: int
    groups: int
    covered: float
    """Share of sets that hold the true answer."""
    singletons: float
    """Share of sets with one answer."""
    singletons_right: float | None
    """Share of those whose answer is true."""


def held_out(examples: Sequence[Example], limits: Limits) -> frozenset[str]:
    """The groups that are kept from the fit: some of those with an example that was drawn at random."""
    groups = sorted({example.group for example in examples if example.at_random}, key=_lot)
    return frozenset(groups[: int(len(groups) * limits.conformal_share)])


def sets(model: Logistic, examples: Sequence[Example], limits: Limits) -> Sets:
    """Calibrated on the examples drawn at random; none of their groups may be in the model's fit."""
    drawn = [example for example in examples if example.at_random]
    strange = sorted(strangeness(model.probability(example), truth=bool(example.truth)) for example in drawn)
    rank = math.ceil((len(strange) + 1) * (1 - limits.conformal_alpha))
    return Sets(strange[rank - 1] if 0 < rank <= len(strange) else 1.0, len(strange))


def strangeness(p: float, *, truth: bool) -> float:
    """How much an answer contradicts the probability of the answer yes."""
    return round(1 - p if truth else p, DIGITS)


def coverage(model: Logistic, examples: Sequence[Example], limits: Limits) -> Coverage | None:
    """What the sets are worth on examples that they were not calibrated on; None for fewer than two runs."""
    drawn = [example for example in examples if example.at_random]
    groups = sorted({example.group for example in drawn}, key=_lot)
    if len(groups) < 2:
        return None
    half = set(groups[::2])
    told = []
    for inside in (True, False):
        made = sets(model, [e for e in drawn if (e.group in half) == inside], limits)
        tested = [(e, model.probability(e)) for e in drawn if (e.group in half) != inside]
        told += [(made.holds(p, truth=bool(e.truth)), not made.ambiguous(p)) for e, p in tested]
    single = [right for right, alone in told if alone]
    return Coverage(
        n=len(told),
        groups=len(groups),
        covered=round(sum(right for right, _ in told) / len(told), DIGITS),
        singletons=round(len(single) / len(told), DIGITS),
        singletons_right=round(sum(single) / len(single), DIGITS) if single else None,
    )


def _lot(group: str) -> str:
    return hashlib.blake2b(group.encode(), digest_size=8).hexdigest()
