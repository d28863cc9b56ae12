"""The store: one DuckDB file of small, changing tables.

DuckDB lets one process in at a time, so the store is opened only for short transactions, with back-off. Heavy work
happens on in-memory connections over lake parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from reroute import content
from reroute.errors import StoreBusy, StoreError
from reroute.settings import Project

_BROKEN = (duckdb.IOException, duckdb.TransactionException, duckdb.FatalException)
"""What a full or failing disk raises, in a statement or at the commit."""


@dataclass(frozen=True)
class Store:
    """A store that may not exist yet; the first write makes and migrates it."""

    path: Path
    wait_seconds: float = 60

    @contextmanager
    def write(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """One transaction: committed when the block ends, rolled back when it raises.

        Raises StoreBusy where another process holds the store for longer than ``wait_seconds``, StoreError where the
        file is no store or was made by a newer Reroute.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = self._open()
        try:
            migrate(connection)
            connection.begin()
            yield connection
            connection.commit()
        except _BROKEN as error:
            raise StoreError(f"Writing the store {self.path}: {error}. Nothing of this step was kept.") from error
        except BaseException:
            _rollback(connection)
            raise
        finally:
            connection.close()

    @contextmanager
    def read(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection for reading; an empty, migrated, in-memory store where the file does not exist yet."""
        connection = self._open() if self.path.exists() else duckdb.connect()
        try:
            migrate(connection)
            yield connection
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
        except duckdb.IOException as error:
            if _is_lock(error):
                raise StoreBusy(self._busy(str(error))) from error
            raise StoreError(f"Opening the store {self.path}: {error}. Is it a Reroute store, and whole?") from error

    def _busy(self, message: str) -> str:
        holder = re.search(r"held in (.+?) \(PID (\d+)\)", message)
        who = f"process {holder[2]} ({holder[1]})" if holder else "another process"
        return (
            f"Opening the store {self.path}: {who} has held it for {self.wait_seconds:g} s. Wait for it or end it; "
            "`reroute sql` reads the published copy meanwhile. [store] wait_seconds sets the patience."
        )


def of(project: Project) -> Store:
    """The store of a project."""
    return Store(project.store_path, project.settings.store.wait_seconds)


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


def _is_lock(error: BaseException) -> bool:
    return isinstance(error, duckdb.IOException) and "lock" in str(error).lower()


def _rollback(connection: duckdb.DuckDBPyConnection) -> None:
    try:
        connection.rollback()
    except duckdb.TransactionException:
        pass  # the failure was in opening the transaction
