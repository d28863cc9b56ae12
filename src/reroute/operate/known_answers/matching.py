"""Which tagged episode is which planted mistake: by run, lane and place, counted in calls."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
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
    """0-based, among the lane's calls."""
    close: int
    episode: Episode


@dataclass(frozen=True)
class Found:
    """What the store holds of a simulation."""

    runs: set[str]
    episodes: list[Placed]


@dataclass(frozen=True)
class Judged:
    """A pair in one respect, such as the kind."""

    planted: str | None
    """What was planted; None where nothing was."""
    tagged: str | None
    """What was tagged; None where nothing was."""
    right: bool
    """Whether both are there, and the definitions allow what was tagged."""
    decided: bool
    """Whether an episode is there that does not only nominate."""


@dataclass(frozen=True)
class Pair:
    """A planted mistake with the episode that is about it; either may be missing."""

    answer: PlacedAnswer | None
    found: Placed | None
    exact: bool = False
    """Whether both are there and the episode's onset is the very call."""

    def judged(self) -> dict[str, Judged]:
        """The pair in each respect."""
        answer, found = self.answer, self.found
        episode = found.episode if found else None
        decided = episode is not None and not episode.nominated
        both = answer is not None and found is not None
        trace_format = answer.format if answer else found.format if found else None
        return {
            "failures": Judged("all" if answer else None, "all" if found else None, both, decided),
            "kinds": Judged(
                answer.kind if answer else None,
                episode.kind if episode else None,
                bool(answer and episode and episode.kind in answer.kinds),
                decided,
            ),
            "outcomes": Judged(
                answer.outcome if answer else None,
                episode.outcome if episode else None,
                bool(answer and episode and episode.outcome in answer.outcomes),
                decided,
            ),
            "formats": Judged(trace_format if answer else None, trace_format if found else None, both, decided),
        }


def placed(project: Project, runs: Sequence[PlayedRun]) -> Found:
    """The episodes of the simulated runs, joined by the file and record in which each run lies."""
    import pyarrow.parquet as pq

    owners = _owners(project, runs)
    # Trajectory, version and lane -> the steps that are calls, in order.
    calls: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for part in lake.parts(project):
        columns = ["trajectory_id", "version", "lane", "step", "type"]
        for row in pq.read_table(lake.whole(project, part).steps, columns=columns).to_pylist():
            if row["type"] == "call" and row["trajectory_id"] in owners:
                calls[row["trajectory_id"], row["version"], row["lane"]].append(row["step"])
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
        unmatched = []
        for answer in waiting:
            taken = next((one for one in by_run[answer.run_id] if fits(answer, one)), None)
            if taken is None:
                unmatched.append(answer)
                continue
            by_run[answer.run_id].remove(taken)
            pairs.append(Pair(answer, taken, exact=_at_onset(answer, taken)))
        waiting = unmatched
    matched: dict[str, list[PlacedAnswer]] = defaultdict(list)
    for pair in pairs:
        if pair.answer:
            matched[pair.answer.run_id].append(pair.answer)
    extra = [
        one
        for run_id, rest in by_run.items()
        for one in rest
        if not any(_same_place_and_kind(answer, one) for answer in matched[run_id])
    ]
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
        # The same file, whichever folder of the simulation was collected.
        fitting = [
            run
            for run in by_name[PurePosixPath(path).name]
            if f"/{run.path}".endswith(f"/{path}") or f"/{path}".endswith(f"/{run.path}")
        ]
        owner = next((run for run in fitting if len(fitting) == 1 or run.record == record), None)
        if owner is not None:
            owners[trajectory_id] = owner
    return owners
