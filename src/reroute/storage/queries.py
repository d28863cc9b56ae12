"""Questions to the published copy of the store, and their answers as a table, JSON or CSV."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from reroute.errors import UsageError
from reroute.safe_text import one_line
from reroute.settings import Project
from reroute.storage import publish

_ROWS_SHOWN = 200
_CELL = 60


@dataclass(frozen=True)
class Answer:
    """The rows of one query."""

    columns: list[str]
    rows: list[tuple[object, ...]]

    def table(self) -> str:
        """For a person: aligned, long cells and long answers cut, nothing in it that a terminal would obey."""
        width = _CELL if len(self.columns) > 1 else 10 * _CELL
        cells = [[_cell(value, width) for value in row] for row in [tuple(self.columns), *self.rows[:_ROWS_SHOWN]]]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        cells.insert(1, ["-" * width for width in widths])
        lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in cells]
        left = len(self.rows) - _ROWS_SHOWN
        lines.append(
            f"({len(self.rows):,} rows{f', {left:,} not shown: --csv and --json give all' if left > 0 else ''})"
        )
        return "\n".join(lines)

    def json(self) -> str:
        """For a machine: an array of one object a row."""
        import orjson

        rows = [dict(zip(self.columns, row, strict=True)) for row in self.rows]
        options = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS
        return orjson.dumps(rows, default=str, option=options).decode()

    def csv(self) -> str:
        """For a spreadsheet: a header and one line a row."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows(self.rows)
        return text.getvalue().removesuffix("\n")


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


def _cell(value: object, width: int) -> str:
    return "" if value is None else one_line(str(value), width)
