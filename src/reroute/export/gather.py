"""What an export reads: headers, episodes and grades from the store, steps and calls from the lake."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from reroute.episode import Episode
from reroute.errors import StoreError
from reroute.export.candidates import Act, Candidate, Recovery, Run
from reroute.export.rows.tools import Seen
from reroute.settings import Project
from reroute.storage import lake, store
from reroute.storage.lake import features as derived
from reroute.storage.lake.columns import step_rows
from reroute.tag import episodes
from reroute.tag.binding import Bound, bind
from reroute.trace import Step

Origin = tuple[str, str, str]
Version = tuple[str, str]
"""A trajectory and its version."""
Acts = dict[int, Act]
"""The calls of a run by step."""

# The columns are fields of Run.
_RUNS = """
select
    t.trajectory_id, t.version, t.part, t.source, t.path, t.format, t.source_index, t.task_id,
    case when f.family_id is null then t.split_group else owner.split_group end as split_group,
    t.agent, g.features, f.family_id, not coalesce(f.is_owner, true) as is_copy,
from trajectories as t
left join tagged_parts as g using (part)
left join families as f using (trajectory_id, version)
left join trajectories as owner on f.family_id = owner.trajectory_id and owner.is_current
where t.is_current
order by t.trajectory_id
"""
_OUTCOMES = "select trajectory_id, outcome from outcomes order by source = 'verifier', source = 'human'"
_FINDINGS = """
select trajectory_id, version, call_step, bool_or(firm) from findings where call_step is not null group by all
"""


@dataclass
class Calls:
    """The calls of one trajectory version that signals point at, and those that got over a failure."""

    firm: set[int] = field(default_factory=set)
    weak: set[int] = field(default_factory=set)
    recoveries: set[int] = field(default_factory=set)


def candidates(project: Project) -> list[Candidate]:
    """Every episode of a current trajectory version, and every such version without an episode, in a stable order."""
    runs: dict[Version, Run] = {}
    calls: dict[Version, Calls] = defaultdict(Calls)
    judged: dict[str, list[Bound]] = defaultdict(list)
    with store.of(project).read() as connection:
        outcomes = dict(connection.execute(_OUTCOMES).fetchall())
        for row in connection.sql(_RUNS).to_arrow_table().to_pylist():
            run = Run(**row, run_outcome=outcomes.get(row["trajectory_id"], "unknown"))
            runs[run.trajectory_id, run.version] = run
        for trajectory_id, version, call, is_firm in connection.execute(_FINDINGS).fetchall():
            (calls[trajectory_id, version].firm if is_firm else calls[trajectory_id, version].weak).add(call)
        for grade in sorted(bind(project, connection, "grades")[0], key=lambda grade: grade.key):
            judged[grade.trajectory_id].append(grade)
    failed = episodes.load(project)
    for episode in failed:
        if episode.recovery_step is not None and episode.outcome_final.startswith("recovered"):
            calls[episode.trajectory_id, episode.version].recoveries.add(episode.recovery_step)
    found = []
    for episode in failed:
        key = (episode.trajectory_id, episode.version)
        found.append(Candidate(runs[key], _recovery(episode, calls[key], judged[episode.trajectory_id])))
    failing = {(episode.trajectory_id, episode.version) for episode in failed}
    clean = [Candidate(run) for key, run in runs.items() if key not in failing]
    return sorted(found, key=lambda c: c.id) + sorted(clean, key=lambda c: c.id)


def fingerprint(found: Sequence[Candidate]) -> str:
    """A hash of all that is known of the candidates (16 hex digits); their steps never change under a version."""
    digest = hashlib.blake2b(digest_size=8)
    for candidate in found:
        known = vars(candidate.recovery) if candidate.recovery else {}
        # A set has no order of its own.
        ordered = {name: sorted(v) if isinstance(v, frozenset) else v for name, v in known.items()}
        digest.update(repr((candidate.run, ordered)).encode())
    return digest.hexdigest()


def steps(project: Project, wanted: Iterable[Run]) -> Iterator[tuple[Run, list[Step], Acts]]:
    """Each wanted run with its tools, all its steps, and its calls as the features know them; each part is read once.

    Raises StoreError where the features of a tagged part are not there.
    """
    of_part: dict[str, dict[Version, Run]] = defaultdict(dict)
    for one in wanted:
        of_part[one.part][one.trajectory_id, one.version] = one
    for part, runs in sorted(of_part.items()):
        acts = _acts(project, part, runs.values())
        for headers, rows in lake.batches(lake.whole(project, part)):
            start = 0
            for header in headers.select(["trajectory_id", "version", "tools", "steps"]).to_pylist():
                key = (header["trajectory_id"], header["version"])
                if run := runs.get(key):
                    yield replace(run, tools=header["tools"]), step_rows(rows.slice(start, header["steps"])), acts[key]
                start += header["steps"]


def calls_seen(project: Project, runs: Iterable[Run]) -> dict[Origin, Seen]:
    """What the calls of each origin look like, over all of its current runs that are given."""
    import polars as pl

    seen: dict[Origin, Seen] = defaultdict(Seen)
    origins = {(run.trajectory_id, run.version): run.origin for run in runs}
    for part in sorted({run.part for run in runs}):
        table = (
            pl.scan_parquet(lake.whole(project, part).steps)
            .filter((pl.col("type") == "call") & (pl.col("role") == "assistant"))
            .select("trajectory_id", "version", "tool", "arguments")
            .collect()
        )
        for trajectory_id, version, tool, arguments in table.iter_rows():
            if origin := origins.get((trajectory_id, version)):
                seen[origin].add(tool, arguments)
    return seen


def _acts(project: Project, part: str, runs: Iterable[Run]) -> dict[Version, Acts]:
    """The calls of a part's trajectory versions by step; none where the part is not tagged."""
    import polars as pl

    found: dict[Version, Acts] = defaultdict(dict)
    for features in {run.features for run in runs if run.features}:
        if wrong := derived.fault(project, part, features):
            raise StoreError(
                f"Reading the features of the lake part {part}: {wrong}. `reroute tag --full-refresh` makes them again."
            )
        path = derived.paths(project, part, features)["actions"]
        table = pl.read_parquet(path, columns=["trajectory_id", "version", "call_step", "signature", "outcome_hint"])
        for trajectory_id, version, step, signature, hint in table.iter_rows():
            found[trajectory_id, version][step] = Act(signature, hint)
    return found


def _recovery(episode: Episode, calls: Calls, judged: Sequence[Bound]) -> Recovery:
    mine = [
        grade.key
        for grade in judged
        if grade.start <= episode.close_step and episode.onset_step <= grade.end and grade.lane in {None, episode.lane}
    ]
    return Recovery(
        episode_id=episode.episode_id,
        kind=episode.kind,
        episode_outcome=episode.outcome_final,
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
        failing=frozenset(calls.firm),
        doubtful=frozenset(calls.weak),
        recoveries=frozenset(calls.recoveries),
    )
