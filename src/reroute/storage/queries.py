"""Questions to the published copy of the store."""

from __future__ import annotations

from dataclasses import dataclass

from reroute.errors import UsageError
from reroute.settings import Project
from reroute.storage import publish


@dataclass(frozen=True)
class Answer:
    """The rows of one query, each with a value for each column."""

    columns: list[str]
    rows: list[tuple[object, ...]]


def ask(project: Project, query: str) -> Answer:
    """Run one query on the published copy.

    Raises UsageError where nothing is published yet, or DuckDB does not accept the query; PartDamaged where it reads
    steps and a lake part is not as it was committed.
    """
    import duckdb

    connection = publish.connect(project)
    try:
        publish.check_steps(project, connection, query)
        answer = connection.execute(query)
        columns = [column[0] for column in answer.description or []]
        return Answer(columns, answer.fetchall())
    except duckdb.Error as error:
        tables = ", ".join(row[0] for row in connection.execute("show tables").fetchall())
        raise UsageError(f"Running the query: {error}\nTables: {tables}.") from error
    finally:
        connection.close()
