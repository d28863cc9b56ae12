"""Which episodes a person should look at: the doubtful ones that matter, and a random share to measure by."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from reroute.review import journal, records
from reroute.settings import Project
from reroute.storage import lake, store
from reroute.tag import episodes
from reroute.tag.binding import JUDGED_BY, Table, bind, judged_now

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from reroute.episode import Episode

Reason = Literal["ambiguous", "random"]

# How much a verdict on such an episode changes what is exported: rows of the first tiers enter or leave with it.
_EXPORT_WEIGHT = {"A": 1.0, "B": 0.8, "C": 0.4}
_OTHER_WEIGHT = 0.2
# A nomination has no firm signal, so its score says little, and an ambiguous episode could be either: at least this
# doubtful.
_OPEN_DOUBT = 0.35
# By the kind's first word: overlooking one costs more than time.
_SEVERITY = {"policy": 1.5, "approval": 1.5, "tool": 1.5, "silent": 1.5}
_NEAR_MISS = 0.5
_WOULD_BE = {"pass": "A", "fail": "C"}
"""The tier of a recovery that is confirmed, by run outcome; B for any other."""
_JUDGED: tuple[Table, ...] = ("reviews", "grades")
"""Where what was planned or graded before stands."""
_WAITING = "select count(*) from reviews where task_id not in (select task_id from annotations where not deleted)"
"""Tasks that nobody has answered yet."""


@dataclass(frozen=True)
class Chosen:
    """An episode to grade; ``weight`` is the inverse of the chance that it had of being chosen at all."""

    episode: Episode
    reason: Reason
    weight: float
    value: float
    """See :func:`value`."""


@dataclass(frozen=True)
class Planned:
    """What a plan did; ``eligible`` counts the episodes that are neither graded nor waiting for a grade."""

    batch: str
    tasks: int
    random: int
    eligible: int
    by_kind: dict[str, int]

    def line(self) -> str:
        """What was planned, on one line."""
        if not self.tasks:
            return f"nothing planned: {self.eligible:,} episodes could be graded, the budget is used"
        kinds = ", ".join(f"{count} {kind}" for kind, count in self.by_kind.items())
        return f"{self.tasks:,} of {self.eligible:,} episodes planned ({self.random:,} of them at random): {kinds}"


def plan(project: Project) -> Planned:
    """Choose episodes until ``[review] budget`` of them wait for an answer, and write them down as tasks to push.

    Nothing that was graded, skipped or planned before is chosen again.
    """
    journal.catch_up(project)
    found = episodes.load(project)
    with store.of(project).read() as connection:
        eligible = _eligible(project, connection, found)
        (waiting,) = connection.execute(_WAITING).fetchall()[0]
    settings = project.settings.review
    chosen = choose(eligible, max(0, settings.budget - waiting), settings.random_share, settings.seed)
    ids = "\0".join(sorted(task_id(choice.episode) for choice in chosen))
    batch = f"{datetime.now(UTC):%Y-%m-%d}-{hashlib.blake2b(ids.encode(), digest_size=3).hexdigest()}"
    if chosen:
        tasks = [_task(project, choice, batch) for choice in chosen]
        with store.of(project).write() as connection:
            known = records.held(connection)
            # Another plan may have come first.
            journal.record(project, connection, [task for task in tasks if task.key not in known])
    kinds = Counter(choice.episode.kind for choice in chosen)
    drawn = sum(choice.reason == "random" for choice in chosen)
    return Planned(batch if chosen else "", len(chosen), drawn, len(eligible), dict(kinds.most_common()))


def choose(eligible: Sequence[Episode], budget: int, random_share: float, seed: int) -> list[Chosen]:
    """The random share first, from all that is eligible; the rest of the budget by value. Deterministic."""
    budget = min(budget, len(eligible))
    count = min(budget, math.ceil(budget * random_share))
    lots = {e.episode_id: hashlib.blake2b(f"{seed}\0{e.episode_id}".encode(), digest_size=8).digest() for e in eligible}
    drawn = sorted(eligible, key=lambda episode: lots[episode.episode_id])[:count]
    taken = {episode.episode_id for episode in drawn}
    scarcity = Counter(episode.kind for episode in eligible)
    ranked = sorted(eligible, key=lambda episode: (-value(episode, scarcity), episode.episode_id))
    # The queue would have taken these anyway: they stand for themselves, drawn or not.
    certain = {episode.episode_id for episode in ranked[: budget - count]}
    queue = [episode for episode in ranked if episode.episode_id not in taken][: budget - count]
    stands_for = len(eligible) / count if count else 1.0
    picked = [Chosen(e, "random", 1.0 if e.episode_id in certain else stands_for, value(e, scarcity)) for e in drawn]
    return picked + [Chosen(e, "ambiguous", 1.0, value(e, scarcity)) for e in queue]


def value(episode: Episode, of_kind: Counter[str]) -> float:
    """What a grade brings: doubt x what it changes in an export x how severe x how rare the kind is.

    Doubt is how far from sure the probability is, or the rules' score where there is none. Of a nomination, the change
    is what would enter an export if it were confirmed. ``of_kind`` counts the eligible episodes by kind.
    """
    p, is_open = episode.score, episode.nominated
    if episode.probability is not None:
        p, is_open = episode.probability, bool(episode.ambiguous)
    doubt = max(min(p, 1 - p), _OPEN_DOUBT if is_open else 0.0)
    tier = episode.tier
    if tier is None and episode.nominated and episode.local_recovered:
        tier = _WOULD_BE.get(episode.run_outcome or "", "B")
    at_stake = _EXPORT_WEIGHT.get(tier or "", _OTHER_WEIGHT)
    severity = _SEVERITY.get(episode.kind.partition(".")[0], 1.0) * (_NEAR_MISS if episode.near_miss else 1.0)
    return doubt * at_stake * severity / math.sqrt(of_kind[episode.kind])


def task_id(episode: Episode) -> str:
    """The external id of an episode's task: the same episode always has the same one."""
    key = f"{episode.trajectory_id}\0{episode.prefix_hash}\0{episode.onset_step}\0{episode.kind}"
    return hashlib.blake2b(key.encode(), digest_size=8).hexdigest()


