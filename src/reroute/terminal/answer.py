"""The answer to a question to the published tables, as a table, JSON or CSV."""

from __future__ import annotations

import csv as csv_format
import io
from typing import TYPE_CHECKING

from reroute.safe_text import one_line

if TYPE_CHECKING:
    from reroute.storage.queries import Answer

_ROWS_SHOWN = 200
_CELL = 60
"""Characters of a cell that are shown; ten times as many where it is the only one of its row."""


def table(answer: Answer) -> str:
    """For a person: aligned, long cells and long answers cut, nothing in it that a terminal would obey."""
    width = _CELL if len(answer.columns) > 1 else 10 * _CELL
    cells = [
        ["" if value is None else one_line(str(value), width) for value in row]
        for row in [tuple(answer.columns), *answer.rows[:_ROWS_SHOWN]]
    ]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    cells.insert(1, ["-" * width for width in widths])
    lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in cells]
    left_out = len(answer.rows) - _ROWS_SHOWN
    more = f", {left_out:,} not shown: --csv and --json give all" if left_out > 0 else ""
    return "\n".join([*lines, f"({len(answer.rows):,} rows{more})"])


def json(answer: Answer) -> str:
    """For a machine: an array of one object a row."""
    import orjson

    rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    return orjson.dumps(rows, default=str, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode()


def csv(answer: Answer) -> str:
    """For a spreadsheet: a header and one line a row."""
    text = io.StringIO()
    writer = csv_format.writer(text, lineterminator="\n")
    writer.writerow(answer.columns)
    writer.writerows(answer.rows)
    return text.getvalue().removesuffix("\n")
