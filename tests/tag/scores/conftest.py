"""Synthetic examples, drawn by a fixed seed from known probabilities: nobody graded them."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from reroute.tag.scores.examples import Example
from reroute.tag.scores.limits import Limits, limits
from reroute.tag.scores.model import sigmoid


@dataclass(frozen=True)
class Synthetic:
    """Examples with a truth drawn from ``p``, which a model should find again."""

    examples: list[Example]
    p: dict[str, float]


Draw = Callable[..., Synthetic]


@pytest.fixture
def numbers() -> Limits:
    return replace(limits(), resamples=50)


@pytest.fixture
def draw() -> Draw:
    """``groups`` runs of four episodes; ``firm`` and ``mild`` are signs, ``heat`` a number; the rules see one sign."""

    def synthetic(groups: int, seed: int = 0) -> Synthetic:
        chance = random.Random(seed)
        examples, p = [], {}
        for index in range(groups * 4):
            firm, mild, heat = chance.random() < 0.5, chance.random() < 0.3, chance.gauss(0, 1)
            name = f"e{seed}-{index:05}"
            p[name] = sigmoid(-1 + 1.6 * firm - 0.8 * mild + 0.9 * heat)
            features = {"firm": float(firm), "mild": float(mild), "heat": heat}
            group = f"t{seed}-{index // 4:05}"
            truth, score = chance.random() < p[name], 0.9 if firm else 0.4
            examples.append(Example(name, group, "v", group, features, truth, at_random=True, score=score))
        return Synthetic(examples, p)

    return synthetic
