"""A first look at traces: read, find episodes, say what is in them. No settings, no store, nothing written."""

from __future__ import annotations

import itertools
import multiprocessing
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from reroute.collect import read_loose
from reroute.episode_text import wording
from reroute.episode_text.ranking import ranked
from reroute.episode_text.timeline import Timeline, origin, timeline
from reroute.errors import UsageError
from reroute.look.spent import Spent, spent
from reroute.look.summary import Summary, shortest
from reroute.progress import console
from reroute.storage.lake.columns import header_rows, step_rows
from reroute.tag import episodes
from reroute.trace import Step
from reroute.without_pandas import refuse_pandas

if TYPE_CHECKING:
    from reroute.collect.loose import Batch
    from reroute.episode import Episode
    from reroute.storage.lake import Header

PROCESSES = 2

__all__ = ["Looked", "look"]


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
        place = self._places
        return sorted(
            found,
            key=lambda e: (place[e.trajectory_id].batch, place[e.trajectory_id].start, e.onset_step, e.episode_id),
        )

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

    def summaries(self, most: int) -> list[Summary]:
        """Up to ``most`` episodes as lines, the most informative first, no line twice."""
        lines: dict[str, Summary] = {}
        for episode in ranked(self.firm, 3 * most):
            summary = self.summary(episode)
            lines.setdefault(summary.line, summary)
        return list(lines.values())[:most]

    def summary(self, episode: Episode) -> Summary:
        """An episode on a line."""
        line = wording.line(episode, self.steps_of(episode.trajectory_id))
        return Summary(self._short[episode.episode_id], line, episode)

    def timeline(self, name: str) -> Timeline:
        """The episode whose id begins with ``name``. Raises UsageError where there is none, or more than one."""
        found = [e for e in self.episodes if e.episode_id.startswith(name.lstrip("#"))]
        if not found:
            raise UsageError(
                f"Looking for the episode {name}: none of the {len(self.episodes):,} here begins like that."
            )
        if len(found) > 1:
            candidates = "".join(f"\n  {each.short_id}  {each.line}" for each in map(self.summary, found[:9]))
            raise UsageError(f"Looking for the episode {name}: {len(found)} begin like that.{candidates}")
        header = self._places[found[0].trajectory_id].header
        outcomes = (batch.outcomes.get(header.trajectory_id) for batch in reversed(self.batches))
        run_outcome = next((each.outcome for each in outcomes if each is not None), None)
        return timeline(found[0], self.steps_of(header.trajectory_id), origin(header, run_outcome))

    def steps_of(self, trajectory_id: str) -> list[Step]:
        """The steps of a session, redacted."""
        place = self._places[trajectory_id]
        return step_rows(self.batches[place.batch].steps.slice(place.start, place.header.steps))

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
    """Read the traces under ``paths`` and find their episodes.

    One batch is worked on here; where there are more, other processes find episodes while this one reads on.
    Raises UsageError where a path does not exist.
    """
    started = time.perf_counter()
    with console().status("reading traces"):
        batches = read_loose(list(paths))
        read = list(itertools.islice(batches, 2))
        if len(read) == 1:
            found = [episodes.find(read[0].steps)]
        else:
            with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn"), refuse_pandas) as pool:
                waiting = [pool.submit(episodes.find, batch.steps) for batch in read]
                for batch in batches:
                    read.append(batch)
                    waiting.append(pool.submit(episodes.find, batch.steps))
                found = [one.result() for one in waiting]
    return Looked(read, [e for one in found for e in one.episodes], time.perf_counter() - started)
