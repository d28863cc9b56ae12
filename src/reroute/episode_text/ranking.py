"""Which few episodes show most to a newcomer: recovered by another way, of different kinds, by the agent alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reroute.episode import Episode

_OUTCOMES = {
    "recovered_reroute": 4.0,
    "recovered_fix": 3.5,
    "recovered_repair": 3.5,
    "recovered_retry": 1.5,
    "masked": 1.5,
    "looped": 1.5,
    "reported": 1.0,
    "recovered_degraded": 1.0,
}
_PLAIN_KINDS = {"call.invalid": 0.6, "infra.transient": 0.6, "limit.hit": 0.4, "loop.stall": 0.6}
"""Kinds that say little to somebody who does not know the harness."""
_LONGEST = 12
_ALIKE = {"kind": 0.55, "failed_tool": 0.75, "trajectory_id": 0.6, "outcome": 0.85}
"""What an episode's interest is multiplied by for each one before it that has the same in this field."""


def ranked(found: Sequence[Episode], most: int) -> list[Episode]:
    """Up to ``most`` episodes, the most informative first; each makes its like less interesting. Deterministic."""
    interest: dict[str, float] = {}
    for episode in found:
        alone = _OUTCOMES.get(episode.outcome, 0.5)
        alone *= _PLAIN_KINDS.get(episode.kind, 1.0) * (0.3 if episode.nominated else 1.0)
        alone *= 1.0 if episode.assisted == "agent_initiated" else 0.6
        alone *= 1.15 if episode.failures > 1 else 1.0
        alone *= 1.0 if episode.actions <= _LONGEST else 0.5
        interest[episode.episode_id] = alone * (0.5 + episode.score / 2)
    rest = sorted(found, key=lambda episode: (-interest[episode.episode_id], episode.episode_id))[: 40 * most]
    taken: list[Episode] = []
    seen: Counter[tuple[str, object]] = Counter()

    def interest_now(episode: Episode) -> tuple[float, str]:
        novelty = 1.0
        for field, factor in _ALIKE.items():
            novelty *= factor ** seen[field, getattr(episode, field)]
        return interest[episode.episode_id] * novelty, episode.episode_id

    while rest and len(taken) < most:
        best = max(rest, key=interest_now)
        rest.remove(best)
        taken.append(best)
        seen.update((field, getattr(best, field)) for field in _ALIKE)
    return taken
