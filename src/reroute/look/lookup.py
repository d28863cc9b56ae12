"""Episodes of a project, looked up by filter or by the beginning of an id."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from reroute.episode_text import wording
from reroute.episode_text.timeline import Timeline, origin, timeline
from reroute.errors import UsageError
from reroute.look.summary import Summary, shortest
from reroute.settings import Project
from reroute.storage import lake
from reroute.tag import endings, episodes
from reroute.tag.endings import Ending

if TYPE_CHECKING:
    from reroute.episode import Episode

_MOST_CANDIDATES = 9
_STEPS_HELD = 8
"""Trajectories whose steps are held: episodes of one trajectory stand beside each other."""


@dataclass(frozen=True)
class Filter:
    """A filter: an episode fits where each given word is part of what it names; None asks nothing."""

    kind: str | None = None
    episode_outcome: str | None = None
    """Of the outcome with grades applied."""
    tier: str | None = None
    """The whole tier, not a part."""
    trace_format: str | None = None

    def fits(self, episode: Episode) -> bool:
        """Whether the episode is wanted."""
        pairs = [
            (self.kind, episode.kind),
            (self.episode_outcome, episode.outcome_final),
            (self.trace_format, episode.format),
        ]
        return all(word is None or word in (has or "") for word, has in pairs) and self.tier in {None, episode.tier}


@dataclass(frozen=True)
class Listing:
    """Some of the episodes that fit, and how many there are."""

    summaries: list[Summary]
    total: int


def listed(project: Project, chosen_by: Filter, limit: int) -> Listing:
    """The episodes that fit, in order of trajectory and onset, at most ``limit`` of them (0: all)."""
    every = episodes.load(project)
    fitting = [episode for episode in every if chosen_by.fits(episode)]
    short = shortest([episode.episode_id for episode in every])
    steps = lru_cache(_STEPS_HELD)(partial(lake.read_steps, project))
    chosen = fitting[:limit] if limit else fitting
    lines = [Summary(short[e.episode_id], wording.line(e, steps(e.trajectory_id)), e) for e in chosen]
    return Listing(lines, len(fitting))


@dataclass(frozen=True)
class Named:
    """What an id stands for: an episode, or a trajectory with all of its episodes."""

    ending: Ending | None
    """None: one episode was meant."""
    timelines: Iterator[Timeline]


def named(project: Project, name: str) -> Named:
    """The one episode, or the one trajectory with its episodes, whose id begins with ``name``.

    Raises UsageError where nothing begins so, or more than one thing does; the message lists them.
    """
    prefix = name.lstrip("#")
    found = episodes.load(project, id_prefix=prefix) if prefix else []
    alike = [episode for episode in found if episode.episode_id.startswith(prefix)]
    runs = sorted({episode.trajectory_id for episode in found if episode.trajectory_id.startswith(prefix)})
    if len(alike) == 1:
        return Named(None, iter([_timeline(project, alike[0])]))  # lists show episodes' ids, so short ones mean these
    if len(alike) + len(runs) > 1:
        steps = lru_cache(_STEPS_HELD)(partial(lake.read_steps, project))
        lines = [f"episode {e.episode_id}  {wording.line(e, steps(e.trajectory_id))}" for e in alike[:_MOST_CANDIDATES]]
        lines += [f"trajectory {run}" for run in runs[:_MOST_CANDIDATES]]
        candidates = "".join(f"\n  {line}" for line in lines)
        raise UsageError(f"Looking for {name}: {len(alike) + len(runs)} ids begin so.{candidates}")
    if found:
        ending = endings.ending(project, found[0].trajectory_id)
        return Named(ending, (_timeline(project, episode) for episode in found))
    try:
        return Named(endings.ending(project, prefix or name), iter(()))  # a trajectory without episodes
    except UsageError as error:
        raise UsageError(
            f"Looking for {name}: no episode's or trajectory's id begins so. `reroute episodes` lists them."
        ) from error


def _timeline(project: Project, episode: Episode) -> Timeline:
    """The episode with what surrounds it, read from the lake."""
    place = origin(lake.read_header(project, episode.trajectory_id), episode.run_outcome)
    return timeline(episode, lake.read_steps(project, episode.trajectory_id), place)
