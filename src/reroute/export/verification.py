"""Whether a dataset on disk is what its manifest says it is."""

from __future__ import annotations

import hashlib

from reroute import datasets
from reroute.datasets import Dataset
from reroute.settings import Project
from reroute.storage import store


def verify(project: Project, dataset: Dataset) -> list[str]:
    """The faults of a dataset on disk: files, lines, drop ledger and lineage; empty where all holds."""
    import polars as pl

    wrong = [problem for split in datasets.SPLITS for problem in _of_split(dataset, split)]
    ledger, counts = dataset.folder / "ledger.parquet", dataset.manifest.counts
    if not ledger.is_file():
        wrong.append("ledger.parquet is missing")
    elif (dropped := pl.read_parquet(ledger).height) + counts.rows != counts.candidates:
        wrong.append(f"{counts.rows} rows and {dropped} dropped are not the {counts.candidates} candidates")
    with store.of(project).read() as connection:
        known = set(connection.execute("select trajectory_id, version from trajectories").fetchall())
    gone = [r.row_id for r in dataset.manifest.rows if (r.trajectory_id, r.trajectory_version) not in known]
    if gone:
        wrong.append(f"{len(gone)} rows come from trajectory versions that the store no longer has: {gone[:5]}")
    return wrong


def _of_split(dataset: Dataset, split: str) -> list[str]:
    entry, path = dataset.entry(split), dataset.path(split)
    rows = [row for row in dataset.manifest.rows if row.split == split]
    if entry is None or path is None:
        stray = (dataset.folder / f"{split}.jsonl").exists()
        return [f"{split}.jsonl lies there and the manifest does not name it"] if stray else []
    if not path.is_file():
        return [f"{entry.path} is missing"]
    if datasets.sha256(path) == entry.sha256 and len(rows) == entry.rows:
        return []
    hashes = [hashlib.sha256(line).hexdigest() for line in dataset.lines(split)]
    changed = [row.line for row in rows if row.line >= len(hashes) or hashes[row.line] != row.sha256]
    return [
        f"{entry.path} is not the file that was written; lines that differ: {changed or 'order or number of lines'}"
    ]
