"""The one way to a terminal, a pipe or a file: lines and tables, coloured on a terminal only, and JSON.

Text that came from a trace has been through :mod:`reroute.safe_text` before it stands in a line.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from typing import TYPE_CHECKING

from reroute.safe_text import Piece

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

EVIDENCE = "bold black on yellow"
"""The style of evidence, and how a block knows which lines must stay."""
_NARROWEST, _WIDEST = 60, 132
_UNBOUNDED = 100_000
"""Columns that no line comes to."""
_PADDING = re.compile(r" +$", re.MULTILINE)
# Characters that JSON lets stand as they are and a terminal may act on.
_ACTED_ON = re.compile("[\x7f-\x9f\u200b\u200e\u200f\u061c\u2028-\u202e\u2066-\u2069\ufeff]")


def json(value: object, *, indented: bool = False) -> str:
    """``value`` as JSON text, on one line or ``indented``; nothing in it is acted on by a terminal.

    Dataclasses become objects, bytes base64; what JSON has no form for, such as a path, becomes its text.
    """
    import msgspec

    encoded = msgspec.json.encode(value, enc_hook=str)
    if indented:
        encoded = msgspec.json.format(encoded, indent=2)
    return _ACTED_ON.sub(lambda match: f"\\u{ord(match[0]):04x}", encoded.decode())


def text(*spans: tuple[str, str] | str | Text) -> Text:
    """A line of spans, each ``(words, style)``, words alone, or a line made before."""
    from rich.text import Text

    return Text.assemble(*spans)


def width() -> int:
    """How wide to write: the terminal, or 100 columns in a pipe, within what is readable."""
    return max(_NARROWEST, min(_WIDEST, shutil.get_terminal_size((100, 24)).columns))


def put(parts: Iterable[RenderableType], *, wrap: bool = False) -> None:
    """Write lines and tables to stdout, coloured on a terminal and plain elsewhere.

    What the encoding lacks becomes ``?``; evidence stands between guillemets where no colour can show it. ``wrap``
    breaks lines and cells at the terminal's width; without it they are as long as they are.
    """
    from rich.table import Table
    from rich.text import Text

    from reroute.progress import console

    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    out = console(stderr=False)
    if not wrap:
        out.width = _UNBOUNDED
    for part in parts:
        shown = part
        if isinstance(part, Table) and not out.is_terminal:
            with out.capture() as captured:
                out.print(part, soft_wrap=not wrap)
            print(_PADDING.sub("", captured.get()), end="")
            continue
        if isinstance(part, Text) and not out.is_terminal:
            shown = part.copy()
            for span in sorted(part.spans, key=lambda span: span.start, reverse=True):
                if span.style == EVIDENCE:
                    before, words, after = shown.divide((span.start, span.end))
                    shown = text(before, "«", words, "»", after)
        out.print(shown, soft_wrap=not wrap)


def counted(number: int, what: str) -> str:
    """``1 step``, ``2,000 steps``."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def table(*headings: str, alignment: str = "<<", labels: str = "") -> Table:
    """A table without lines around it, with these headings or with none; long cells fold.

    ``alignment``, without headings: ``<`` or ``>`` for each column that is flush left or right. ``labels``: the style
    of a first column that names what stands beside it.
    """
    from rich import box
    from rich.table import Table

    if headings:
        made = Table(*headings, box=box.SIMPLE, pad_edge=False, header_style="dim", show_edge=False)
        for column in made.columns:
            column.overflow = "fold"
        return made
    made = Table.grid(padding=(0, 2))
    for number, side in enumerate(alignment):
        style = "" if number else labels
        made.add_column(justify="right" if side == ">" else "left", style=style, no_wrap=not number, overflow="fold")
    return made


@dataclass(frozen=True)
class _Row:
    """A line of the block, and how many characters of the text go away with it where it is not shown."""

    words: Text
    stands_for: int


def block(pieces: Sequence[tuple[Piece, str]], indent: str, columns: int, most: int = 14) -> list[Text]:
    """Styled pieces as lines of at most ``columns`` columns, all indented.

    Of more than ``most`` lines the first are shown and those around evidence; what is left out is counted.
    """
    rows = _rows(pieces, columns - len(indent))
    shown = set(range(len(rows)))
    if len(rows) > most + 1:
        marked = [i for i, row in enumerate(rows) if any(span.style == EVIDENCE for span in row.words.spans)][:most]
        shown = {j for i in marked for j in (i - 1, i, i + 1) if 0 <= j < len(rows)}
        shown |= set(range(len(rows) - (2 if most > 6 else 0), len(rows)))
        shown |= set(range(max(2, most - len(shown))))
    lines, left_out = [], 0
    for index, row in enumerate(rows):
        if index not in shown:
            left_out += row.stands_for
            if index + 1 == len(rows) or index + 1 in shown:
                lines.append(text((f"{indent}… {left_out:,} more characters", "dim italic")))
                left_out = 0
        else:
            lines.append(text((indent, ""), row.words))
    return lines


def _rows(pieces: Sequence[tuple[Piece, str]], columns: int) -> list[_Row]:
    """The pieces broken into rows of at most ``columns`` columns.

    A long line is broken after a blank or a slash where one is near, else in the middle of a word.
    """
    whole, gaps = text(), []
    for piece, style in pieces:
        words = f" … {len(piece.text):,} more characters … " if piece.look == "gap" else piece.text
        if piece.look == "gap":
            gaps.append((len(whole), len(piece.text) - len(words)))
        whole.append(words, EVIDENCE if piece.look == "evidence" else "dim italic" if piece.look == "gap" else style)
    whole.rstrip()
    rows, at = [], 0
    for line in whole.split("\n", allow_blank=True):
        breaks, start = [], 0
        while len(line) - start > columns:
            end = start + columns
            near = max(line.plain.rfind(sign, end - columns // 3, end) for sign in " /,")
            start = near + 1 if near >= 0 else end
            breaks.append(start)
        for row in line.divide(breaks):
            more = sum(size for place, size in gaps if at <= place < at + len(row))
            rows.append(_Row(row, len(row) + more))
            at += len(row)
        at += 1
    return rows
