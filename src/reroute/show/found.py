"""Episodes of a project, looked up by filter or by the beginning of an id."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from reroute import episodes, lake
from reroute.errors import UsageError
from reroute.look import Told, shortest
from reroute.settings import Project
from reroute.telling import scene, wording
from reroute.trace import Step

if TYPE_CHECKING:
    from reroute.episodes import Episode

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


def scenes(project: Project, name: str) -> Iterator[scene.Scene]:
    """The one episode, or the episodes of the one trajectory, whose id begins with ``name``.

    Raises UsageError where nothing begins so, or more than one thing does; the message lists them.
    """
    prefix = name.lstrip("#")
    found = episodes.load(project, id_prefix=prefix) if prefix else []
    named = [episode for episode in found if episode.episode_id.startswith(prefix)]
    runs = sorted({episode.trajectory_id for episode in found if episode.trajectory_id.startswith(prefix)})
    if not found:
        raise UsageError(
            f"Looking for {name}: no episode's or trajectory's id begins so. `reroute episodes` lists them."
        )
    if len(named) == 1:
        runs = []  # lists show episodes' ids, so short ones are meant as such
    if len(named) + len(runs) > 1:
        raise UsageError(
            f"Looking for {name}: {len(named) + len(runs)} ids begin so.{_candidates(project, named, runs)}"
        )
    for episode in named or found:
        yield _scene(project, episode)


def _scene(project: Project, episode: Episode) -> scene.Scene:
    origin = scene.origin(lake.read_header(project, episode.trajectory_id), episode.run_outcome)
    return scene.scene(episode, lake.read_steps(project, episode.trajectory_id), origin)


def _candidates(project: Project, named: list[Episode], runs: list[str]) -> str:
    steps = _reader(project)
    lines = [f"episode {e.episode_id}  {wording.line(e, steps(e.trajectory_id))}" for e in named[:_MOST_CANDIDATES]]
    lines += [f"trajectory {run}" for run in runs[:_MOST_CANDIDATES]]
    return "".join(f"\n  {line}" for line in lines)


def _reader(project: Project) -> Callable[[str], list[Step]]:
    """Steps by trajectory id; episodes of one trajectory stand beside each other, so few are kept."""

    @lru_cache(maxsize=8)
    def steps(trajectory_id: str) -> list[Step]:
        return lake.read_steps(project, trajectory_id)

    return steps
