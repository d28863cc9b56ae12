"""Tagging one part, in whichever process: its steps in, feature files and the rows for the store out."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from reroute import lake, models
from reroute.settings import Project

if TYPE_CHECKING:
    import pyarrow as pa

_FINDING = (
    "trajectory_id", "version", "lane", "step", "call_step", "kind", "signal", "firm", "field", "quote",
    "span_start", "span_end",
)  # fmt: skip
_ORDERS = {
    "findings": [name for name in _FINDING if name != "quote"],
    "episodes": ["episode_id", "version"],
    "run_counts": ["trajectory_id", "version"],
    "contexts": ["episode_id", "version"],
}
TABLES = tuple(_ORDERS)
"""The store's tables that hold what was found in a part."""
_PREFIX = ["trajectory_id", "version", "step", "prefix_hash"]


@dataclass(frozen=True)
class Rules:
    """Hashes of what decides the tags."""

    features: str
    """Feature code, lexicons and thresholds: in the name of the feature files."""
    all: str
    """Those and the models."""

    @classmethod
    def current(cls, project: Project) -> Rules:
        """The rules of this installation, with the project's own files."""
        from reroute import features

        code = features.code_hash(project.root)
        return cls(code, f"{code}-{models.rules_hash(project.root)}")


@dataclass(frozen=True)
class Job:
    """One part to tag."""

    project: Project
    part: str
    features: str
    steps: int
    threads: int | None = None

    def alone(self) -> Job:
        """The job as one of several at a time: on one thread."""
        return replace(self, threads=1)


@dataclass(frozen=True)
class TaggedPart:
    """A part's rows for the store, by table."""

    part: str
    tables: dict[str, pa.Table]


def tag_part(job: Job) -> TaggedPart:
    """Build the part's features (or read them, where these rules have built them) and run the models over them."""
    import pyarrow.parquet as pq

    if job.threads:
        os.environ.setdefault("POLARS_MAX_THREADS", str(job.threads))
    inputs = _features(job) | {"prefixes": pq.read_table(lake.steps_path(job.project, job.part), columns=_PREFIX)}
    made = models.run(inputs, TABLES, root=job.project.root, threads=job.threads)
    made["findings"] = made["findings"].select(list(_FINDING))
    ordered = {name: made[name].sort_by([(column, "ascending") for column in _ORDERS[name]]) for name in TABLES}
    return TaggedPart(job.part, {name: _of_part(job.part, table) for name, table in ordered.items()})


def feature_path(project: Project, part: str, features: str, table: str) -> Path:
    """Where a part's ``actions`` or ``notes`` lie for these feature rules."""
    return project.lake / "features" / f"{part}-{features}.{table}.parquet"


def _features(job: Job) -> dict[str, pa.Table]:
    import pyarrow.parquet as pq

    paths = {name: feature_path(job.project, job.part, job.features, name) for name in ("actions", "notes")}
    if all(path.exists() for path in paths.values()):
        return {name: pq.read_table(path) for name, path in paths.items()}
    from reroute import features

    steps = pq.read_table(lake.steps_path(job.project, job.part), columns=list(features.COLUMNS))
    built = features.build(steps, job.project.root)
    tables = {"actions": built.actions, "notes": built.notes}
    for name, table in tables.items():
        _write(table, paths[name])
    return tables


def _write(table: pa.Table, path: Path) -> None:
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}.unfinished")
    pq.write_table(table, unfinished, compression="zstd")
    unfinished.replace(path)


def _of_part(part: str, table: pa.Table) -> pa.Table:
    import pyarrow as pa

    return table.add_column(0, "part", pa.array([part] * table.num_rows, pa.string()))
