"""When the agent makes a mistake: errors cluster, so the chance depends on whether the last thing went wrong."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

AFTER_RIGHT = 0.20
"""Chance that a slot of a run goes wrong when the one before went right."""
AFTER_WRONG = 0.50
"""The same when the one before went wrong."""


@dataclass
class Chance:
    """Decides slot by slot; a two-state Markov chain with known probabilities."""

    random: Random
    wrong: bool = False

    def strikes(self) -> bool:
        """Whether the next slot goes wrong."""
        self.wrong = self.random.random() < (AFTER_WRONG if self.wrong else AFTER_RIGHT)
        return self.wrong
