"""Families: runs that share history, to which of them it belongs, and what the others only repeat."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from reroute.tag import models, shared_history
from reroute.tag.shared_history import COLUMNS, SUMS, History, Shared, components, stated_twice

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

INPUTS = ("links", "trajectories", "strongest_outcomes")
"""The store's tables by which families are found."""
_FINGERPRINT = (
    """
    select count(*), sum(hash(t)::hugeint)
    from (
        select trajectory_id, version, source, path, source_index, run_id, parent_run, task_id, metadata, started_at
        from trajectories where is_current
    ) as t
    """,
    "select count(*), sum(hash(trajectory_id)::hugeint) from strongest_outcomes",
    "select count(*), sum(hash(t)::hugeint) from (select * exclude (part) from links) as t",
)
READS = [*COLUMNS, *SUMS]
"""The columns of a run's steps that are read where it may have relatives."""
Row = dict[str, object]
"""A row of the store's table ``families``."""


@dataclass(frozen=True)
class Run:
    """The facts of a run by which the owner of a family is found."""

    trajectory_id: str
    version: str
    source: str
    path: str
    source_index: int
    run_id: str | None
    parent_run: str | None
    started_at: int | None
    """Microseconds since the epoch, UTC."""
    is_free: bool
    """It has no task, trial or outcome of its own."""


@dataclass
class Kin:
    """Runs that may be a family, in the order in which history is given to them."""

    runs: list[Run]
    pairs: list[tuple[str, str, bool]]
    """Two of them, and whether it is sure that they share a call."""
    histories: dict[str, History] = field(default_factory=dict)
    basis: str = ""
    """A hash of the runs, the pairs and these rules."""


@dataclass(frozen=True)
class Kept:
    """What a run shares with its owner."""

    owner: str
    shared: Shared
    superseded: bool


def candidates(inputs: Mapping[str, pa.Table], root: Path | None = None) -> list[Kin]:
    """The groups of runs that may be families, by name; only their steps can say.

    ``inputs``: the tables ``INPUTS``, as the store declares them.
    """
    pairs = models.run(inputs, ("kinships",), layers=("across",), root=root)["kinships"].to_pylist()
    if not pairs:
        return []
    named = {name for pair in pairs for name in (pair["one"], pair["other"])}
    judged = set(inputs["strongest_outcomes"]["trajectory_id"].to_pylist())
    runs = {run.trajectory_id: run for run in _runs(inputs["trajectories"], judged) if run.trajectory_id in named}
    roots = components((pair["one"], pair["other"]) for pair in pairs)
    groups: dict[str, Kin] = defaultdict(lambda: Kin([], []))
    for name, root_name in roots.items():
        groups[root_name].runs.append(runs[name])
    for pair in pairs:
        groups[roots[pair["one"]]].pairs.append((pair["one"], pair["other"], pair["sure"]))
    for kin in groups.values():
        kin.runs = _in_order(kin.runs)
        known = repr((_rules(root), kin.runs, sorted(kin.pairs)))
        kin.basis = hashlib.blake2b(known.encode(), digest_size=8).hexdigest()
    return [groups[name] for name in sorted(groups)]


def fingerprint(connection: duckdb.DuckDBPyConnection, root: Path | None = None) -> str:
    """A hash of all by which families are found: the store's tables on ``connection``, and these rules."""
    digest = hashlib.blake2b(_rules(root).encode(), digest_size=8)
    for query in _FINGERPRINT:
        digest.update(repr(connection.execute(query).fetchall()).encode())
    return digest.hexdigest()


