"""Read-only copies of the store, for whoever reads while a stage is running.

A copy is a folder ``published/<id>/`` of one Parquet file a table; the file ``published/current`` names the newest. The
id is a hash of the rows, so nothing new leaves every byte as it was. Folders that are no longer needed are removed, but
never the last two: a reader may still be in one.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reroute import lake, store
from reroute.errors import UsageError
from reroute.settings import Project

if TYPE_CHECKING:
    import duckdb

_KEPT = 2
_POINTER = "current"
_TABLES = """
    select table_name, list((column_name, data_type) order by ordinal_position)
    from information_schema.columns
    where table_schema = 'main' and table_catalog = current_catalog() and table_name <> 'migrations'
    group by table_name
    order by table_name
"""


@dataclass(frozen=True)
class Published:
    """What publishing came to."""

    folder: Path | None
    """None where there is no store yet."""
    changed: bool

    def line(self) -> str:
        """The whole in one line."""
        if self.folder is None:
            return "there is no store yet"
        return f"published {self.folder.name}" if self.changed else f"{self.folder.name} is published already"


def publish(project: Project) -> Published:
    """Publish the store as it is now, if it is not published already."""
    if not project.store_path.exists():
        return Published(None, changed=False)
    newest = current(project)
    if newest and _stamp(newest) == _state(project):
        return Published(newest, changed=False)
    with store.of(project).read() as connection:
        tables = dict(connection.execute(_TABLES).fetchall())
        folder = project.published / _fingerprint(connection, tables)
        if folder != newest:
            _export(connection, tables, folder)
    _point(project, folder)
    _prune(project, folder, newest)
    return Published(folder, changed=folder != newest)


def current(project: Project) -> Path | None:
    """The folder of the newest published copy."""
    pointer = project.published / _POINTER
    if not pointer.is_file():
        return None
    folder = project.published / Path(pointer.read_text("utf-8").split("\n")[0]).name
    return folder if folder.is_dir() else None


def connect(project: Project) -> duckdb.DuckDBPyConnection:
    """An in-memory connection with a view for each published table, and ``steps`` over the lake.

    It can read the published copy and the lake's steps, and nothing else: no other file, no network, no settings.
    Raises UsageError where nothing is published yet.
    """
    import duckdb

    folder = current(project)
    if folder is None:
        raise UsageError(f"Nothing is published in {project.published} yet. Run `reroute collect` first.")
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    for path in sorted(folder.glob("*.parquet")):
        connection.execute(f"create view {quoted(path.stem)} as from read_parquet({literal(path)})")
    _add_steps(connection, project)
    readable = [str(folder) + os.sep, str(project.lake) + os.sep]
    connection.execute(f"set allowed_directories = [{', '.join(map(literal, readable))}]")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    return connection


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str | Path) -> str:
    """A text as an SQL literal, where a statement takes no parameter."""
    return "'" + str(text).replace("'", "''") + "'"


def _add_steps(connection: duckdb.DuckDBPyConnection, project: Project) -> None:
    parts = [part for (part,) in connection.execute("select part from parts order by part").fetchall()]
    if parts:
        files = ", ".join(literal(lake.steps_path(project, part)) for part in parts)
        connection.execute(f"create view steps as from read_parquet([{files}])")


def _fingerprint(connection: duckdb.DuckDBPyConnection, tables: dict[str, object]) -> str:
    """A hash of all rows, in whatever order they lie, and of the columns."""
    digest = hashlib.blake2b(digest_size=8)
    for table, columns in tables.items():
        rows = connection.execute(f"select count(*), sum(hash(t)::hugeint), bit_xor(hash(t)) from {quoted(table)} t")
        digest.update(repr((table, columns, rows.fetchall())).encode())
    return digest.hexdigest()


def _export(connection: duckdb.DuckDBPyConnection, tables: Iterable[str], folder: Path) -> None:
    draft = folder.with_name(f".{folder.name}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    for table in tables:
        target = literal(draft / f"{table}.parquet")
        connection.execute(f"copy (from {quoted(table)} order by all) to {target} (format parquet, compression zstd)")
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)


def _state(project: Project) -> str:
    """What changes whenever the store's file does."""
    stat = project.store_path.stat()
    return f"{stat.st_size} {stat.st_mtime_ns}"


def _stamp(folder: Path) -> str:
    path = folder.parent / _POINTER
    return path.read_text("utf-8").partition("\n")[2].strip()


def _point(project: Project, folder: Path) -> None:
    draft = project.published / f".{_POINTER}"
    draft.write_text(f"{folder.name}\n{_state(project)}\n", "utf-8")
    draft.replace(project.published / _POINTER)


def _prune(project: Project, folder: Path, previous: Path | None) -> None:
    others = [path for path in project.published.iterdir() if path.is_dir() and path not in (folder, previous)]
    others.sort(key=lambda path: path.stat().st_mtime_ns, reverse=True)
    kept = _KEPT - 1 - (previous is not None and previous != folder)
    for path in others[max(0, kept) :]:
        shutil.rmtree(path, ignore_errors=True)
