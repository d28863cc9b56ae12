"""Episodes made from the practice exercises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from reroute.episodes import Episode
from reroute.review import practice


@pytest.fixture
def episode() -> Callable[..., Episode]:
    """A factory: an ordinary recovered episode, but for what is asked to be different."""
    base = practice.exercises()[0].told.episode

    def make(number: int, **changes: object) -> Episode:
        name = f"e{number:04}"
        made = replace(base, episode_id=name, trajectory_id=f"t{number:04}", prefix_hash=name, score=0.9, tier="B")
        return replace(made, **changes)

    return make