def family_rows(kin: Kin, steps: Callable[[str], pa.Table]) -> list[Row]:
    """The families among some runs; ``steps`` gives a run's steps with the columns ``READS``, by trajectory id."""
    kin.histories = {run.trajectory_id: History(steps(run.trajectory_id)) for run in kin.runs}
    superseded = _superseded(kin)
    kept: dict[str, Kept] = dict(superseded)
    earlier: list[str] = []
    sure = components((one, other) for one, other, is_sure in kin.pairs if is_sure)
    paths = {run.trajectory_id: (run.source, run.path) for run in kin.runs}
    for name in (run.trajectory_id for run in kin.runs if run.trajectory_id not in superseded):
        best: Kept | None = None
        for other in earlier:
            known = name in sure and sure[name] == sure.get(other)
            shared = kin.histories[name].shared_with(kin.histories[other], trimmed=known)
            goes_on = shared is not None and shared.to_end and paths[name] == paths[other]
            if shared and (known or goes_on) and (best is None or shared.steps > best.shared.steps):
                best = Kept(other, shared, superseded=False)
        if best:
            kept[name] = best
        earlier.append(name)
    versions = {run.trajectory_id: run.version for run in kin.runs}
    owners = {name: one.owner for name, one in kept.items()}
    rows = [_row(kin, versions, owners, name, kept[name]) for name in sorted(kept)]
    heads = sorted({str(row["family_id"]) for row in rows})
    return [*(_row(kin, versions, owners, name, None) for name in heads), *rows]


def _rules(root: Path | None) -> str:
    """A hash of the model and the code by which families are found."""
    code = b"".join(Path(file).read_bytes() for file in (__file__, shared_history.__file__))
    return hashlib.blake2b(models.rules_hash(root, ("across",)).encode() + code, digest_size=8).hexdigest()


def _superseded(kin: Kin) -> dict[str, Kept]:
    """The runs that are a beginning of another run of their file, and have no task and outcome of their own."""
    files: dict[tuple[str, str], list[Run]] = defaultdict(list)
    for run in kin.runs:
        if run.is_free:
            files[run.source, run.path].append(run)
    found = {}
    for runs in files.values():
        longest = sorted(runs, key=lambda run: (-len(kin.histories[run.trajectory_id].steps), -run.source_index))
        for at, run in enumerate(longest):
            mine = kin.histories[run.trajectory_id]
            for other in (one.trajectory_id for one in longest[:at] if one.trajectory_id not in found):
                history = kin.histories[other]
                shared = mine.shared_with(history, trimmed=False) if mine.contents[-1] in history.places else None
                if shared and shared.steps == len(mine.steps):
                    found[run.trajectory_id] = Kept(other, shared, superseded=True)
                    break
    return found


def _row(kin: Kin, versions: Mapping[str, str], owners: Mapping[str, str], name: str, kept: Kept | None) -> Row:
    family = name
    while family in owners:
        family = owners[family]
    through = None if kept is None else kept.shared.through
    if kept is not None and kept.superseded:
        through = kin.histories[name].rows.num_rows - 1
    twice = stated_twice(kin.histories[name], kin.histories[kept.owner], kept.shared) if kept else dict.fromkeys(SUMS)
    return {
        "trajectory_id": name,
        "version": versions[name],
        "family_id": family,
        "is_owner": kept is None,
        "owner_id": kept and kept.owner,
        "copied_through": through,
        "superseded_by": kept.owner if kept and kept.superseded else None,
        **{f"copied_{column}": value for column, value in twice.items()},
        "basis": kin.basis,
    }


def _runs(trajectories: pa.Table, judged: set[str]) -> Iterator[Run]:
    """The current runs; ``judged``: those whose outcome is known."""
    import polars as pl

    frame = pl.DataFrame(trajectories).filter(pl.col("is_current"))
    tried = pl.col("task_id").is_not_null() | pl.col("metadata").str.json_path_match("$.trial").is_not_null()
    facts = frame.select(
        "trajectory_id", "version", "source", "path", "source_index", "run_id", "parent_run",
        pl.col("started_at").dt.epoch("us"), ~(tried | pl.col("trajectory_id").is_in(list(judged))),
    )  # fmt: skip
    yield from (Run(*row) for row in facts.iter_rows())


def _in_order(runs: Iterable[Run]) -> list[Run]:
    """Declared parents first, then by the first step's time, then by place: whatever the order of collecting."""
    every = list(runs)
    by_name = {(run.source, run.run_id): run for run in every if run.run_id is not None}

    def depth(run: Run) -> int:
        seen: set[str] = set()
        while run.trajectory_id not in seen:
            seen.add(run.trajectory_id)
            run = by_name.get((run.source, run.parent_run or ""), run)
        return len(seen)

    return sorted(
        every,
        key=lambda run: (
            depth(run), run.started_at is None, run.started_at or 0, run.path, run.source_index, run.trajectory_id,
        ),
    )  # fmt: skip
