"""Text from a trace made fit to be shown: no terminal codes, no direction overrides, clipped where it is long."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

_SEQUENCES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # OSC: titles, links, clipboard
    r"|\x1b[PX^_][^\x1b]*(?:\x1b\\)?"  # DCS, SOS, PM, APC
    r"|\x1b[ -/]*[0-~]"  # the short ones
    r"|\x9b[0-?]*[ -/]*[@-~]"  # CSI in one byte
)
_HIDDEN = [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200B, 0x200E, 0x200F, 0x061C, 0xFEFF, 0x2028, 0x2029]
_CONTROLS = [c for c in [*range(0x20), *range(0x7F, 0xA0)] if chr(c) != "\n"]
_TABLE: dict[int, str | None] = dict.fromkeys([*_CONTROLS, *_HIDDEN])
_TABLE |= {0x09: "    ", 0x0D: "\n"}
_TABLE |= dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
_SPACES = re.compile(r"\s+")
AROUND = 40
"""Characters of text quoted on each side of what is at fault."""


def clean(text: str) -> str:
    """``text`` without terminal codes, control characters, direction overrides and lone surrogates; lines stay."""
    return _SEQUENCES.sub("", text).replace("\r\n", "\n").translate(_TABLE)


def one_line(text: str, limit: int = 80) -> str:
    """``text`` cleaned, on one line, at most ``limit`` characters (the last is ``…`` where it was cut)."""
    line = _SPACES.sub(" ", clean(text[: limit * 8 + 400])).strip()
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def quoted(value: object) -> str:
    """The beginning of a value as text between quotation marks, on one line, fit to be shown."""
    return f'"{one_line(str(value), 2 * AROUND)}"'


def tail(text: str, limit: int = 60) -> str:
    """The end of a long name, such as a path: what tells it from its neighbours stands there."""
    line = one_line(text, 4096)
    return line if len(line) <= limit else "…" + line[-(limit - 1) :]


Look = Literal["plain", "evidence", "gap"]


@dataclass(frozen=True)
class Piece:
    """A stretch of a long text: shown, shown as evidence, or left out (``gap``, with what was left out)."""

    look: Look
    text: str


def excerpt(
    text: str, spans: Sequence[tuple[int, int]] = (), *, head: int = 600, around: int = 160, foot: int = 0
) -> list[Piece]:
    """``text`` as pieces: its first ``head`` and last ``foot`` characters, each span with ``around`` beside it, gaps.

    Spans are characters of the text as it is stored, so pieces are cut before they are cleaned. A gap shorter than
    ``around`` is not cut but shown.
    """
    spans = _merged([(max(0, a), min(len(text), b)) for a, b in spans if a < b and a < len(text)])
    ends = [(0, min(head, len(text))), (max(0, len(text) - foot), len(text))]
    windows = _merged([*ends[: 2 if foot else 1], *((a - around, b + around) for a, b in spans)], slack=around)
    pieces: list[Piece] = []
    at = 0
    for start, end in windows:
        start, end = max(0, start), min(len(text), end)  # noqa: PLW2901 the window may stand over the edge
        if len(text) - end < around:
            end = len(text)  # noqa: PLW2901 a short rest is shown
        if start > at:
            pieces.append(Piece("gap", clean(text[at:start])))
        pieces.extend(_marked(text, start, end, spans))
        at = end
    if at < len(text):
        pieces.append(Piece("gap", clean(text[at:])))
    return pieces


def _marked(text: str, start: int, end: int, spans: Sequence[tuple[int, int]]) -> Iterator[Piece]:
    for a, b in spans:
        if b <= start or a >= end:
            continue
        if a > start:
            yield Piece("plain", clean(text[start:a]))
        yield Piece("evidence", clean(text[max(a, start) : b]))
        start = b
    if start < end:
        yield Piece("plain", clean(text[start:end]))


def _merged(spans: Sequence[tuple[int, int]], slack: int = 0) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1] + slack:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
