"""Which few episodes tell a newcomer most: recovered by another way, of different kinds, by the agent's own doing."""

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
_SAME_KIND, _SAME_TOOL, _SAME_RUN, _SAME_OUTCOME = 0.55, 0.75, 0.6, 0.85


def ranked(found: Sequence[Episode], most: int) -> list[Episode]:
    """Up to ``most`` episodes, the most telling first; each one makes its like less interesting. Deterministic."""
    rest = sorted(found, key=lambda episode: (-_worth(episode), episode.episode_id))[: 40 * most]
    taken: list[Episode] = []
    seen: Counter[str] = Counter()
    while rest and len(taken) < most:
        best = max(rest, key=lambda episode: (_worth(episode) * _novelty(episode, seen), episode.episode_id))
        rest.remove(best)
        taken.append(best)
        seen.update(_traits(best))
    return taken


def _worth(episode: Episode) -> float:
    worth = _OUTCOMES.get(episode.outcome, 0.5)
    worth *= _PLAIN_KINDS.get(episode.kind, 1.0) * (0.3 if episode.nominated else 1.0)
    worth *= 1.0 if episode.assisted == "agent_initiated" else 0.6
    worth *= 1.15 if episode.failures > 1 else 1.0
    worth *= 1.0 if episode.actions <= _LONGEST else 0.5
    return worth * (0.5 + episode.score / 2)


def _novelty(episode: Episode, seen: Counter[str]) -> float:
    kind, tool, run, outcome = (seen[trait] for trait in _traits(episode))
    return float(_SAME_KIND**kind * _SAME_TOOL**tool * _SAME_RUN**run * _SAME_OUTCOME**outcome)


def _traits(episode: Episode) -> tuple[str, str, str, str]:
    return (
        f"kind {episode.kind}",
        f"tool {episode.failed_tool}",
        f"run {episode.trajectory_id}",
        f"outcome {episode.outcome}",
    )
