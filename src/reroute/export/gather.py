"""What an export reads: headers, episodes and grades from the store, steps and calls from the lake."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reroute import lake, store
from reroute._columns import step_rows
from reroute.export.candidates import Candidate, Recovery, Run
from reroute.export.tools import Seen
from reroute.settings import Project
from reroute.trace import Step

if TYPE_CHECKING:
    import duckdb

Origin = tuple[str, str, str]

_RUNS = """
select trajectory_id, version, part, source, path, format, source_index, task_id, split_group, agent,
from trajectories where is_current order by trajectory_id
"""
_OUTCOMES = """
select trajectory_id, arg_max(outcome, case source when 'verifier' then 3 when 'human' then 2 else 1 end)
from outcomes group by trajectory_id
"""
_FINDINGS = """
select trajectory_id, version, call_step, bool_or(firm) from findings where call_step is not null group by all
"""
_GRADES = "select episode_id, question, answer, grade_id from grades order by graded_at, grade_id"


@dataclass(frozen=True)
class Calls:
    """The calls of one trajectory version that signals point at."""

    firm: frozenset[int]
    weak: frozenset[int]


def candidates(project: Project) -> list[Candidate]:
    """Every episode of a current trajectory version, and every such version without an episode, in a stable order."""
    with store.of(project).read() as connection:
        runs = _runs(connection)
        calls = _calls(connection)
        recoveries = _recoveries(connection, calls)
    known = {key: several for key, several in recoveries.items() if key in runs}
    found = [Candidate(runs[key], recovery) for key, several in known.items() for recovery in several]
    clean = [Candidate(run) for key, run in runs.items() if key not in recoveries]
    return sorted(found, key=lambda c: c.id) + sorted(clean, key=lambda c: c.id)


def fingerprint(project: Project) -> str:
    """A hash of everything in the store that an export depends on (16 hex digits)."""
    digest = hashlib.blake2b(digest_size=8)
    tables = ("trajectories", "outcomes", "episodes", "findings", "grades")
    with store.of(project).read() as connection:
        for table in tables:
            row = connection.execute(
                f"select count(*), bit_xor(hash(columns(*))) from (select hash(t) from {table} as t)"
            ).fetchone()
            digest.update(repr(row).encode())
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


def _recoveries(
    connection: duckdb.DuckDBPyConnection, calls: dict[tuple[str, str], Calls]
) -> dict[tuple[str, str], list[Recovery]]:
    found: dict[tuple[str, str], list[Recovery]] = defaultdict(list)
    graded: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for episode_id, question, answer, grade_id in connection.execute(_GRADES).fetchall():
        graded[episode_id].append((question, answer, grade_id))
    outcomes = dict(connection.execute(_OUTCOMES).fetchall())
    cursor = connection.execute("select * from episodes order by episode_id")
    names = [column[0] for column in cursor.description or []]
    for values in cursor.fetchall():
        e = dict(zip(names, values, strict=True))
        key = (e["trajectory_id"], e["version"])
        mine = graded[e["episode_id"]]
        pointed = calls.get(key, Calls(frozenset(), frozenset()))
        run_outcome = outcomes.get(e["trajectory_id"], "unknown")
        found[key].append(Recovery(
            episode_id=e["episode_id"], kind=e["kind"], outcome=e["outcome"], cause=e["cause"],
            tier={"pass": "A", "fail": "C"}.get(run_outcome, "B"),
            assisted=e["assisted"], nominated=e["nominated"], lane=e["lane"], onset=e["onset_step"],
            manifest=e["manifest_step"], recovery=e["recovery_step"], recovery_result=e["recovery_result_step"],
            failed_tool=e["failed_tool"], failed_signature=e["failed_signature"], repair_tool=e["repair_tool"],
            error_template=e["error_template"], graded=bool(mine),
            keep=next((answer for question, answer, _ in reversed(mine) if question == "keep"), None),
            grades=tuple(grade for _, _, grade in mine), failing=pointed.firm, doubtful=pointed.weak,
        ))  # fmt: skip
    return found
