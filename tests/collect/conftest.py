"""Chat runs written as files, and the tables that come of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from reroute.settings import Project
from reroute.storage import lake, store

_SHOWN = {
    "trajectories": "* exclude (part, collected_at)",
    "files": "* exclude (collected_at)",
    "outcomes": "* exclude (recorded_at)",
    "quarantine": "* exclude (first_seen)",
    "alarms": "* exclude (raised_at)",
    "fidelity": "distinct source, path, format, unit, record_type, reason,"
    " sum(records) over (partition by source, path, format, unit, record_type, reason)::int as records",
    "drift": "* exclude (first_seen, records, path)",
}


def run(name: str | None, *results: str, task: str = "find it", **more: object) -> dict[str, object]:
    """One chat run: a task, then a call and its result for each of ``results``."""
    messages: list[dict[str, object]] = [{"role": "user", "content": task}]
    for number, result in enumerate(results):
        function = {"name": "grep", "arguments": json.dumps({"pattern": f"p{number}"})}
        call = {"id": f"c{number}", "type": "function", "function": function}
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        messages.append({"role": "tool", "tool_call_id": f"c{number}", "content": result})
    return ({"id": name} if name else {}) | {"messages": messages} | more


def lines(path: Path, *records: object) -> Path:
    """A file of JSON lines; text and bytes are written as they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    encoded = [r if isinstance(r, bytes) else (r if isinstance(r, str) else json.dumps(r)).encode() for r in records]
    path.write_bytes(b"".join(line + b"\n" for line in encoded))
    return path


def tables(project: Project) -> dict[str, list[tuple[object, ...]]]:
    """Every table that collect writes and the lake's steps, sorted, without part names and times."""
    with store.of(project).read() as connection:
        found = {
            name: connection.execute(f"select {shown} from {name} order by all").fetchall()
            for name, shown in _SHOWN.items()
        }
    parts = [str(lake.files(project, part).steps) for part in lake.parts(project)]
    if parts:
        with duckdb.connect() as connection:
            found["steps"] = connection.execute("from read_parquet(?) order by all", [parts]).fetchall()
    return found


def rows(project: Project, query: str) -> list[tuple[object, ...]]:
    """The rows of a query on the store."""
    with store.of(project).read() as connection:
        return connection.execute(query).fetchall()


def every_byte(folder: Path) -> dict[str, bytes]:
    """All files under a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def make() -> Callable[..., dict[str, object]]:
    return run


@pytest.fixture
def write() -> Callable[..., Path]:
    return lines


@pytest.fixture
def seen() -> Callable[[Project], dict[str, list[tuple[object, ...]]]]:
    return tables


@pytest.fixture
def ask() -> Callable[[Project, str], list[tuple[object, ...]]]:
    return rows


@pytest.fixture
def contents() -> Callable[[Path], dict[str, bytes]]:
    return every_byte
