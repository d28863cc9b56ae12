"""Samples of every format with values that no clock, count, code or cost can have."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reroute.formats import formats

HERE = Path(__file__).parent
VALUES: list[Any] = [
    1_760_000_000_123_456, 1_760_000_000_123_456_789, 2 * 10**18, 1e30, 1e306, -1, -5.5, 2**31, 2**63, 2**64, 10**310,
    3_221_225_786, "soon", "1e999", "0001-01-01T00:00:00+14:00", "99999-01-01", "9999-12-31T23:59:59-23:59", True, [],
    {}, None,
]  # fmt: skip
_MEASURES = ("time", "_at", "created", "token", "cost", "code", "duration", "seconds", "trial", "attempt", "limit")


def samples() -> Iterator[tuple[str, Path]]:
    """Each format's samples."""
    for name in formats():
        for path in sorted((HERE / name).glob("*.json*")):
            if ".golden." not in path.name:
                yield name, path


def records(sample: Path) -> list[str]:
    """The sample cut into its records, as text."""
    text = sample.read_text("utf-8", errors="replace")
    return [text] if sample.suffix == ".json" else text.splitlines()


def decoded(record: str) -> Any:
    """The record; None where it is no JSON."""
    try:
        return json.loads(record)
    except ValueError:
        return None


def measures(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths of all numbers, and of all that is named like a clock, a count or a cost."""
    named = bool(path) and any(word in str(path[-1]).lower() for word in _MEASURES)
    if path and (named or (isinstance(value, int | float) and not isinstance(value, bool))):
        yield path
    for key, held in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from measures(held, (*path, key))


def with_value(record: Any, path: tuple[Any, ...], value: Any) -> str:
    """The record as text, with another value at one place."""
    copy = inner = json.loads(json.dumps(record))
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return json.dumps(copy)


def everywhere(value: Any, odd: Any, name: str = "") -> Any:
    """The value with ``odd`` in place of every number and every text that is named like a clock."""
    if isinstance(value, dict):
        return {key: everywhere(held, odd, key.lower()) for key, held in value.items()}
    if isinstance(value, list):
        return [everywhere(held, odd, name) for held in value]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    clock = isinstance(value, str) and any(word in name for word in ("time", "_at", "created"))
    return odd if number or clock else value


def write_all(folder: Path) -> None:
    """Every sample with every odd value everywhere, a folder for each value."""
    for number, odd in enumerate(VALUES):
        for name, sample in samples():
            found = [(record, decoded(record)) for record in records(sample)]
            lines = [record if value is None else json.dumps(everywhere(value, odd)) for record, value in found]
            path = folder / str(number) / name / sample.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(lines), "utf-8")
