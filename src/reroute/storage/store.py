"""The store: one DuckDB file of small, changing tables.

DuckDB lets one process in at a time, so the store is opened only for short transactions, with back-off. Heavy work
happens on in-memory connections over lake parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from reroute import content
from reroute.errors import StoreBusy, StoreDamaged, StoreError
from reroute.settings import Project

_BROKEN = (duckdb.IOException, duckdb.TransactionException, duckdb.FatalException)
"""What a full or failing disk raises, in a statement or at the commit."""
_DAMAGE = re.compile(r"not a valid DuckDB|corrupt|enough bytes|stored checksum|deserializ|replaying WAL", re.IGNORECASE)
"""How DuckDB words that a file does not hold what was written to it."""
_DAMAGED = (duckdb.InternalException, duckdb.SerializationException)
REMEDY = (
    "`reroute rebuild` makes the store anew from the journal, the lake and the dataset folders; what is there is moved "
    "aside."
)


@dataclass(frozen=True)
class Store:
    """A store that may not exist yet; the first write makes and migrates it."""

    path: Path
    wait_seconds: float = 60
    witnesses: tuple[Path, ...] = ()
    """Files, and folders of Parquet files, that are only where there was a store: without it they show that it is
    lost."""

    def exists(self) -> bool:
        """Whether there is a store. Raises StoreDamaged where there was one and its file is gone."""
        if not self.path.exists():
            self._check_never_filled("it is not there")
            return False
        return True

    @contextmanager
    def write(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """One transaction: committed when the block ends, rolled back when it raises.

        Raises StoreBusy where another process holds the store for longer than ``wait_seconds``, StoreDamaged where the
        file is no store or not whole, StoreError where it was made by a newer Reroute.
        """
        self.exists()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = self._open()
        try:
            self._migrate(connection)
            connection.begin()
            yield connection
            connection.commit()
        except BaseException as error:
            if isinstance(error, duckdb.Error):
                self._check_whole(error)
            if isinstance(error, _BROKEN):
                raise StoreError(f"Writing the store {self.path}: {error}. Nothing of this step was kept.") from error
            with suppress(duckdb.Error):  # the failure was in opening the transaction, or of the whole database
                connection.rollback()
            raise
        finally:
            connection.close()

    @contextmanager
    def read(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection for reading; an empty, migrated, in-memory store where the file does not exist yet.

        Raises as :meth:`write` does.
        """
        connection = self._open() if self.exists() else duckdb.connect()
        try:
            self._migrate(connection)
            yield connection
        except duckdb.Error as error:
            self._check_whole(error)
            raise
        finally:
            connection.close()

    def _open(self) -> duckdb.DuckDBPyConnection:
        from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random_exponential

        retrying = Retrying(
            retry=retry_if_exception(_is_lock),
            stop=stop_after_delay(self.wait_seconds),
            wait=wait_random_exponential(multiplier=0.02, max=1),
            reraise=True,
        )
        try:
            return retrying(duckdb.connect, str(self.path))
        except duckdb.Error as error:
            if _is_lock(error):
                holder = re.search(r"held in (.+?) \(PID (\d+)\)", str(error))
                who = f"process {holder[2]} ({holder[1]})" if holder else "another process"
                raise StoreBusy(
                    f"Opening the store {self.path}: {who} has held it for {self.wait_seconds:g} s. Wait for it or end "
                    "it; `reroute sql` reads the published copy meanwhile. [store] wait_seconds sets how long to wait."
                ) from error
            self._check_whole(error)
            raise StoreError(f"Opening the store {self.path}: {error}.") from error

    def _migrate(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Run what migrations are missing, unless this is the database of something else or what is left of a store."""
        found = [name for (name,) in connection.execute("show tables").fetchall()]
        if not found:
            self._check_never_filled("it is empty")
        elif "migrations" not in found:
            raise StoreDamaged(
                f"Opening the store {self.path}: it is a DuckDB database of something else (with {found[0]}). {REMEDY}"
            )
        migrate(connection)

    def _check_never_filled(self, found: str) -> None:
        for witness in self.witnesses:
            left = any(witness.glob("*.parquet")) if witness.is_dir() else witness.exists() and witness.stat().st_size
            if left:
                raise StoreDamaged(
                    f"Opening the store {self.path}: {found}, but {witness} is there: the store was lost. {REMEDY}"
                )

    def _check_whole(self, error: duckdb.Error) -> None:
        if isinstance(error, _DAMAGED) or _DAMAGE.search(str(error)):
            raise StoreDamaged(f"Reading the store {self.path}: it is damaged ({error}). {REMEDY}") from error


def of(project: Project) -> Store:
    """The store of a project."""
    witnesses = (project.journal, project.lake / "trajectories")
    return Store(project.store_path, project.settings.store.wait_seconds, witnesses)


def migrate(connection: duckdb.DuckDBPyConnection) -> None:
    """Run the migrations in ``sql/store`` that this store has not seen, each in a transaction of its own.

    Raises StoreError where the store was made by a newer Reroute.
    """
    connection.execute("set timezone = 'UTC'")
    connection.execute("create table if not exists migrations (name text primary key, applied_at timestamptz)")
    applied = {row[0] for row in connection.execute("select name from migrations").fetchall()}
    known = content.files("sql/store", "*.sql")
    if unknown := sorted(applied - known.keys()):
        raise StoreError(f"This store was made by a newer Reroute (it has {unknown[0]}); update this installation.")
    for name in sorted(known.keys() - applied):
        connection.begin()
        connection.execute(known[name].read_text("utf-8"))
        connection.execute("insert into migrations values (?, now())", [name])
        connection.commit()


def rows(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: Mapping[str, object] | Sequence[object] = ()
) -> list[dict[str, Any]]:
    """What a query gives, each row by the names of its columns; for rows of many columns."""
    answer = connection.execute(query, parameters)
    names = [column for column, *_ in answer.description or ()]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def _is_lock(error: BaseException) -> bool:
    return isinstance(error, duckdb.IOException) and "lock on file" in str(error).lower()
