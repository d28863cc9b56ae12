"""Lines on their way to a terminal, a pipe or a file: styled, wrapped, indented, coloured only where it is wanted.

Text that came from a trace has been through :mod:`reroute.printable` before it stands in a line.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.text import Text

EVIDENCE = "bold black on yellow"
"""The style of evidence, and how a block knows which lines must stay."""
_NARROWEST, _WIDEST = 60, 132


def text(*spans: tuple[str, str] | str | Text) -> Text:
    """A line of spans, each ``(words, style)``, words alone, or a line made before."""
    from rich.text import Text

    return Text.assemble(*spans)


def width() -> int:
    """How wide to write: the terminal, or 100 columns in a pipe, kept readable."""
    return max(_NARROWEST, min(_WIDEST, shutil.get_terminal_size((100, 24)).columns))


def put(lines: Iterable[Text]) -> None:
    """Write lines to stdout, coloured on a terminal and plain elsewhere; what the encoding lacks becomes ``?``."""
    from reroute.narration import console

    _tolerate(sys.stdout)
    out = console(stderr=False)
    for line in lines:
        out.print(line)


def _tolerate(stream: object) -> None:
    from io import TextIOWrapper

    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="replace")


def block(pieces: Iterable[tuple[str, str]], indent: str, columns: int, most: int = 14) -> list[Text]:
    """Styled pieces as lines of at most ``columns`` columns, all indented.

    Of more than ``most`` lines the first are shown and those around evidence; the others are counted.
    """
    from rich.text import Text

    whole = Text.assemble(*pieces)
    whole.rstrip()
    rows = [row for line in whole.split("\n", allow_blank=True) for row in _wrapped(line, columns - len(indent))]
    lines, at = [], 0
    for index in _kept(rows, most):
        lines += [_more(indent, index - at)] if index > at else []
        lines.append(Text.assemble((indent, ""), rows[index]))
        at = index + 1
    return [*lines, _more(indent, len(rows) - at)] if at < len(rows) else lines


def _kept(rows: list[Text], most: int) -> list[int]:
    """Which rows are shown, in order: all of a few, else the first and one either side of each with evidence."""
    if len(rows) <= most + 1:
        return list(range(len(rows)))
    marked = [i for i, row in enumerate(rows) if any(span.style == EVIDENCE for span in row.spans)][:most]
    near = {j for i in marked for j in (i - 1, i, i + 1) if 0 <= j < len(rows)}
    return sorted(near | set(range(max(2, most - len(near)))))


def _more(indent: str, count: int) -> Text:
    return text((f"{indent}… {count:,} more line{'s' if count > 1 else ''}", "dim italic"))


def _wrapped(line: Text, columns: int) -> list[Text]:
    if len(line) <= columns:
        return [line]
    return list(line.divide(range(columns, len(line), columns)))
