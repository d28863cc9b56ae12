"""Episodes of a project, looked up by filter or by the beginning of an id."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from reroute.episode_text import scene, wording
from reroute.errors import UsageError
from reroute.look import Told, shortest
from reroute.settings import Project
from reroute.storage import lake
from reroute.tag import endings, episodes
from reroute.tag.endings import Ending
from reroute.trace import Step

if TYPE_CHECKING:
    from reroute.episode import Episode

_MOST_CANDIDATES = 9


@dataclass(frozen=True)
class Wanted:
    """A filter: an episode fits where each given word is part of what it names."""

    kind: str | None = None
    outcome: str | None = None
    tier: str | None = None
    trace_format: str | None = None

    def fits(self, episode: Episode) -> bool:
        """Whether the episode is wanted."""
        pairs = [(self.kind, episode.kind), (self.outcome, episode.outcome_final), (self.trace_format, episode.format)]
        return all(word is None or word in (has or "") for word, has in pairs) and self.tier in {None, episode.tier}


@dataclass(frozen=True)
class Listing:
    """Some of the episodes that fit, and how many there are."""

    told: list[Told]
    total: int


def listed(project: Project, wanted: Wanted, limit: int) -> Listing:
    """The episodes that fit, in order of trajectory and onset, at most ``limit`` of them (0: all)."""
    every = episodes.load(project)
    fitting = [episode for episode in every if wanted.fits(episode)]
    short = shortest([episode.episode_id for episode in every])
    steps = _reader(project)
    chosen = fitting[:limit] if limit else fitting
    told = [Told(short[e.episode_id], wording.line(e, steps(e.trajectory_id)), e) for e in chosen]
    return Listing(told, len(fitting))


@dataclass(frozen=True)
class Named:
    """What an id stands for: an episode, or a trajectory with all of its episodes."""

    ending: Ending | None
    """None: one episode was meant."""
    scenes: Iterator[scene.Scene]


def named(project: Project, name: str) -> Named:
    """The one episode, or the one trajectory with its episodes, whose id begins with ``name``.

    Raises UsageError where nothing begins so, or more than one thing does; the message lists them.
    """
    prefix = name.lstrip("#")
    found = _found(project, name) if prefix else []
    if not found:
        return Named(_ending(project, name, prefix), iter(()))
    alone = len(found) == 1 and found[0].episode_id.startswith(prefix)
    return Named(
        None if alone else endings.ending(project, found[0].trajectory_id),
        (_scene(project, episode) for episode in found),
    )


def _ending(project: Project, name: str, prefix: str) -> Ending:
    """The end of a trajectory without episodes."""
    try:
        return endings.ending(project, prefix or name)
    except UsageError as error:
        raise UsageError(
            f"Looking for {name}: no episode's or trajectory's id begins so. `reroute episodes` lists them."
        ) from error


def _found(project: Project, name: str) -> list[Episode]:
    """The episode, or the episodes of the trajectory, that is meant; none where nothing begins so."""
    prefix = name.lstrip("#")
    found = episodes.load(project, id_prefix=prefix)
    alike = [episode for episode in found if episode.episode_id.startswith(prefix)]
    runs = sorted({episode.trajectory_id for episode in found if episode.trajectory_id.startswith(prefix)})
    if len(alike) == 1:
        runs = []  # lists show episodes' ids, so short ones are meant as such
    if len(alike) + len(runs) > 1:
        raise UsageError(
            f"Looking for {name}: {len(alike) + len(runs)} ids begin so.{_candidates(project, alike, runs)}"
        )
    return alike or found


def _scene(project: Project, episode: Episode) -> scene.Scene:
    origin = scene.origin(lake.read_header(project, episode.trajectory_id), episode.run_outcome)
    return scene.scene(episode, lake.read_steps(project, episode.trajectory_id), origin)


def _candidates(project: Project, alike: list[Episode], runs: list[str]) -> str:
    steps = _reader(project)
    lines = [f"episode {e.episode_id}  {wording.line(e, steps(e.trajectory_id))}" for e in alike[:_MOST_CANDIDATES]]
    lines += [f"trajectory {run}" for run in runs[:_MOST_CANDIDATES]]
    return "".join(f"\n  {line}" for line in lines)


def _reader(project: Project) -> Callable[[str], list[Step]]:
    """Steps by trajectory id; episodes of one trajectory stand beside each other, so few are kept."""

    @lru_cache(maxsize=8)
    def steps(trajectory_id: str) -> list[Step]:
        return lake.read_steps(project, trajectory_id)

    return steps
