"""Lines on their way to a terminal, a pipe or a file: styled, wrapped, indented, coloured only where it is wanted.

Text that came from a trace has been through :mod:`reroute.safe_text` before it stands in a line.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reroute.safe_text import Piece

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
    from reroute.progress import console

    _tolerate(sys.stdout)
    out = console(stderr=False)
    for line in lines:
        out.print(line if out.is_terminal else _marked(line))


def _marked(line: Text) -> Text:
    """Evidence between guillemets, for where there is no colour to show it."""
    marked = line.copy()
    for span in sorted(line.spans, key=lambda span: span.start, reverse=True):
        if span.style == EVIDENCE:
            before, words, after = marked.divide((span.start, span.end))
            marked = text(before, "«", words, "»", after)
    return marked


def _tolerate(stream: object) -> None:
    from io import TextIOWrapper

    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="replace")


@dataclass(frozen=True)
class _Row:
    """A line as wide as the paper, and how many characters of the text go away with it where it is not shown."""

    words: Text
    stands_for: int


def block(pieces: Sequence[tuple[Piece, str]], indent: str, columns: int, most: int = 14) -> list[Text]:
    """Styled pieces as lines of at most ``columns`` columns, all indented.

    Of more than ``most`` lines the first are shown and those around evidence; what is left out is counted.
    """
    rows = _rows(pieces, columns - len(indent))
    lines, at = [], 0
    for index in _kept(rows, most):
        lines += _more(indent, rows[at:index])
        lines.append(text((indent, ""), rows[index].words))
        at = index + 1
    return lines + _more(indent, rows[at:])


def _rows(pieces: Sequence[tuple[Piece, str]], columns: int) -> list[_Row]:
    whole, gaps = text(), []
    for piece, style in pieces:
        words = f" … {len(piece.text):,} more characters … " if piece.look == "gap" else piece.text
        if piece.look == "gap":
            gaps.append((len(whole), len(piece.text) - len(words)))
        whole.append(words, EVIDENCE if piece.look == "evidence" else "dim italic" if piece.look == "gap" else style)
    whole.rstrip()
    rows, at = [], 0
    for line in whole.split("\n", allow_blank=True):
        for row in line.divide(_breaks(line.plain, columns)):
            more = sum(size for place, size in gaps if at <= place < at + len(row))
            rows.append(_Row(row, len(row) + more))
            at += len(row)
        at += 1
    return rows


def _breaks(line: str, columns: int) -> list[int]:
    """Where a long line is broken: after a blank or a slash where one is near, else in the middle of a word."""
    places, start = [], 0
    while len(line) - start > columns:
        end = start + columns
        near = max(line.rfind(sign, end - columns // 3, end) for sign in " /,")
        start = near + 1 if near >= 0 else end
        places.append(start)
    return places


def _kept(rows: Sequence[_Row], most: int) -> list[int]:
    """Which rows are shown, in order: all of a few, else the first, the last, and those around evidence."""
    if len(rows) <= most + 1:
        return list(range(len(rows)))
    marked = [i for i, row in enumerate(rows) if any(span.style == EVIDENCE for span in row.words.spans)][:most]
    near = {j for i in marked for j in (i - 1, i, i + 1) if 0 <= j < len(rows)}
    near |= set(range(len(rows) - (2 if most > 6 else 0), len(rows)))
    return sorted(near | set(range(max(2, most - len(near)))))


def _more(indent: str, rows: Sequence[_Row]) -> list[Text]:
    return [text((f"{indent}… {sum(row.stands_for for row in rows):,} more characters", "dim italic"))] if rows else []
