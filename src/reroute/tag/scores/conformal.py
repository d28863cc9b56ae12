"""Which answers a probability leaves open: split-conformal sets, calibrated on random grades of held-out runs.

The set of an example holds every answer whose nonconformity score is not too high at the level ``alpha``: of examples
like those it was calibrated on, at most that share have their true answer outside the set. Both answers in the set, or
none: ambiguous.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence

import msgspec

from reroute.tag.scores.examples import Example
from reroute.tag.scores.limits import Limits
from reroute.tag.scores.model import DIGITS, Logistic


class Sets(msgspec.Struct, frozen=True):
    """The calibrated threshold: an answer is in the set where its nonconformity score is at most ``threshold``."""

    threshold: float = msgspec.field(name="reach")
    """0..1; 1 where there are too few examples to leave any answer out. Stored as ``reach``."""
    n: int
    """Examples that it was calibrated on."""

    def ambiguous(self, p: float) -> bool:
        """Whether the set of a probability holds both answers, or none."""
        return self.holds(p, truth=True) == self.holds(p, truth=False)

    def holds(self, p: float, *, truth: bool) -> bool:
        """Whether the set of a probability holds this answer."""
        return nonconformity(p, truth=truth) <= self.threshold


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


def holdout(examples: Sequence[Example], limits: Limits) -> frozenset[str]:
    """The groups that no model is trained on: a share of those with an example that was drawn at random."""
    groups = _drawn(examples)
    return frozenset(groups[: int(len(groups) * limits.conformal_share)])


def sets(model: Logistic, examples: Sequence[Example], limits: Limits) -> Sets:
    """Calibrated on the examples drawn at random; the model may have been trained on none of their groups."""
    scores = sorted(
        nonconformity(model.probability(example), truth=bool(example.truth))
        for example in examples
        if example.at_random
    )
    rank = math.ceil((len(scores) + 1) * (1 - limits.conformal_alpha))
    return Sets(scores[rank - 1] if 0 < rank <= len(scores) else 1.0, len(scores))


def nonconformity(p: float, *, truth: bool) -> float:
    """The nonconformity score of an answer, 0..1: how much it contradicts ``p``, the probability of the answer yes."""
    return round(1 - p if truth else p, DIGITS)


def coverage(model: Logistic, examples: Sequence[Example], limits: Limits) -> Coverage | None:
    """How the sets do on examples that they were not calibrated on; None for fewer than two groups drawn at random."""
    drawn = [example for example in examples if example.at_random]
    groups = _drawn(examples)
    if len(groups) < 2:
        return None
    half = set(groups[::2])
    tested: list[tuple[bool, bool]] = []  # the set holds the true answer, and it holds one answer alone
    for inside in (True, False):
        calibrated = sets(model, [e for e in drawn if (e.group in half) == inside], limits)
        others = [(bool(e.truth), model.probability(e)) for e in drawn if (e.group in half) != inside]
        tested += [(calibrated.holds(p, truth=truth), not calibrated.ambiguous(p)) for truth, p in others]
    singletons = [right for right, alone in tested if alone]
    return Coverage(
        n=len(tested),
        groups=len(groups),
        covered=round(sum(right for right, _ in tested) / len(tested), DIGITS),
        singletons=round(len(singletons) / len(tested), DIGITS),
        singletons_right=round(sum(singletons) / len(singletons), DIGITS) if singletons else None,
    )


def _drawn(examples: Iterable[Example]) -> list[str]:
    """The groups with an example that was drawn at random, in an order that says nothing: by the hash of their name."""
    groups = {example.group for example in examples if example.at_random}
    return sorted(groups, key=lambda group: hashlib.blake2b(group.encode(), digest_size=8).hexdigest())
