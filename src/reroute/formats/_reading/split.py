"""Cutting a top-level JSON array into elements."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

_CHUNK = 1024 * 1024
_RAWS = msgspec.json.Decoder(list[msgspec.Raw])
_OUTSIDE = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|["\[\]{},]', re.DOTALL)
_INSIDE = re.compile(rb'["\\]')
_STEP = {b"[": 1, b"{": 1, b"]": -1, b"}": -1, b",": 0}


def fast_elements(data: bytes) -> list[tuple[int, bytes]] | None:
    """Offset and bytes of each element of a sound array that is in memory; None if it is not sound."""
    try:
        raws = _RAWS.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    found, at = [], 0
    for raw in raws:
        element = bytes(raw)
        at = data.index(element, at)
        found.append((at, element))
        at += len(element)
    return found


def element_spans(stream: BinaryIO) -> Iterator[tuple[int, int, bool]]:
    """Start, end and whether it was closed, of each element of an array of any size or soundness.

    Moving the stream between two elements is allowed.
    """
    start, depth = None, 0
    for at, token in _structure(stream):
        depth += _STEP[token]
        if depth == 0 or (depth == 1 and _STEP[token] >= 0):  # commas and brackets inside an element are no part
            if start is not None:
                yield start, at, True
            if depth == 0:
                return
            start = at + 1
    stream.seek(0, 2)
    if start is not None and stream.tell() > start:
        yield start, stream.tell(), False


def _structure(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Every bracket and comma outside strings, with its offset; the state is carried from chunk to chunk."""
    base, inside, at = 0, False, 0
    while True:
        stream.seek(base)
        chunk = stream.read(_CHUNK)
        if not chunk:
            return
        while found := (_INSIDE if inside else _OUTSIDE).search(chunk, at):
            at, token = found.end(), found.group()
            if inside:
                inside, at = token != b'"', at + (token == b"\\")
            elif token == b'"':
                inside = True
            elif token in _STEP:
                yield base + found.start(), token
        at = max(0, at - len(chunk))
        base += len(chunk)
