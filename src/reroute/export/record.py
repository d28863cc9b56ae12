"""What the store and the datasets folder remember of an export."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reroute import datasets, row_format
from reroute.errors import RerouteError
from reroute.export import folder, gather
from reroute.export.candidates import Candidate
from reroute.export.draft import Draft
from reroute.export.folder import LEDGER
from reroute.export.manifest import JSON, encode
from reroute.export.recipe import Recipe
from reroute.settings import Project
from reroute.storage import store

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_SEEN = ".inputs.json"


@dataclass(frozen=True)
class Remembered:
    """The last export of a recipe."""

    inputs: str
    version: str
    passed: bool


def inputs(recipe: Recipe, grader_source: str, candidates: Sequence[Candidate]) -> str:
    """A hash of all that decides a dataset: recipe, grader, candidates and this code (16 hex digits)."""
    digest = hashlib.blake2b(digest_size=8)
    for text in (recipe.fingerprint, grader_source, gather.fingerprint(candidates)):
        digest.update(f"{text}\0".encode())
    code = [path for path in sorted(Path(__file__).parent.rglob("*")) if path.suffix in {".py", ".j2"}]
    for path in (*code, Path(row_format.__file__)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def last(project: Project, recipe: str) -> Remembered | None:
    """The last export, if its folder still lies there."""
    path = project.datasets / recipe / _SEEN
    if not path.is_file():
        return None
    found = Remembered(**json.loads(path.read_text("utf-8")))
    return found if folder.of(project.datasets, recipe, found.version, passed=found.passed).is_dir() else None


def remember(project: Project, recipe: str, seen: Remembered) -> None:
    """Keep what the export was made of, so that the same again is known at once."""
    path = project.datasets / recipe / _SEEN
    path.write_text(json.dumps(asdict(seen)) + "\n", "utf-8")


def to_store(project: Project, draft: Draft, manifest: JSON, target: Path) -> None:
    """The dataset, its rows and its drop ledger, in one transaction; replaces what is there of the same version."""
    key = [draft.recipe.name, draft.version]
    dataset = [
        *key, draft.recipe.dialect, len(draft.lines), len(draft.of("train")), len(draft.of("validation")),
        target.relative_to(project.data_dir).as_posix(), manifest["passed"], encode(manifest).decode(),
        manifest["created_at"],
    ]  # fmt: skip
    rows = []
    for line in draft.lines:
        row, run, recovery = line.row, line.row.candidate.run, line.row.candidate.recovery
        place = [row.row_id, line.split, line.number, recovery.episode_id if recovery else None]
        rows.append([*key, *place, run.trajectory_id, run.version, row.first_step, row.last_step])
    with store.of(project).write() as connection:
        _replace(connection, dataset, rows, draft.ledger.to_arrow())


def made_at(made: Path) -> str:
    """When a dataset's folder was made (ISO 8601). Raises RerouteError where it is not whole enough to be restored."""
    manifest = datasets.read(made).manifest
    if not (made / LEDGER).is_file():
        raise RerouteError(f"Reading the dataset {made}: its {LEDGER} is missing.")
    return manifest.created_at


def restore(project: Project, connection: duckdb.DuckDBPyConnection, made: Path) -> None:
    """The rows that :func:`to_store` wrote for a dataset, from its folder, in the caller's transaction."""
    import pyarrow.parquet as pq

    manifest = datasets.read(made).manifest
    key, counts = [manifest.recipe, manifest.version], manifest.counts
    dataset = [
        *key, manifest.dialect, counts.rows, counts.train, counts.validation,
        made.relative_to(project.data_dir).as_posix(), manifest.passed,
        encode(folder.manifest_of(made)).decode(), manifest.created_at,
    ]  # fmt: skip
    rows = [
        [
            *key, row.row_id, row.split, row.line, row.episode["episode_id"] if row.episode else None,
            row.trajectory_id, row.trajectory_version, *row.steps,
        ]
        for row in manifest.rows
    ]  # fmt: skip
    _replace(connection, dataset, rows, pq.read_table(folder.ledger_of(made)))


def _replace(
    connection: duckdb.DuckDBPyConnection, dataset: Sequence[object], rows: list[list[object]], drops: pa.Table
) -> None:
    """Write what the three tables hold of a dataset in place of what is there; rows begin with recipe and version."""
    key = list(dataset[:2])
    for table in ("dropped", "dataset_rows"):
        connection.execute(f"delete from {table} where recipe = ? and version = ?", key)
    connection.execute("insert or replace into datasets values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", dataset)
    if rows:
        connection.executemany("insert into dataset_rows values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    connection.register("drops", drops)
    connection.execute("insert into dropped select ?, ?, candidate, trajectory_id, rule, reason from drops", key)
    connection.unregister("drops")
