"""A value of any other type in any place is read, rejected or left alone; nothing raises."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from reroute.formats import formats, read_file
from reroute.trace import Rejected, Trajectory

HERE = Path(__file__).parent
ODD = [None, 5, "x", [], {}, [5], [None], {"a": {}}, True, 1e300, [["x"]], {"type": 3}, "\ud83d"]
RECORDS = 4
"""Of a sample."""


def records(sample: Path) -> list[Any]:
    """The first records of a sample that are JSON."""
    text = sample.read_text("utf-8", errors="replace")
    found = []
    for part in [text] if sample.suffix == ".json" else text.splitlines()[:RECORDS]:
        try:
            found.append(json.loads(part))
        except ValueError:
            continue
    return found


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    for key, held in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(held, (*path, key))


def changed(record: Any, path: tuple[Any, ...], odd: object) -> Any:
    copy = inner = json.loads(json.dumps(record))
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = odd
    return copy


@pytest.mark.parametrize("name", list(formats()))
def test_an_odd_value_anywhere_in_a_sample_raises_nothing(name: str, tmp_path: Path) -> None:
    file, odd, read = tmp_path / "odd.json", cycle(ODD), 0
    for sample in sorted(p for p in (HERE / name).glob("*.json*") if ".golden." not in p.name):
        for record in records(sample):
            for path in places(record):
                file.write_text(json.dumps(changed(record, path, next(odd))), "utf-8")
                assert all(isinstance(item, Trajectory | Rejected) for item in read_file(file)[1])
                read += 1
    assert read > len(ODD)
