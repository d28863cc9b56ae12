"""A first look at traces: read, find episodes, say what is in them. No settings, no store, nothing written."""

from __future__ import annotations

import itertools
import multiprocessing
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from reroute.collect import read_loose
from reroute.episode_text import ranking as telling
from reroute.episode_text import scene, wording
from reroute.errors import UsageError
from reroute.look.spent import Spent, spent
from reroute.progress import console
from reroute.storage.lake.columns import header_rows, step_rows
from reroute.tag import episodes
from reroute.trace import Step

if TYPE_CHECKING:
    from reroute.collect.loose import Batch
    from reroute.episode import Episode
    from reroute.storage.lake import Header
    from reroute.tag.episodes import Found

PROCESSES = 2
_SHORTEST_ID = 3

__all__ = ["Looked", "Told", "look"]


@dataclass(frozen=True)
class Told:
    """An episode on a line."""

    short_id: str
    line: str
    episode: Episode


@dataclass(frozen=True)
class _Place:
    """Where a session's steps lie."""

    batch: int
    start: int
    header: Header


@dataclass(frozen=True)
class Looked:
    """What a look found. ``found`` is all of it; of a session that was read in several versions the longest counts."""

    batches: Sequence[Batch]
    found: Sequence[Episode]
    seconds: float

    @cached_property
    def episodes(self) -> list[Episode]:
        """Every episode, guesses too, in the order of the traces."""
        found = [e for e in self.found if self._places[e.trajectory_id].header.version == e.version]
        return sorted(found, key=self._order)

    @cached_property
    def firm(self) -> list[Episode]:
        """The episodes that a rule is sure of."""
        return [episode for episode in self.episodes if not episode.nominated]

    @property
    def sessions(self) -> int:
        return len(self._places)

    @property
    def steps(self) -> int:
        return sum(place.header.steps for place in self._places.values())

    @property
    def files(self) -> int:
        """Files with at least one session."""
        return len({place.header.path for place in self._places.values()})

    @property
    def formats(self) -> dict[str, int]:
        """Sessions by format, the commonest first."""
        return dict(Counter(place.header.format for place in self._places.values()).most_common())

    @property
    def rejected(self) -> int:
        """Records that could not be read."""
        return sum(batch.rejected for batch in self.batches)

    @property
    def unknown_files(self) -> list[str]:
        return sorted({name for batch in self.batches for name in batch.unknown_files})

    @property
    def problems(self) -> list[str]:
        """Files that could not be read, each with the reason."""
        return [problem for batch in self.batches for problem in batch.problems]

    @cached_property
    def spent(self) -> Spent | None:
        """The share that was spent while something was failing; None where there is nothing to count."""
        return spent([batch.steps for batch in self.batches], self.firm)

    def telling(self, most: int) -> list[Told]:
        """Up to ``most`` episodes as lines, the most telling first, no line twice."""
        lines: dict[str, Told] = {}
        for episode in telling.ranked(self.firm, 3 * most):
            told = self.told(episode)
            lines.setdefault(told.line, told)
        return list(lines.values())[:most]

    def told(self, episode: Episode) -> Told:
        """An episode on a line."""
        line = wording.line(episode, self.steps_of(episode.trajectory_id))
        return Told(self._short[episode.episode_id], line, episode)

    def scene(self, name: str) -> scene.Scene:
        """The episode whose id begins with ``name``. Raises UsageError where there is none, or more than one."""
        found = [e for e in self.episodes if e.episode_id.startswith(name.lstrip("#"))]
        if len(found) == 1:
            header = self._places[found[0].trajectory_id].header
            origin = scene.origin(header, self._outcomes.get(header.trajectory_id))
            return scene.scene(found[0], self.steps_of(header.trajectory_id), origin)
        if not found:
            raise UsageError(
                f"Looking for the episode {name}: none of the {len(self.episodes):,} here begins like that."
            )
        candidates = "".join(f"\n  {told.short_id}  {told.line}" for told in map(self.told, found[:9]))
        raise UsageError(f"Looking for the episode {name}: {len(found)} begin like that.{candidates}")

    def steps_of(self, trajectory_id: str) -> list[Step]:
        """The steps of a session, redacted."""
        place = self._places[trajectory_id]
        return step_rows(self.batches[place.batch].steps.slice(place.start, place.header.steps))

    def _order(self, episode: Episode) -> tuple[int, int, int, str]:
        place = self._places[episode.trajectory_id]
        return place.batch, place.start, episode.onset_step, episode.episode_id

    @cached_property
    def _outcomes(self) -> dict[str, str]:
        return {key: told.outcome for batch in self.batches for key, told in batch.outcomes.items()}

    @cached_property
    def _places(self) -> dict[str, _Place]:
        places: dict[str, _Place] = {}
        for index, batch in enumerate(self.batches):
            start = 0
            for header in header_rows(batch.trajectories):
                known = places.get(header.trajectory_id)
                if known is None or known.header.steps < header.steps:
                    places[header.trajectory_id] = _Place(index, start, header)
                start += header.steps
        return places

    @cached_property
    def _short(self) -> dict[str, str]:
        return shortest([episode.episode_id for episode in self.episodes])


def look(paths: Sequence[Path]) -> Looked:
    """Read the traces under ``paths`` and find their episodes; a large folder is worked on by several processes.

    Raises UsageError where a path does not exist.
    """
    started = time.perf_counter()
    with console().status("reading traces"):
        batches, found = _found(read_loose(list(paths)))
    return Looked(batches, [e for one in found for e in one.episodes], time.perf_counter() - started)


def shortest(ids: Sequence[str]) -> dict[str, str]:
    """For each id its shortest beginning of three characters or more that no other one shares."""
    ordered = sorted(set(ids))
    short = {}
    for index, whole in enumerate(ordered):
        beside = [_common(whole, ordered[i]) for i in (index - 1, index + 1) if 0 <= i < len(ordered)]
        short[whole] = whole[: max([_SHORTEST_ID - 1, *beside]) + 1]
    return short


def _common(left: str, right: str) -> int:
    return next((i for i, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))


def _found(batches: Iterator[Batch]) -> tuple[list[Batch], list[Found]]:
    """Batches and what is in each. One is worked on here; where there are more, others work while this one reads."""
    first = list(itertools.islice(batches, 2))
    if len(first) == 1:
        return first, [episodes.find(batch.steps) for batch in first]
    read: list[Batch] = []
    with ProcessPoolExecutor(PROCESSES, mp_context=multiprocessing.get_context("spawn")) as pool:
        waiting = []
        for batch in itertools.chain(first, batches):
            read.append(batch)
            waiting.append(pool.submit(episodes.find, batch.steps))
        return read, [one.result() for one in waiting]
