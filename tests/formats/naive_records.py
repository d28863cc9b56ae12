"""How many records a file of each format holds, counted from its JSON alone: the judge of the fidelity ledger.

It shares no code with the readers. A record is the smallest one that the source has: the line of a session; of a run in
one record, that record and each message, turn or item in it. What is no JSON is one record.
"""

from __future__ import annotations

import json
from typing import Any

_ONE_VALUE = {"magentic-one", "mini-swe-agent"}
"""Formats of one run a file, where a top-level array is the run."""
_LISTS = ("input", "output", "instructions", "items")


def count(name: str, data: bytes, suffix: str) -> int:
    """The records of a file of the format ``name``."""
    return sum(_COUNTS[name](value) for value in values(data, suffix, whole=name in _ONE_VALUE))


def values(data: bytes, suffix: str, *, whole: bool) -> list[Any]:
    """The values of a file, None for one that is no JSON: lines, elements of its array, or the file itself."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    lines = [line.strip() for line in data.split(b"\n") if line.strip()]
    value = parsed(data)
    in_lines = suffix == ".jsonl" or (value is None and any(line[:1] in b"{[" and parsed(line) for line in lines[:50]))
    first = lines[0] if lines else b""
    spread = first == b"[" or (suffix != ".jsonl" and (first == b"{" or first.endswith(b",")))
    if in_lines and not spread:
        return [parsed(line) for line in lines]
    if not data.lstrip().startswith(b"[") or whole:
        return [value]
    return value if isinstance(value, list) else [parsed(piece) for piece in elements(data.lstrip()[1:])]


def parsed(data: bytes) -> Any:
    """The value; None for what is no JSON by the letter."""
    try:
        return json.loads(data.decode(), parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None


def elements(data: bytes) -> list[bytes]:
    """The elements of a broken array: what lies between commas outside brackets and strings."""
    pieces, start, depth, quoted, at = [], 0, 0, False, 0
    while at < len(data):
        byte = data[at : at + 1]
        if quoted:
            at += byte == b"\\"
            quoted = byte != b'"'
        elif byte == b'"':
            quoted = True
        elif byte in b"[{":
            depth += 1
        elif byte in b"]}":
            depth -= 1
        if not quoted and ((byte == b"," and depth == 0) or depth < 0):
            pieces.append(data[start:at])
            start = at + 1
        if depth < 0:
            return pieces
        at += 1
    return [*pieces, *([data[start:]] if data[start:].strip() else [])]


def _refuse(_: str) -> None:
    raise ValueError


def _held(value: Any, *keys: str) -> int:
    lists = [value.get(key) for key in keys] if isinstance(value, dict) else []
    return sum(len(held) for held in lists if isinstance(held, list))


def _rows(value: Any) -> int:
    return len(value) if isinstance(value, list) else 0


def _simulations(value: Any) -> int:
    inner = value.get("simulations") if isinstance(value, dict) else None
    runs = inner if isinstance(inner, list) else []
    return 1 + len(runs) + sum(_held(run, "messages", "ticks") for run in [value, *runs])


def _responses(value: Any) -> int:
    if not isinstance(value, dict):
        return 1 + _rows(value)
    if value.get("object") == "list":
        inner = value.get("data") or ()
        return 1 + len(inner) + sum(_held(one, *_LISTS) for one in inner if one.get("object") == "response")
    return 1 + (_held(value, *_LISTS) if value.get("object") == "response" or _held(value, "items") else 0)


_COUNTS = {
    "adp-web": lambda value: 1 + _held(value, "content"),
    "claude-code": lambda value: _held(value, "loglines") or 1,
    "codex-cli": lambda _: 1,
    "magentic-one": lambda value: 1 + _rows(value),
    "medagentbench": lambda value: 1 + _held(value, "turns"),
    "mini-swe-agent": lambda value: 1 + _held(value, "messages") + _rows(value),
    "openai-chat": lambda value: 1 + _held(value, "messages", "traj") + _rows(value),
    "openai-responses": _responses,
    "tau2": _simulations,
}
