"""What an export reads: headers, episodes and grades from the store, steps and calls from the lake."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reroute import episodes, lake, store
from reroute.episodes import Episode
from reroute.export.candidates import Candidate, Recovery, Run
from reroute.export.tools import Seen
from reroute.lake.columns import step_rows
from reroute.settings import Project
from reroute.trace import Step

if TYPE_CHECKING:
    import duckdb

Origin = tuple[str, str, str]

_RUNS = """
select trajectory_id, version, part, source, path, format, source_index, task_id, split_group, agent,
from trajectories where is_current order by trajectory_id
"""
_OUTCOMES = "select trajectory_id, outcome from outcomes order by source = 'verifier', source = 'human'"
_FINDINGS = """
select trajectory_id, version, call_step, bool_or(firm) from findings where call_step is not null group by all
"""
_GRADES = "select trajectory_id, span_start, span_end, grade_id from grades order by grade_id"


@dataclass(frozen=True)
class Calls:
    """The calls of one trajectory version that signals point at."""

    firm: frozenset[int]
    weak: frozenset[int]


NO_CALLS = Calls(frozenset(), frozenset())


@dataclass(frozen=True)
class Judged:
    """A grade and the steps that it is about."""

    start: int
    end: int
    grade_id: str


def candidates(project: Project) -> list[Candidate]:
    """Every episode of a current trajectory version, and every such version without an episode, in a stable order."""
    with store.of(project).read() as connection:
        runs = _runs(connection)
        calls = _calls(connection)
        grades = connection.execute(_GRADES).fetchall()
    judged: dict[str, list[Judged]] = defaultdict(list)
    for trajectory_id, start, end, grade_id in grades:
        judged[trajectory_id].append(Judged(start, end, grade_id))
    found, failing = [], set()
    for episode in episodes.load(project):
        key = (episode.trajectory_id, episode.version)
        failing.add(key)
        found.append(Candidate(runs[key], _recovery(episode, calls.get(key, NO_CALLS), judged[episode.trajectory_id])))
    clean = [Candidate(run) for key, run in runs.items() if key not in failing]
    return sorted(found, key=lambda c: c.id) + sorted(clean, key=lambda c: c.id)


def fingerprint(found: Sequence[Candidate]) -> str:
    """A hash of all that is known of the candidates (16 hex digits); their steps never change under a version."""
    digest = hashlib.blake2b(digest_size=8)
    for candidate in found:
        recovery = candidate.recovery
        calls = (sorted(recovery.failing), sorted(recovery.doubtful)) if recovery else ()
        bare = replace(recovery, failing=frozenset(), doubtful=frozenset()) if recovery else None
        digest.update(repr((candidate.run, bare, calls)).encode())
    return digest.hexdigest()


def steps(project: Project, wanted: Iterable[Run]) -> Iterator[tuple[Run, list[Step]]]:
    """Each wanted run with its tools and all its steps; each part is read once."""
    of_part: dict[str, dict[tuple[str, str], Run]] = defaultdict(dict)
    for one in wanted:
        of_part[one.part][one.trajectory_id, one.version] = one
    for part, runs in sorted(of_part.items()):
        for headers, rows in lake.read_part(project, part):
            start = 0
            for header in headers.select(["trajectory_id", "version", "tools", "steps"]).to_pylist():
                if run := runs.get((header["trajectory_id"], header["version"])):
                    yield replace(run, tools=header["tools"]), step_rows(rows.slice(start, header["steps"]))
                start += header["steps"]


def calls_seen(project: Project, runs: Iterable[Run]) -> dict[Origin, Seen]:
    """What the calls of each origin look like, over all of its current runs that are given."""
    import polars as pl

    seen: dict[Origin, Seen] = defaultdict(Seen)
    origins = {(run.trajectory_id, run.version): run.origin for run in runs}
    for part in sorted({run.part for run in runs}):
        table = (
            pl.scan_parquet(lake.steps_path(project, part))
            .filter((pl.col("type") == "call") & (pl.col("role") == "assistant"))
            .select("trajectory_id", "version", "tool", "arguments")
            .collect()
        )
        for trajectory_id, version, tool, arguments in table.iter_rows():
            if origin := origins.get((trajectory_id, version)):
                seen[origin].add(tool, arguments)
    return seen


def _runs(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], Run]:
    outcomes = dict(connection.execute(_OUTCOMES).fetchall())
    found = {}
    for row in connection.execute(_RUNS).fetchall():
        trajectory_id, version, part, source, path, format_, index, task, group, agent = row
        found[trajectory_id, version] = Run(
            trajectory_id=trajectory_id, version=version, part=part, source=source, path=path, format=format_,
            source_index=index, task_id=task, split_group=group, agent=agent,
            outcome=outcomes.get(trajectory_id, "unknown"),
        )  # fmt: skip
    return found


def _calls(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], Calls]:
    firm: dict[tuple[str, str], set[int]] = defaultdict(set)
    weak: dict[tuple[str, str], set[int]] = defaultdict(set)
    for trajectory_id, version, call, is_firm in connection.execute(_FINDINGS).fetchall():
        (firm if is_firm else weak)[trajectory_id, version].add(call)
    return {key: Calls(frozenset(firm[key]), frozenset(weak[key])) for key in {*firm, *weak}}


def _recovery(episode: Episode, calls: Calls, judged: Sequence[Judged]) -> Recovery:
    mine = [grade.grade_id for grade in judged if grade.start <= episode.close_step and episode.onset_step <= grade.end]
    return Recovery(
        episode_id=episode.episode_id,
        kind=episode.kind,
        outcome=episode.outcome_final,
        cause=episode.cause,
        tier=episode.tier,
        assisted=episode.assisted,
        is_failure=episode.is_failure,
        label=episode.label_source,
        keep=episode.keep,
        lane=episode.lane,
        onset=episode.onset_step,
        manifest=episode.manifest_step,
        recovery=episode.recovery_step,
        failed_tool=episode.failed_tool,
        failed_signature=episode.failed_signature,
        repair_tool=episode.repair_tool,
        error_template=episode.error_template,
        grades=tuple(mine),
        failing=calls.firm,
        doubtful=calls.weak,
    )
