"""Which tagged episode is which planted mistake: by run, lane and place, counted in calls."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from reroute.episode import Episode
from reroute.operate.known_answers.answers import PlacedAnswer, PlayedRun
from reroute.settings import Project
from reroute.storage import lake, store
from reroute.tag import episodes


@dataclass(frozen=True)
class Placed:
    """An episode with its run, and its first and last call by number in the lane."""

    run_id: str
    format: str
    onset: int
    close: int
    episode: Episode


@dataclass(frozen=True)
class Found:
    """What the store holds of a simulation."""

    runs: set[str]
    episodes: list[Placed]


@dataclass(frozen=True)
class Pair:
    """A planted mistake with the episode that is about it; either may be missing."""

    answer: PlacedAnswer | None
    found: Placed | None

    @property
    def kind(self) -> str | None:
        return self.found.episode.kind if self.found else None

    @property
    def outcome(self) -> str | None:
        return self.found.episode.outcome if self.found else None

    @property
    def format(self) -> str:
        return self.answer.format if self.answer else self.found.format if self.found else ""

    @property
    def exact(self) -> bool:
        return self.answer is not None and self.found is not None and _at_onset(self.answer, self.found)


def placed(project: Project, runs: Sequence[PlayedRun]) -> Found:
    """The episodes of the simulated runs, joined by the file and record in which each run lies."""
    owners = _owners(project, runs)
    calls = _calls(project, set(owners))
    found = []
    for episode in episodes.load(project):
        run = owners.get(episode.trajectory_id)
        if run is not None and episode.is_failure is not False:
            numbers = calls[episode.trajectory_id, episode.version, episode.lane]
            onset, close = (
                max(bisect_right(numbers, step) - 1, 0) for step in (episode.onset_step, episode.close_step)
            )
            found.append(Placed(run.run_id, run.format, onset, close, episode))
    return Found({run.run_id for run in owners.values()}, found)


def match(answers: Sequence[PlacedAnswer], found: Sequence[Placed]) -> list[Pair]:
    """Each answer with at most one episode, exact onsets before overlaps; what is left over stands alone.

    A further episode on an onset that is matched already (a sibling of its turn, a call of its loop) is no error.
    """
    by_run: dict[str, list[Placed]] = defaultdict(list)
    for one in found:
        by_run[one.run_id].append(one)
    pairs: list[Pair] = []
    waiting = list(answers)
    for fits in (_same_place_and_kind, _at_onset, _overlaps):
        left = []
        for answer in waiting:
            taken = next((one for one in by_run[answer.run_id] if fits(answer, one)), None)
            if taken is None:
                left.append(answer)
                continue
            by_run[answer.run_id].remove(taken)
            pairs.append(Pair(answer, taken))
        waiting = left
    matched = [pair.answer for pair in pairs if pair.answer]
    extra = [one for rest in by_run.values() for one in rest if not _doubled(one, matched)]
    return [*pairs, *(Pair(answer, None) for answer in waiting), *(Pair(None, one) for one in extra)]


def _same_place_and_kind(answer: PlacedAnswer, one: Placed) -> bool:
    return _at_onset(answer, one) and one.episode.kind in answer.kinds


def _at_onset(answer: PlacedAnswer, one: Placed) -> bool:
    return answer.onset_action <= one.onset <= answer.last_onset_action and one.episode.lane == answer.lane


def _overlaps(answer: PlacedAnswer, one: Placed) -> bool:
    """The same kind, begun between the mistake and its end."""
    end = answer.recovery_action if answer.recovery_action is not None else answer.last_onset_action
    inside = answer.onset_action <= one.onset < max(end, answer.last_onset_action + 1)
    around = one.onset <= answer.onset_action <= one.close
    return one.episode.lane == answer.lane and one.episode.kind in answer.kinds and (inside or around)


def _doubled(one: Placed, matched: Iterable[PlacedAnswer]) -> bool:
    return any(answer.run_id == one.run_id and _same_place_and_kind(answer, one) for answer in matched)


def _owners(project: Project, runs: Sequence[PlayedRun]) -> dict[str, PlayedRun]:
    """The run of each current trajectory, by its file and, where several runs share one, its record."""
    by_name: dict[str, list[PlayedRun]] = defaultdict(list)
    for run in runs:
        by_name[PurePosixPath(run.path).name].append(run)
    with store.of(project).read() as connection:
        rows = connection.execute(
            "select trajectory_id, path, source_index from trajectories where is_current"
        ).fetchall()
    owners = {}
    for trajectory_id, path, record in rows:
        fitting = [run for run in by_name[PurePosixPath(path).name] if _same_file(run.path, path)]
        owner = next((run for run in fitting if len(fitting) == 1 or run.record == record), None)
        if owner is not None:
            owners[trajectory_id] = owner
    return owners


def _same_file(one: str, other: str) -> bool:
    """The same file, whichever folder of the simulation was collected."""
    return f"/{one}".endswith(f"/{other}") or f"/{other}".endswith(f"/{one}")


def _calls(project: Project, wanted: set[str]) -> dict[tuple[str, str, str], list[int]]:
    """The steps that are calls, in order, by trajectory, version and lane."""
    import pyarrow.parquet as pq

    calls: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for part in lake.parts(project):
        table = pq.read_table(
            lake.whole(project, part).steps, columns=["trajectory_id", "version", "lane", "step", "type"]
        )
        for row in table.to_pylist():
            if row["type"] == "call" and row["trajectory_id"] in wanted:
                calls[row["trajectory_id"], row["version"], row["lane"]].append(row["step"])
    return calls
