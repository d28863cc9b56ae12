"""The lake: immutable Parquet parts of redacted canonical steps and trajectory headers.

A part exists when its row in the store does; a file that no row names is what a crash left behind, and no reader looks
at it. Everything here reads committed parts or brings staged ones into place; ``collect`` decides what is in them.
Whoever reads a committed part asks :func:`whole` for its files, which checks them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reroute.errors import StoreError, UsageError
from reroute.hashes import span_hash
from reroute.storage.lake.columns import header_rows, step_rows, up_to_date
from reroute.storage.lake.integrity import Files, Sums, check, expect, fault, faults, files, parts, seal, whole
from reroute.storage.lake.part_writer import STEPS, TRAJECTORIES, PartWriter, Staged
from reroute.trace import Header, Step, steps_schema, trajectories_schema

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from reroute.settings import Project

# The store is imported where it is used: every decoding process imports this package.

__all__ = [
    "Files", "PartWriter", "Place", "Staged", "Sums", "check", "expect", "fault", "faults", "files", "parts",
    "seal", "up_to_date", "whole",
]  # fmt: skip


@dataclass(frozen=True)
class Place:
    """Where one version of a trajectory lies."""

    trajectory_id: str
    version: str
    part: str
    steps: int


def locate(project: Project, trajectory_id: str, version: str | None = None) -> Place:
    """Where a version (default: the current, else the last collected) lies; beginnings of ids do, if they are unique.

    Raises UsageError where there is none, or more than one trajectory.
    """
    from reroute.storage import store

    with store.of(project).read() as connection:
        rows = connection.execute(
            "select trajectory_id, version, part, steps from trajectories"
            " where starts_with(trajectory_id, ?) and (? is null or starts_with(version, ?))"
            " order by trajectory_id, is_current desc, collected_at desc, version",
            [trajectory_id, version, version],
        ).fetchall()
    if not rows or len({row[0] for row in rows}) > 1:
        found = f"{len({row[0] for row in rows})} begin like that" if rows else "there is none in the store"
        raise UsageError(f"Looking for the trajectory {trajectory_id}: {found}. `reroute sql` lists them.")
    return Place(*rows[0])


def read_steps(project: Project, trajectory_id: str, version: str | None = None) -> list[Step]:
    """The steps of a trajectory (default: of its current version), redacted, in order.

    Raises UsageError where the store has no such trajectory.
    """
    return step_rows(read_rows(project, locate(project, trajectory_id, version)))


def read_rows(project: Project, place: Place, columns: list[str] | None = None) -> pa.Table:
    """The step rows of one trajectory version; only the row groups that hold them are decoded.

    Raises PartDamaged, as everything here does that reads a part.
    """
    import pyarrow.parquet as pq

    part = whole(project, place.part)
    headers = pq.read_table(
        part.trajectories, columns=["trajectory_id", "version", "steps"], memory_map=True
    ).to_pydict()
    keys = list(zip(headers["trajectory_id"], headers["version"], strict=True))
    index = keys.index((place.trajectory_id, place.version))
    start = sum(headers["steps"][:index])
    first = 0
    with pq.ParquetFile(part.steps) as file:
        for group in range(file.num_row_groups):
            rows = file.metadata.row_group(group).num_rows
            if start < first + rows:  # a trajectory never spans two row groups
                return file.read_row_group(group, columns=columns).slice(start - first, place.steps)
            first += rows
    raise StoreError(f"The lake part {file} has fewer rows than the store says; restore it or collect its files again.")


def content_hash(project: Project, place: Place, span: tuple[int, int], prefix_hash: str) -> str | None:
    """The hash of a span's content (:func:`reroute.hashes.span_hash`); ``span`` is its first and its last step.

    None where this version does not go through ``prefix_hash``: it then is another story at these steps.
    """
    start, end = span
    rows = read_rows(project, place)
    if end >= rows.num_rows or prefix_hash not in rows["prefix_hash"].slice(0, end + 1).to_pylist():
        return None
    return span_hash(step_rows(rows.slice(start, end - start + 1)))


def read_header(project: Project, trajectory_id: str, version: str | None = None) -> Header:
    """The header of a trajectory (default: of its current version), with the tools that it was offered.

    Raises UsageError where the store has no such trajectory.
    """
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    place = locate(project, trajectory_id, version)
    table = pq.read_table(whole(project, place.part).trajectories)
    mine = pc.and_(pc.equal(table["trajectory_id"], place.trajectory_id), pc.equal(table["version"], place.version))
    return header_rows(table.filter(mine))[0]


def batches(part: Files) -> Iterator[tuple[pa.Table, pa.Table]]:
    """The two files of a part, a row group of each at a time: headers and steps of whole trajectories.

    Columns that are younger than the part are null.
    """
    import pyarrow.parquet as pq

    with pq.ParquetFile(part.trajectories) as headers, pq.ParquetFile(part.steps) as rows:
        for group in range(rows.num_row_groups):
            yield (
                up_to_date(headers.read_row_group(group), trajectories_schema()),
                up_to_date(rows.read_row_group(group), steps_schema()),
            )


def staging(project: Project) -> Path:
    """The folder of parts being written by this process; swept by the next collect."""
    return project.lake / ".staging" / str(os.getpid())


def place(project: Project, staged: Staged) -> Staged:
    """Move a staged part's files to their names in the lake; still invisible until it is committed."""
    for name, target in zip((STEPS, TRAJECTORIES), files(project, staged.name), strict=True):
        target.parent.mkdir(parents=True, exist_ok=True)
        (Path(staged.folder) / name).replace(target)
    expect(project, {staged.name: Sums(staged.steps_sha256, staged.trajectories_sha256)})
    return staged


def commit_part(connection: duckdb.DuckDBPyConnection, staged: Staged, redaction_version: int) -> None:
    """Make a placed part exist, in the caller's transaction."""
    from reroute.trace import SCHEMA_VERSION

    connection.execute(
        "insert or replace into parts by name select $1 as part, $2 as trajectories, $3 as steps, $4 as bytes,"
        " $5 as schema_version, $6 as redaction_version, now() as committed_at, $7 as steps_sha256,"
        " $8 as trajectories_sha256",
        [
            staged.name, staged.trajectories, staged.steps, staged.bytes, SCHEMA_VERSION, redaction_version,
            staged.steps_sha256, staged.trajectories_sha256,
        ],
    )  # fmt: skip


def clear_staging(project: Project) -> None:
    """Remove parts that are being written and were not placed; only whoever holds collect's lock may."""
    shutil.rmtree(project.lake / ".staging", ignore_errors=True)


def sweep(project: Project) -> None:
    """Remove what crashes left behind: staged files, and files of parts that were never committed or are replaced."""
    from reroute.storage import journal, store

    clear_staging(project)
    if not project.lake.is_dir():
        return
    with store.of(project).read() as connection:
        journal.trim(project, connection)  # a line about parts that were never committed must not outlive their files
    committed = set(parts(project))
    for path in project.lake.glob("*/*.parquet"):
        if path.name.split(".")[0].split("-")[0] not in committed:
            path.unlink(missing_ok=True)
