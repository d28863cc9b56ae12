"""Mutated samples of every format through read, collect, tag, show and look: `python tests/fuzz_formats.py SECONDS`.

Samples are changed as JSON (fields dropped, doubled, swapped, of another type, huge, deep, with odd numbers) and as
bytes. Nothing may raise; each failure is printed with the seed that makes it again (`fuzz(1, seed)`).
"""

from __future__ import annotations

import io
import json
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from rich.console import Console

from reroute.collect import collect
from reroute.collect.decoding import identified
from reroute.formats import Document, group, read_file, read_session
from reroute.look import look, lookup
from reroute.redact import Redactor
from reroute.settings import Project, Settings
from reroute.storage import store
from reroute.storage.lake.columns import tables
from reroute.tag.tagging import tag
from reroute.terminal import episode, first_screen
from reroute.trace import Rejected, Trajectory

SAMPLES = sorted(p for p in (Path(__file__).parent / "formats").glob("*/*.json*") if ".golden." not in p.name)
ODD: list[Any] = [
    None, True, 0, -1, 2**31, 2**63, 2**64, 10**310, 1e306, 0.5, "", "x", "\x00", "\ud83d", "\u2028", "NaN", "1e999",
    "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00Z", [], {}, [[]], [None], {"": None}, {"type": 3}, "a" * 100_000,
    "{", "$(id)", "'; drop table files --", "<b>", "[/]", "\x1b[31m", "../../x", {"type": "text", "text": 5},
]  # fmt: skip
NUMBERS = [b"-0", b"1e400", b"-1e-400", b"123456789012345678901234567890", b"NaN", b"Infinity", b"0.1e1", b"1E+2"]
WHOLE_EVERY = 40
"""Readings of single files between two runs of the whole pipeline."""


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value inside a JSON value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [found for key, held in inside for found in places(held, (*path, key))]


def deep(rng: random.Random) -> Any:
    value: Any = "x"
    for _ in range(rng.choice([3, 50, 400])):
        value = [value] if rng.random() < 0.5 else {"content": value}
    return value


def change(record: Any, rng: random.Random, others: list[Any]) -> Any:
    """The record with one change in one place."""
    found = places(record)
    if not found:
        return rng.choice(ODD)
    *way, last = rng.choice(found)
    inner = record
    for key in way:
        inner = inner[key]
    match rng.randrange(4):
        case 0:
            del inner[last]
        case 1 if isinstance(inner, list):
            inner.insert(last, inner[last])
        case 1:
            inner[f"{last}x"] = inner.pop(last)
        case _:
            inner[last] = instead(inner[last], rng, others)
    return record


def instead(value: Any, rng: random.Random, others: list[Any]) -> Any:
    """Something else for a value."""
    other = rng.choice(others)
    for key in rng.choice(places(other) or [()]):
        other = other[key]
    moved = json.loads(json.dumps(other))
    return rng.choice([rng.choice(ODD), json.dumps(value), [value], {"type": value}, deep(rng), moved])


def changed_as_json(lines: list[bytes], rng: random.Random) -> list[bytes]:
    """The records with one of them dropped, doubled, swapped with another or changed."""
    if not lines:
        return lines
    at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    match rng.randrange(10):
        case 0:
            return [*lines[:at], *lines[at + 1 :]]
        case 1:
            return [*lines[:at], lines[at], *lines[at:]]
        case 2:
            lines[at], lines[other] = lines[other], lines[at]
            return lines
    try:
        record, source = json.loads(lines[at]), json.loads(lines[other])
    except ValueError:
        return lines
    return [*lines[:at], json.dumps(change(record, rng, [record, source])).encode(), *lines[at + 1 :]]


