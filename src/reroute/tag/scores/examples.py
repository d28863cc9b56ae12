"""What the models see of a run or an episode: named numbers, and the answer where somebody gave one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Example:
    """A run or an episode. What has no number in ``features`` is nought."""

    id: str
    """Of the run or the episode."""
    trajectory_id: str
    version: str
    group: str
    """Examples of one group are never on both sides of a split: a task, a trajectory."""
    features: Mapping[str, float]
    """By name, as the models of ``sql/across`` make them."""
    truth: bool | None = None
    """None: nobody said."""
    weight: float = 1.0
    """How many like it this one stands for: the inverse of its chance of having been drawn."""
    at_random: bool = False
    score: float = 0.5
    """The rules' own, where nothing is fitted."""
    family: str = ""
    """What a fit is checked on by itself: the trace format."""


def known(examples: Iterable[Example]) -> list[Example]:
    """Those with an answer, by id, their weights such that the mean is 1."""
    found = sorted((example for example in examples if example.truth is not None), key=lambda example: example.id)
    mean = sum(example.weight for example in found) / len(found) if found else 1.0
    return [replace(example, weight=example.weight / mean) for example in found]


def answers(examples: Sequence[Example]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The answers (1 for a failure, 0 for none) and the weights of examples that have an answer."""
    import numpy as np

    return np.array([float(bool(e.truth)) for e in examples]), np.array([e.weight for e in examples])


def digest(examples: Sequence[Example], settings: object) -> str:
    """A hash of everything that a fit depends on."""
    found = hashlib.blake2b(repr(settings).encode(), digest_size=8)
    for example in examples:
        facts = (
            example.id,
            example.group,
            example.truth,
            round(example.weight, 9),
            example.at_random,
            example.score,
            example.family,
        )
        found.update(repr((facts, sorted((n, round(v, 9)) for n, v in example.features.items()))).encode())
    return found.hexdigest()
