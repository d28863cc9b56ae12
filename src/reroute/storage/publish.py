"""Read-only copies of the store, for whoever reads while a stage is running.

A copy is a folder ``published/<id>/`` of one Parquet file a table, with their checksums; the file ``published/current``
names the newest. The id is a hash of the rows, so every byte stays as it was where nothing is new. Folders that
are no longer needed are removed, but never the last two: a reader may still be in one.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reroute.errors import StoreError, UsageError
from reroute.settings import Project
from reroute.storage import journal, lake, store
from reroute.storage.lake.integrity import sha256

if TYPE_CHECKING:
    import duckdb

_KEPT = 2
_POINTER = "current"
_CHECKSUMS = "checksums.json"
_LAKE_SIGNS = ('"table_name":"steps"', "parquet", '"query"', '"query_table"', '"error":true')
"""In a parsed query: it reads steps, it reads files or names that are known only when it runs, or it is no `select`."""
_TABLES = """
    select table_name, list((column_name, data_type) order by ordinal_position)
    from information_schema.columns
    where table_schema = 'main' and table_catalog = current_catalog() and table_name not in ('migrations', 'journaled')
    group by table_name
    order by table_name
"""


@dataclass(frozen=True)
class Published:
    """What became of publishing."""

    folder: Path | None
    """None where there is no store yet."""
    changed: bool

    def line(self) -> str:
        """The whole in one line."""
        if self.folder is None:
            return "there is no store yet"
        return f"published {self.folder.name}" if self.changed else f"{self.folder.name} is published already"


def publish(project: Project) -> Published:
    """Publish the store as it is now, if it is not published already; a damaged copy is written anew."""
    if not store.of(project).exists():
        return Published(None, changed=False)
    newest, pointer = current(project), project.published / _POINTER
    whole = newest is not None and (newest / _CHECKSUMS).exists() and fault(newest) is None
    if newest and whole and pointer.read_text("utf-8").partition("\n")[2].strip() == _state(project):
        return Published(newest, changed=False)
    with store.of(project).read() as connection:
        tables = dict(connection.execute(_TABLES).fetchall())
        digest = hashlib.blake2b(digest_size=8)  # of all rows, in whatever order they lie, and of the columns
        for table, columns in tables.items():
            rows = connection.execute(
                f"select count(*), sum(hash(t)::hugeint), bit_xor(hash(t)) from {quoted(table)} t"
            )
            digest.update(repr((table, columns, rows.fetchall())).encode())
        folder = project.published / digest.hexdigest()
        changed = folder != newest or not whole
        if changed:
            _export(connection, tables, folder, journal.mark(project, connection))
    draft = project.published / f".{_POINTER}"
    draft.write_text(f"{folder.name}\n{_state(project)}\n", "utf-8")
    draft.replace(pointer)
    others = [path for path in project.published.iterdir() if path.is_dir() and path not in (folder, newest)]
    others.sort(key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for path in others[max(0, _KEPT - len({folder, newest} - {None})) :]:
        shutil.rmtree(path, ignore_errors=True)
    return Published(folder, changed=changed)


def current(project: Project) -> Path | None:
    """The folder of the newest published copy."""
    pointer = project.published / _POINTER
    if not pointer.is_file():
        return None
    folder = project.published / Path(pointer.read_text("utf-8").split("\n")[0]).name
    return folder if folder.is_dir() else None


def copies(project: Project) -> list[Path]:
    """The folders of the copies that are whole, the newest first."""
    newest = current(project)
    folders = [path for path in project.published.glob("[!.]*") if path.is_dir() and fault(path) is None]
    return sorted(folders, key=lambda path: (path == newest, path.stat().st_mtime_ns), reverse=True)


def fault(folder: Path) -> str | None:
    """What is wrong with a copy; None where every file is the one that was written.

    Of a copy from before there were checksums, only what cannot be a Parquet file is seen.
    """
    listed = folder / _CHECKSUMS
    expected: dict[str, str | None] = {path.name: None for path in folder.glob("*.parquet")}
    try:
        expected |= json.loads(listed.read_bytes())["sha256"]
    except FileNotFoundError:
        pass
    except (OSError, ValueError, LookupError, TypeError) as error:
        return f"{listed} cannot be read ({error})"
    return next((wrong for name, digest in expected.items() if (wrong := lake.fault(folder / name, digest))), None)


def mark_of(folder: Path) -> list[str | int]:
    """Where the journal ended when a copy was made (see :func:`reroute.storage.journal.mark`); [] where it had none."""
    listed = folder / _CHECKSUMS
    marked: list[str | int] = json.loads(listed.read_bytes())["journal"] if listed.exists() else []
    return marked


def connect(project: Project) -> duckdb.DuckDBPyConnection:
    """An in-memory connection with a view for each published table, and ``steps`` over the lake (see check_steps).

    It can read the published copy and the lake's steps, and nothing else: no other file, no network, no settings.
    Raises UsageError where nothing is published yet, StoreError where the copy is damaged, StoreDamaged where there is
    neither copy nor store and there was one.
    """
    folder = current(project)
    if folder is None:
        store.of(project).exists()
        raise UsageError(f"Nothing is published in {project.published} yet. Run `reroute collect` first.")
    if wrong := fault(folder):
        raise StoreError(
            f"Reading the published copy of the store: {wrong}. `reroute publish` writes it anew from the store."
        )
    import duckdb

    connection = views(folder)
    parts = [part for (part,) in connection.execute("select part from parts order by part").fetchall()]
    if parts:
        files = ", ".join(literal(lake.files(project, part).steps) for part in parts)
        with suppress(duckdb.Error):  # a damaged part: a query that reads steps says so, the others need none
            connection.execute(f"create view steps as from read_parquet([{files}], union_by_name = true)")
    readable = [str(folder) + os.sep, str(project.lake) + os.sep]
    connection.execute(f"set allowed_directories = [{', '.join(map(literal, readable))}]")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    return connection


def views(folder: Path) -> duckdb.DuckDBPyConnection:
    """An in-memory connection with a view for each table of a copy."""
    import duckdb

    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    for path in sorted(folder.glob("*.parquet")):
        connection.execute(f"create view {quoted(path.stem)} as from read_parquet({literal(path)})")
    return connection


def check_steps(project: Project, connection: duckdb.DuckDBPyConnection, query: str) -> None:
    """Check the lake's parts where a query on :func:`connect` may read them; a file is hashed once a process.

    Checked too often rather than too seldom. Raises PartDamaged.
    """
    import duckdb

    with duckdb.connect() as parser:
        tree = str(parser.execute("select json_serialize_sql(?)", [query]).fetchall()[0][0]).lower()
    if not any(sign in tree for sign in _LAKE_SIGNS):
        return
    known = {name for name, *_ in connection.execute("describe parts").fetchall()}
    columns = [name if name in known else "null" for name in ("steps_sha256", "trajectories_sha256")]
    rows = connection.execute(f"select part, {', '.join(columns)} from parts order by part").fetchall()
    lake.check(project, {part: lake.Sums(*sums) for part, *sums in rows}, connection)


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str | Path) -> str:
    """A text as an SQL literal, where a statement takes no parameter."""
    return "'" + str(text).replace("'", "''") + "'"


def _export(connection: duckdb.DuckDBPyConnection, tables: Iterable[str], folder: Path, mark: list[str | int]) -> None:
    draft = folder.with_name(f".{folder.name}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    for table in tables:
        target = literal(draft / f"{table}.parquet")
        connection.execute(f"copy (from {quoted(table)} order by all) to {target} (format parquet, compression zstd)")
    sums = {path.name: sha256(path) for path in sorted(draft.glob("*.parquet"))}
    (draft / _CHECKSUMS).write_text(json.dumps({"journal": mark, "sha256": sums}, indent=1) + "\n", "utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)


def _state(project: Project) -> str:
    """What changes whenever the store's file does."""
    stat = project.store_path.stat()
    return f"{stat.st_size} {stat.st_mtime_ns}"