def changed_as_bytes(data: bytes, rng: random.Random) -> bytes:
    """The data with a piece of it replaced."""
    at, size = rng.randrange(len(data) + 1), rng.choice([1, 1, 4, 64, 512])
    marks = [b"", b"\n", b"\r\n", b'"', b"{", b"\xff\xfe", b"\xef\xbb\xbf", "\u2028".encode(), *NUMBERS]
    piece = rng.choice([rng.choice(marks), bytes(size), rng.randbytes(size), data[at : at + size]])
    return data[:at] + piece + data[at + rng.choice([0, size]) :]


def mutated(sample: Path, rng: random.Random) -> bytes:
    """The sample after a few changes of both kinds."""
    data = sample.read_bytes()
    if rng.random() < 0.7:
        lines = [data] if sample.suffix == ".json" else data.splitlines()
        for _ in range(rng.randrange(1, 6)):
            lines = changed_as_json(lines, rng)
        data = b"\n".join(lines) + b"\n" * (rng.random() < 0.9)
    if rng.random() < 0.5:
        for _ in range(rng.randrange(1, 4)):
            data = changed_as_bytes(data, rng)
    return data[: rng.randrange(len(data) + 1)] if rng.random() < 0.05 else data


def checked(found: Iterable[Trajectory | Rejected | None], redactor: Redactor) -> None:
    """Make tables of what was read. Raises AssertionError where a reader broke at a record, which is rejected then."""
    items = list(found)
    broken = [one.reason for one in items if isinstance(one, Rejected) and one.reason.startswith("the reader broke")]
    assert not broken, broken
    tables([identified("s", "name", one) for one in items if isinstance(one, Trajectory)], redactor)


def whole(folder: Path) -> None:
    """Collect, tag, show and look at all files of a folder."""
    project = Project(folder, Settings())
    collect(project, [folder / "in"], progress=False)
    tag(project)
    with store.of(project).read() as connection:
        names = connection.execute(
            "select episode_id from episodes join trajectories using (trajectory_id, version) where is_current"
            " union all select trajectory_id from trajectories where is_current"
        ).fetchall()
    screen = Console(file=io.StringIO(), width=100)
    for (name,) in names:
        found = lookup.named(project, name)
        for one in [*(episode.ending_lines(found.ending, 100) if found.ending else ())]:
            screen.print(one)
        for timeline in found.timelines:
            screen.print(*episode.view(timeline, 100))
    looked = look([folder / "in"])
    screen.print(*first_screen.screen(looked, looked.summaries(8), "again", 100))
    collect(project, [folder / "in"], progress=False)


def fuzz(seconds: float, seed: int, say: Callable[[str], object] = print) -> tuple[int, list[str]]:
    """Mutate for so long, from a seed on; the number of readings, and what was raised in any of them."""
    redactor, failures, count, end = Redactor(b"k" * 32), list[str](), 0, time.monotonic() + seconds
    while time.monotonic() < end:
        rng, number = random.Random(seed + count), seed + count
        count += 1
        with tempfile.TemporaryDirectory() as folder:
            inside, files = Path(folder, "in"), list[Path]()
            for sample in rng.sample(SAMPLES, 12 if count % WHOLE_EVERY == 0 else 2):
                files.append(inside / sample.parent.name / sample.name)
                files[-1].parent.mkdir(parents=True, exist_ok=True)
                files[-1].write_bytes(mutated(sample, rng))
            try:
                if count % WHOLE_EVERY == 0:
                    whole(Path(folder))
                for file in files:
                    checked(read_file(file)[1], redactor)
                    group(str(file))
                documents = [Document(file.name, file) for file in files]
                checked((item for _, item in read_session(documents)), redactor)
            except Exception:  # noqa: BLE001
                failures.append(f"seed {number}, {[file.name for file in files]}:\n{traceback.format_exc()}")
                say(failures[-1])
    return count, failures


if __name__ == "__main__":
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else time.time_ns() % 10**9
    readings, raised = fuzz(float(sys.argv[1]), seed)
    print(f"{readings} readings from the seed {seed} on, {len(raised)} raised")
    sys.exit(bool(raised))
