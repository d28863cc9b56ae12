"""A first look at traces: read, find episodes, say what is in them. No settings, no store, nothing written."""

from __future__ import annotations

import itertools
import multiprocessing
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reroute.collect.in_memory import read_in_memory
from reroute.collect.sources import HIDDEN
from reroute.episode_text import wording
from reroute.episode_text.ranking import ranked
from reroute.episode_text.timeline import Timeline, origin, timeline
from reroute.errors import UsageError
from reroute.look.relatives import relatives
from reroute.look.spent import Spent, spent
from reroute.look.summary import Summary, shortest
from reroute.progress import console
from reroute.storage.lake.columns import header_rows, step_rows
from reroute.tag import episodes
from reroute.trace import Header, Step
from reroute.without_pandas import refuse_pandas

if TYPE_CHECKING:
    from reroute.collect.in_memory import Batch
    from reroute.episode import Episode

PROCESSES = 2

__all__ = ["Looked", "look"]


@dataclass(frozen=True)
class Place:
    """Where a session's steps lie: from row ``start`` of the steps of a batch on, by its number."""

    batch: int
    start: int
    header: Header


@dataclass(frozen=True)
class Looked:
    """What a look found. Of a session that was read in several versions the longest counts.

    What sessions of a family share counts once, and one that is the beginning of another one of its file not at all.
    """

    batches: Sequence[Batch]
    places: Mapping[str, Place]
    """Each session's place, by trajectory id."""
    episodes: Sequence[Episode]
    """Every episode, guesses too, in the order of the traces."""
    firm: Sequence[Episode]
    """The episodes that a rule is sure of."""
    short_ids: Mapping[str, str]
    """The shortest beginning of each episode's id that no other has."""
    sessions: int
    steps: int
    files: int
    """Files with at least one session."""
    formats: dict[str, int]
    """Sessions by format, the commonest first."""
    rejected: int
    """Records that could not be read."""
    passed_by: dict[str, list[str]]
    """Files and folders that were not read, by the reason."""
    hidden: int
    """Hidden files and folders, which are left out."""
    problems: list[str]
    """Files that could not be read, each with the reason."""
    spent: Spent | None
    """The share that was spent while something was failing; None where there is nothing to count."""
    seconds: float
    """How long reading and finding took."""

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
        return Summary(self.short_ids[episode.episode_id], line, episode)

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
        header = self.places[found[0].trajectory_id].header
        outcomes = (batch.outcomes.get(header.trajectory_id) for batch in reversed(self.batches))
        run_outcome = next((each.outcome for each in outcomes if each is not None), None)
        return timeline(found[0], self.steps_of(header.trajectory_id), origin(header, run_outcome))

    def steps_of(self, trajectory_id: str) -> list[Step]:
        """The steps of a session, redacted."""
        place = self.places[trajectory_id]
        return step_rows(self.batches[place.batch].steps.slice(place.start, place.header.steps))


def look(paths: Sequence[Path]) -> Looked:
    """Read the traces under ``paths`` and find their episodes.

    One batch is worked on here; where there are more, other processes find episodes while this one reads on.
    Raises UsageError where a path does not exist.
    """
    started = time.perf_counter()
    with console().status("reading traces"):
        batches = read_in_memory(list(paths))
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
    return _looked(read, [e for one in found for e in one.episodes], time.perf_counter() - started)


def _looked(batches: Sequence[Batch], found: Sequence[Episode], seconds: float) -> Looked:
    """The counts over what was read, and the episodes of each session's longest version."""
    places: dict[str, Place] = {}
    for index, batch in enumerate(batches):
        start = 0
        for header in header_rows(batch.trajectories):
            known = places.get(header.trajectory_id)
            if known is None or known.header.steps < header.steps:
                places[header.trajectory_id] = Place(index, start, header)
            start += header.steps
    copied = relatives(batches, {name: (place.batch, place.start, place.header) for name, place in places.items()})
    through = {name: one.copied_through for name, one in copied.items()}
    every = [
        e
        for e in found
        if places[e.trajectory_id].header.version == e.version and e.onset_step > through.get(e.trajectory_id, -1)
    ]
    every.sort(key=lambda e: (places[e.trajectory_id].batch, places[e.trajectory_id].start, e.onset_step, e.episode_id))
    firm = [episode for episode in every if not episode.nominated]
    passed_by: dict[str, list[str]] = {}
    for reason, name in sorted({one for batch in batches for one in batch.passed_by}):
        passed_by.setdefault(reason, []).append(name)
    headers = [p.header for name, p in places.items() if name not in copied or not copied[name].superseded]
    return Looked(
        batches=batches,
        places=places,
        episodes=every,
        firm=firm,
        short_ids=shortest([episode.episode_id for episode in every]),
        sessions=len(headers),
        steps=sum(header.steps - through.get(header.trajectory_id, -1) - 1 for header in headers),
        files=len({header.path for header in headers}),
        formats=dict(Counter(header.format for header in headers).most_common()),
        rejected=sum(batch.rejected for batch in batches),
        hidden=len(passed_by.pop(HIDDEN, [])),
        passed_by=passed_by,
        problems=[problem for batch in batches for problem in batch.problems],
        spent=spent([batch.steps for batch in batches], firm, copied),
        seconds=seconds,
    )