def span(episode: Episode) -> tuple[int, int]:
    """First and last step that a grade of this episode judges."""
    return episode.onset_step, max(episode.manifest_step, episode.close_step, episode.recovery_result_step or 0)


def _eligible(project: Project, connection: DuckDBPyConnection, found: Sequence[Episode]) -> list[Episode]:
    """Those that were neither planned nor graded before, also not under another id or in other places of their runs.

    An episode is the same as one before where more than half of the longer span is shared. What was judged and says
    something else today was not judged.
    """
    done: dict[str, set[tuple[int, int]]] = {}
    for table in _JUDGED:
        for one in bind(project, connection, table)[0]:
            done.setdefault(one.trajectory_id, set()).add((one.start, one.end))
    eligible = []
    for episode in found:
        start, end = span(episode)
        if not any(
            2 * (min(end, last) - max(start, first) + 1) > max(end - start + 1, last - first + 1)
            for first, last in done.get(episode.trajectory_id, [])
        ):
            eligible.append(episode)
    return eligible


def _task(project: Project, choice: Chosen, batch: str) -> records.Task:
    """The task of a chosen episode, not pushed yet."""
    episode, judged = choice.episode, span(choice.episode)
    place = lake.locate(project, episode.trajectory_id, episode.version)
    evidence = [episode.manifest_step, *(one.step for one in episode.evidence)]
    return records.Task(
        task_id=task_id(episode),
        episode_id=episode.episode_id,
        trajectory_id=episode.trajectory_id,
        prefix_hash=episode.prefix_hash,
        span_start=judged[0],
        span_end=judged[1],
        content_hash=lake.content_hash(project, place, judged, episode.prefix_hash),
        judged=judged_now(lake.read_rows(project, place, JUDGED_BY), *judged, evidence),
        kind=episode.kind,
        outcome=episode.outcome,
        score=episode.score,
        reason=choice.reason,
        weight=choice.weight,
        batch=batch,
        planned_at=datetime.now(UTC),
    )
