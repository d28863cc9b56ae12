"""Text that is broken, huge or made to slow a pattern down: features come out, in time that grows with its length."""

from __future__ import annotations

import importlib
import pkgutil
import re
import time
from collections.abc import Callable

import polars as pl
import pytest

from reroute.tag import features
from reroute.tag.features import build
from reroute.tag.features.lexicons import ascii_classes
from reroute.tag.features.rules import load

from .handmade import actions_of, steps_of, table
from .hostile import COMMANDS, TEXTS, Text, beginnings

SIZE, LARGER = 6_000, 4
MOST = 2.5 * LARGER  # times as long; what grows with the square takes 16 times
GRACE = 1.0  # seconds of processor time that say nothing about growth
PATTERN_SIZE = 1_000  # characters: their square is a blink, their cube is minutes
PATTERN_SECONDS = 2.0
OUTPUT = 10_000_000


def _call(tool: str, arguments: dict[str, str], shows: str = "ok", **more: object) -> dict[str, object]:
    return {"tool": tool, "arguments": arguments, "shows": shows.replace("\ud83d", "?"), **more}


CHECKS = ("pytest tests", "npm test", "go test ./...", "tsc", "python -m unittest", "ruff check", "cargo test")
PLACES: dict[str, Callable[[str], list[dict[str, object]]]] = {
    "a command's output": lambda text: [_call("bash", {"command": "make"}, text, exit_code=code) for code in (0, 1)],
    "a check's output": lambda text: [_call("bash", {"command": run}, text, exit_code=1) for run in CHECKS],
    "code": lambda text: [_call("python", {"code": text}, text)],
    "an argument": lambda text: [_call("update_order", {"order_id": text, text[:50]: "x"}, "Error: x", status="error")],
    "an answer": lambda text: [_call("update_order", {"order_id": "A1"}, text, status=s) for s in ("error", "unknown")],
    "a query": lambda text: [_call("web_search", {"query": text}, text, status=s) for s in ("error", "ok")],
    "a pattern": lambda text: [_call("Grep", {"pattern": text, "path": text}, text)],
    "a file": lambda text: [_call("Read", {"file_path": text}, text), _call("Read", {"file_path": "a"}, text)],
    "an edit": lambda text: [
        _call("Edit", {"file_path": "a.py", "old_string": text, "new_string": text}, text, status="error"),
        _call("apply_patch", {"input": text}, text),
    ],
    "a page": lambda text: [
        _call("web_fetch", {"url": text}, text),
        _call("click", {"element": text}, "URL: http://a.example/\n" + text),
    ],
    "a plan": lambda text: [_call("TodoWrite", {"todos": text}), _call("think", {"thought": text})],
    "a message": lambda text: [
        {"say": text.replace("\ud83d", "?")},
        _call("bash", {"command": "x"}),
        {"say": text.replace("\ud83d", "?"), "role": "user"},
    ],
}


def seconds(entries: list[dict[str, object]]) -> float:
    """Processor time that features take."""
    steps = table(steps_of(entries))
    began = time.process_time()
    assert build(steps).actions.num_rows == sum("tool" in entry for entry in entries)
    return time.process_time() - began


def entries_of(place: Callable[[str], list[dict[str, object]]], texts: dict[str, Text], size: int):
    return [entry for text in texts.values() for entry in place(text(size))]


@pytest.mark.parametrize("place", PLACES)
def test_a_text_four_times_as_long_takes_about_four_times_as_long(place: str) -> None:
    short, long = (seconds(entries_of(PLACES[place], TEXTS, size)) for size in (SIZE, LARGER * SIZE))
    assert long < MOST * short + GRACE


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_of_any_text_is_read(name: str) -> None:
    """Some of these took a minute by the grammar, whose time grows with the square of a pipeline."""
    text = COMMANDS[name](10 * SIZE)
    assert seconds([_call("bash", {"command": text})]) < 5 * GRACE


def test_a_command_in_one_line_of_a_megabyte_is_read() -> None:
    entries = [_call("bash", {"command": piece * (1_000_000 // len(piece))}) for piece in ("a|", "echo x; ", "(", "a ")]
    assert seconds(entries) < 10 * GRACE


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("sed -n 1p 'src/a.py", "file:src/a.py"),
        ("cat src/a.py <<EOF\nnever closed", "file:src/a.py"),
        ("cat src/a.py\0", "file:src/a.py\0"),
        ("cat <<''\nfree text\n\ncat src/a.py", "file:src/a.py"),
        ("cat src/a.py; " + "$(" * 1000, "file:src/a.py"),
    ],
)
def test_a_command_that_no_shell_accepts_keeps_its_target(text: str, target: str) -> None:
    assert target in actions_of([{"run": text}])[0]["targets"]


def test_ten_megabytes_of_output_are_read_by_their_ends() -> None:
    pieces = ("a", "word ", "Error: x\n", "\n", "12:00:00 ", "0x1f ")
    entries = [_call("bash", {"command": "make"}, piece * (OUTPUT // len(piece))) for piece in pieces]
    entries.append(_call("bash", {"command": "make"}, "x " * (OUTPUT // 2) + "\nmake: *** [all] Error 2", exit_code=2))
    assert seconds(entries) < 20 * GRACE
    assert [signal["signal"] for signal in actions_of(entries[-1:])[0]["signals"] if signal["firm"]]


def test_every_pattern_of_the_lexicons_is_of_the_kind_whose_time_is_bounded() -> None:
    """Rust's engine never goes back; it refuses what would make it."""
    rules = load(None)
    patterns = [p.regex for p in rules.patterns] + [ascii_classes(n.pattern) for n in rules.notes]
    patterns += [ascii_classes(m.pattern) for m in rules.masks]
    sources = [p.pattern for p in (*rules.patterns, *rules.notes, *rules.masks)]
    texts = pl.Series(beginnings(sources, LARGER * PATTERN_SIZE))
    began = time.process_time()
    assert all(texts.str.contains(pattern).len() == len(texts) for pattern in patterns)
    assert time.process_time() - began < 15 * GRACE


def test_no_pattern_of_python_goes_back_and_back() -> None:
    found = dict(_compiled())
    texts = [text(PATTERN_SIZE) for text in TEXTS.values()]
    slow = {}
    for place, pattern in found.items():
        began = time.process_time()
        for text in [*texts, *beginnings([pattern.pattern], PATTERN_SIZE)]:
            sum(1 for _ in pattern.finditer(text))
        if (took := time.process_time() - began) > PATTERN_SECONDS:
            slow[place] = took
    assert len(found) > 40
    assert slow == {}


def _compiled():
    """Every pattern that a module or a lexicon of features holds, by its place."""
    phrases = load(None).phrases
    yield from (
        (name, held) for name in phrases.__struct_fields__ if isinstance(held := getattr(phrases, name), re.Pattern)
    )
    for module in pkgutil.walk_packages(features.__path__, f"{features.__name__}."):
        held = vars(importlib.import_module(module.name))
        for name, value in held.items():
            if isinstance(value, re.Pattern):
                yield f"{module.name}.{name}", value
            elif isinstance(value, list | tuple):
                pairs = [part for part in value if isinstance(part, tuple) and part]
                yield from (
                    (f"{module.name}.{name}[{at}]", part[0])
                    for at, part in enumerate(pairs)
                    if isinstance(part[0], re.Pattern)
                )
