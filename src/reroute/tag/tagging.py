"""Tagging: lake parts -> features -> findings and episodes in the store, then labels over all of them.

A part is tagged once for each set of rules (feature code, lexicons, thresholds, SQL). Heavy work happens outside the
store, several parts at a time; their rows are replaced in one short transaction, so a run that is killed leaves whole
parts behind.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from time import monotonic

from reroute.progress import track
from reroute.settings import Project
from reroute.storage import lake, store
from reroute.storage.publish import quoted
from reroute.tag import families, labels, scores
from reroute.tag.parts import TABLES, Job, Rules, TaggedParts, jobs, tag_parts
from reroute.without_pandas import refuse_pandas

PARALLEL_FROM_STEPS = 20_000
"""Fewer steps than this are tagged sooner here than a second process starts."""
_KEYS = {"labels": ("episode_id",), "suspects": ("trajectory_id", "rank")}
"""The models of ``sql/across`` that the store keeps, by what identifies a row."""


@dataclass(frozen=True)
class Tagged:
    """What a tagging run did, and what the store holds after it."""

    parts: int
    """In the lake."""
    retagged: int
    """Of those, tagged in this run."""
    trajectories: int
    """Current trajectory versions; what follows is of these alone."""
    steps: int
    findings: int
    episodes: dict[str, dict[str, int]] = field(default_factory=dict)
    """Kind -> episode outcome, grades applied -> episodes of current trajectory versions."""
    seconds: float = 0
    """That the run took."""

    def line(self) -> str:
        """One sentence about it."""
        total = sum(sum(outcomes.values()) for outcomes in self.episodes.values())
        recovered = sum(
            count
            for outcomes in self.episodes.values()
            for name, count in outcomes.items()
            if name.startswith("recovered")
        )
        return (
            f"{self.retagged} of {self.parts} parts tagged in {self.seconds:.1f} s; "
            f"{total:,} episodes, {recovered:,} recovered, in {self.trajectories:,} trajectories"
        )


def tag(project: Project, *, full_refresh: bool = False) -> Tagged:
    """Tag every part that these rules have not tagged yet (``full_refresh``: every part), then label all episodes.

    What was found in parts that are gone is deleted first, and feature files that no tagged part names last.
    """
    began = monotonic()
    rules = Rules.current(project)
    lost = "part not in (select part from parts)"
    with store.of(project).read() as connection:
        leftovers = connection.execute(f"select 1 from tagged_parts where {lost} limit 1").fetchall()
        waiting: dict[str, int] = dict(
            connection.execute(
                "select p.part, p.steps from parts as p left join tagged_parts as t on p.part = t.part and t.rules = ?"
                " where ? or t.part is null order by p.part",
                [rules.all, full_refresh],
            ).fetchall()
        )
    if leftovers:
        with store.of(project).write() as connection:
            for name in (*TABLES, "tagged_parts"):
                connection.execute(f"delete from {quoted(name)} where {lost}")
    workers = 1
    if sum(waiting.values()) >= PARALLEL_FROM_STEPS:
        workers = min(len(waiting), project.settings.collect.workers or os.cpu_count() or 1)
    batches = jobs(project, rules.features, waiting, workers, lake.parts(project))
    for tagged in track(_results(batches, workers), "tagging", total=len(batches)):
        _commit(project, rules, tagged)
    relabel(project)
    _sweep(project)
    return _counted(project, len(waiting), monotonic() - began)


def relabel(project: Project) -> None:
    """Bring families, labels, suspects and scores up to date with runs, outcomes and grades.

    Writes nothing where nothing changed.
    """
    import pyarrow as pa

    _find_families(project)
    keys = _KEYS | scores.KEYS
    with store.of(project).read() as connection:
        made = labels.across(project, connection, [*_KEYS, *scores.INPUTS])
        stored = {name: connection.table(name).to_arrow_table() for name in keys}
    rows = {name: sorted(made[name].to_pylist(), key=itemgetter(*keys[name])) for name in _KEYS}
    rows |= scores.scored(made, stored["fits"], project.root)
    changed = [
        name for name in sorted(rows) if sorted(stored[name].to_pylist(), key=itemgetter(*keys[name])) != rows[name]
    ]
    if not changed:
        return
    with store.of(project).write() as connection:
        for name in changed:
            connection.execute(f"delete from {quoted(name)}")
            connection.register("fresh", pa.Table.from_pylist(rows[name], stored[name].schema))
            connection.execute(f"insert into {quoted(name)} by name select * from fresh")
            connection.unregister("fresh")


def _find_families(project: Project) -> None:
    """Bring table ``families`` up to date; only runs whose relatives changed are read from the lake."""
    import pyarrow as pa

    with store.of(project).read() as connection:
        basis = families.fingerprint(connection, project.root)
        if (basis,) in connection.execute("select basis from family_searches").fetchall():
            return
        inputs = {name: connection.table(name).to_arrow_table() for name in families.INPUTS}
        stored = connection.table("families").to_arrow_table()
        places = {
            name: lake.Place(name, *place)
            for name, *place in connection.execute(
                "select trajectory_id, version, part, steps from trajectories where is_current"
            ).fetchall()
        }
    known: dict[str, list[dict[str, object]]] = {}
    for row in stored.to_pylist():
        known.setdefault(row["basis"], []).append(row)
    rows = []
    for kin in families.candidates(inputs, project.root):
        rows += known.get(kin.basis) or families.family_rows(
            kin, lambda name: lake.read_rows(project, places[name], families.READS)
        )
    with store.of(project).write() as connection:
        connection.execute("delete from families")
        connection.register("fresh", pa.Table.from_pylist(rows, stored.schema))
        connection.execute("insert into families by name select * from fresh")
        connection.unregister("fresh")
        connection.execute("delete from family_searches")
        connection.execute("insert into family_searches values (?)", [basis])


def _results(batches: Sequence[Job], workers: int) -> Iterator[TaggedParts]:
    """What each batch comes to, in their order: here, or in so many processes at a time."""
    if workers < 2:
        yield from map(tag_parts, batches)
        return
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), refuse_pandas) as pool:
        yield from pool.map(tag_parts, batches)


def _commit(project: Project, rules: Rules, tagged: TaggedParts) -> None:
    """Replace the rows of these parts in one transaction, and note by which rules they were tagged."""
    with store.of(project).write() as connection:
        for name, table in tagged.tables.items():
            connection.execute(f"delete from {quoted(name)} where part in (select unnest(?))", [tagged.parts])
            connection.register("fresh", table)
            connection.execute(f"insert into {quoted(name)} by name select * from fresh")
            connection.unregister("fresh")
        connection.execute(
            "insert or replace into tagged_parts select unnest(?), ?, ?, now()",
            [tagged.parts, rules.all, rules.features],
        )


def _sweep(project: Project) -> None:
    """Remove feature files that no tagged part names: those of older rules, and what crashes left behind."""
    with store.of(project).read() as connection:
        named = {
            f"{part}-{name}" for part, name in connection.execute("select part, features from tagged_parts").fetchall()
        }
    for path in (project.lake / "features").glob("*"):
        if path.name.split(".")[0] not in named or path.suffix not in {".parquet", ".sums"}:
            path.unlink(missing_ok=True)


def _counted(project: Project, retagged: int, seconds: float) -> Tagged:
    with store.of(project).read() as connection:
        parts = connection.execute("select count(*) from parts").fetchall()[0][0]
        trajectories, steps = connection.execute(
            "select count(*) filter (where is_counted), coalesce(sum(steps), 0) from own_runs"
        ).fetchall()[0]
        findings = connection.execute(
            "select count(*) from findings as f join own_runs using (trajectory_id, version)"
            " left join families as k using (trajectory_id, version)"
            " where is_counted and f.step > coalesce(k.copied_through, -1)"
        ).fetchall()[0][0]
        rows = connection.execute(
            "select e.kind, l.outcome_final, count(*) from labels as l join episodes as e using (episode_id, version)"
            " group by all order by all"
        ).fetchall()
    counts: dict[str, Counter[str]] = {}
    for kind, outcome, count in rows:
        counts.setdefault(kind, Counter())[outcome] = count
    return Tagged(parts, retagged, trajectories, int(steps), findings, {k: dict(v) for k, v in counts.items()}, seconds)
