"""Tagging some parts, in whichever process: their steps in, feature files and the rows for the store out."""

from __future__ import annotations

import gc
import heapq
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING

from reroute.episode import Finding
from reroute.settings import Project
from reroute.storage import lake
from reroute.storage.lake import features as derived
from reroute.storage.lake.columns import up_to_date
from reroute.tag import models
from reroute.trace import steps_schema

if TYPE_CHECKING:
    import pyarrow as pa

_ORDERS = {
    "findings": [field.name for field in fields(Finding) if field.name != "quote"],
    "episodes": ["episode_id", "version"],
    "run_counts": ["trajectory_id", "version"],
    "contexts": ["episode_id", "version"],
    "links": ["trajectory_id", "version", "step"],
}
"""What the rows of each table are sorted by, so that the same rows are the same bytes."""
_MODELS = tuple(name for name in _ORDERS if name != "links")
TABLES = tuple(_ORDERS)
"""The store's tables that hold what was found in a part; their columns are declared in ``sql/store/``."""
BATCH_STEPS = 200_000
"""With so many steps at a time a worker takes less than a gigabyte."""
_PREFIX = ["trajectory_id", "version", "step", "prefix_hash"]
"""The columns of the models' input ``prefixes``, as ``trace.steps_schema`` declares them."""


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
        from reroute.tag import features

        code = features.code_hash(project.root)
        return cls(code, f"{code}-{models.rules_hash(project.root)}")


@dataclass(frozen=True)
class Job:
    """Parts to tag in one run of the models: over a small part, planning takes longer than running."""

    project: Project
    features: str
    """``Rules.features`` of the rules that they are tagged by."""
    parts: tuple[str, ...]
    threads: int | None = None
    """Of DuckDB and Polars each; None: as many as there are cores."""
    sums: Mapping[str, lake.Sums] = field(default_factory=dict)
    """What the files of the parts hash to; whoever runs this need not open the store then."""


@dataclass(frozen=True)
class TaggedParts:
    """The rows of some parts for the store, by table."""

    parts: tuple[str, ...]
    tables: dict[str, pa.Table]


def jobs(
    project: Project, features: str, steps: Mapping[str, int], workers: int, sums: Mapping[str, lake.Sums] | None = None
) -> list[Job]:
    """The parts (by name, with their steps) in batches of equal size, a whole number of them for each worker."""
    known = sums or {}
    total = max(1, sum(steps.values()))
    size = min(BATCH_STEPS, -(-total // workers))
    count = min(len(steps), workers * -(-total // (size * workers)))
    batches: list[tuple[int, list[str]]] = [(0, []) for _ in range(count)]
    for part in sorted(steps, key=lambda part: (-steps[part], part)):
        filled, parts = heapq.heappop(batches)
        heapq.heappush(batches, (filled + steps[part], [*parts, part]))
    threads = 1 if workers > 1 else None
    return [
        Job(project, features, tuple(sorted(parts)), threads, {part: known[part] for part in parts if part in known})
        for _, parts in batches
    ]


def tag_parts(job: Job) -> TaggedParts:
    """Build each part's features (or read them, where these rules have built them) and run the models over them.

    Raises PartDamaged where a part is not as it was committed. Damaged features are built again.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    if job.threads:
        os.environ.setdefault("POLARS_MAX_THREADS", str(job.threads))
    lake.expect(job.project, job.sums)
    inputs, homes, linked = [], [], []
    for part in job.parts:
        steps = lake.whole(job.project, part).steps
        prefixes = pq.read_table(steps, columns=_PREFIX)
        inputs.append(_features(job, part, steps) | {"prefixes": prefixes})
        homes.append(pc.unique(_runs(prefixes)))
        linked.append(_links(steps))
    joined = {name: pa.concat_tables([one[name] for one in inputs]) for name in inputs[0]}
    made = models.run(joined, _MODELS, root=job.project.root, threads=job.threads)
    made["links"] = pa.concat_tables(linked)
    made["findings"] = made["findings"].select([field.name for field in fields(Finding)])
    # A row's part is the one whose steps are of its trajectory version.
    runs = pa.concat_arrays(homes)
    known = pa.array([part for part, home in zip(job.parts, homes, strict=True) for _ in home], pa.string())
    placed = {}
    for name, order in _ORDERS.items():
        table = made[name].sort_by([(column, "ascending") for column in order])
        place = pc.index_in(_runs(table), runs).combine_chunks()
        placed[name] = table.add_column(0, "part", known.take(place))
    return TaggedParts(job.parts, placed)


def _read_steps(path: Path, names: Sequence[str]) -> pa.Table:
    """Columns of a part's steps; those that the part is older than are null."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = steps_schema()
    with pq.ParquetFile(path) as file:
        stored = [name for name in names if name in file.schema_arrow.names]
        table = file.read(columns=stored)
    return up_to_date(table, pa.schema([schema.field(name) for name in names]))


def _runs(table: pa.Table) -> pa.Array:
    """The trajectory versions of a table, as one text each."""
    import pyarrow.compute as pc

    return pc.binary_join_element_wise(table["trajectory_id"], table["version"], "\0")


def _links(steps: Path) -> pa.Table:
    """The links of a part's calls; columns that are younger than the part are null."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from reroute.tag.features import links

    schema = steps_schema()
    wanted = pa.schema([schema.field(name) for name in links.STEPS])
    held = set(pq.read_schema(steps).names)
    read = pq.read_table(steps, columns=[name for name in links.STEPS if name in held])
    return links.links(lake.up_to_date(read, wanted))


def _features(job: Job, part: str, steps: Path) -> dict[str, pa.Table]:
    """The tables ``actions`` and ``notes`` of a part: as these rules have built them, else built now and kept.

    A file is written under another name and renamed when it is whole; the checksums that are sealed after both say that
    they may be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    paths = derived.paths(job.project, part, job.features)
    if derived.whole(job.project, part, job.features):
        return {name: pq.read_table(path) for name, path in paths.items()}
    from reroute.tag import features

    # Features make a million small lists and no cycle: looking for cycles among them takes a tenth of the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        built = features.build(_read_steps(steps, features.COLUMNS), job.project.root)
    finally:
        if collecting:
            gc.enable()
    tables = {"actions": built.actions, "notes": built.notes}
    for name, table in tables.items():
        paths[name].parent.mkdir(parents=True, exist_ok=True)
        unfinished = paths[name].with_suffix(f".{os.getpid()}.unfinished")
        # A dictionary of texts alone: lists are too varied for one.
        texts = [column.name for column in table.schema if pa.types.is_string(column.type)]
        pq.write_table(table, unfinished, compression="zstd", use_dictionary=texts)
        unfinished.replace(paths[name])
    derived.seal(job.project, part, job.features)
    return tables
