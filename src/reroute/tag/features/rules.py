"""The lexicons under ``sql/lexicons/`` and the thresholds, read once and typed."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import msgspec

from reroute import content
from reroute.errors import ConfigError
from reroute.tag.features.lexicons import Phrases, Words, filled
from reroute.tag.features.shell.parse import Wrapper, Wrappers

_FOLDER = "sql/lexicons"
_THRESHOLDS = "sql/thresholds.csv"


class Program(msgspec.Struct, frozen=True):
    """What is known of a program (or of a program with its sub-command, such as ``git grep``)."""

    program: str
    family: str
    expected: frozenset[int]
    """Exit codes besides 0 that are no failure."""
    flags: frozenset[str]
    arguments: str
    """How to read its words: paths, pattern, script, written, ... (see ``words.py``)."""
    valued: frozenset[str]
    """Options that take the next word as their value."""


class Check(msgspec.Struct, frozen=True):
    """A program that runs tests, builds or type checks."""

    program: str
    kind: str
    """test, build, types, lint; script: judged by the name of the script that it runs."""
    expected: frozenset[int]
    any_status: bool
    """Its exit codes say nothing (pylint's bitmask)."""
    valued: frozenset[str]
    dropped: frozenset[str]
    """Options that do not change what is checked."""


class Tool(msgspec.Struct, frozen=True):
    """What is known of a tool by its name."""

    family: str
    flags: frozenset[str] = frozenset()


class Pattern(msgspec.Struct, frozen=True):
    """One line of the lexicon of signals."""

    signal: str
    families: frozenset[str]
    """Empty: every family."""
    where: str
    """start: of the observation; line: of a line; own: after a program's name and a colon; free: anywhere."""
    when: frozenset[str]
    """What the source states: error, unstated, ok."""
    firm: bool
    pattern: str
    rank: int
    """Its place in the file: the more specific come first."""


class NotePattern(msgspec.Struct, frozen=True):
    """One line of the lexicon of notes."""

    note: str
    roles: frozenset[str]
    pattern: str


class Mask(msgspec.Struct, frozen=True):
    """What changes by itself in an observation."""

    hint: str
    """Cheap: without a match of this there is none of the pattern."""
    families: frozenset[str]
    """Empty: every family."""
    pattern: str


class Rules(msgspec.Struct, frozen=True):
    """Every lexicon that features use."""

    programs: dict[str, Program]
    checks: dict[str, Check]
    check_heads: frozenset[str]
    """First words of all checks."""
    check_scripts: dict[str, str]
    wrappers: Wrappers
    tools: dict[str, Tool]
    verbs: dict[str, tuple[str, bool]]
    roles: dict[str, str]
    gestures: dict[str, str]
    patterns: tuple[Pattern, ...]
    notes: tuple[NotePattern, ...]
    masks: tuple[Mask, ...]
    stop_words: frozenset[str]
    bystanders: str
    """Matches the files that are no production code."""
    need_stop_words: frozenset[str]
    """Words that say nothing of what a query or a piece of code is about: ``stop_words`` and code's own."""
    words: Words
    phrases: Phrases
    report_lines: str
    """Matches the lines of a check's output that are read (Rust or RE2)."""
    http_signals: dict[int, str]
    """What a status of HTTP says where the words do not."""
    unfailing: frozenset[str]
    """Signals that speak of no failure."""
    thresholds: dict[str, float]


def digest(project: Path | None = None) -> str:
    """A hash of every lexicon file and of the thresholds (16 hex digits)."""
    found = content.files(_FOLDER, "*.csv", project) | {_THRESHOLDS: content.find(_THRESHOLDS, project)}
    total = hashlib.blake2b(digest_size=8)
    for name, path in sorted(found.items()):
        total.update(f"{name}\0".encode() + path.read_bytes())
    return total.hexdigest()


@lru_cache(maxsize=4)
def load(project: Path | None = None) -> Rules:
    """The rules of ``project`` (its own lexicons win over the shipped, file by file).

    Raises ConfigError that names the file and what is wrong with it.
    """
    try:
        return _read_all(project)
    except (KeyError, ValueError, AttributeError) as error:
        raise ConfigError(
            f"Reading the lexicons in {_FOLDER} and {_THRESHOLDS}: a column is missing or a value is wrong "
            f"({error!r}). Compare your copy's first line with the shipped file's."
        ) from error


def _read_all(project: Path | None) -> Rules:
    words = filled(Words, ((r["list"], r["word"]) for r in _rows("words", project)), "words.csv")
    stop_words = frozenset(row["word"] for row in _rows("stop_words", project))
    failing = frozenset(row["signal"] for row in _rows("signals", project) if row["kind"])
    return Rules(
        programs={p.program: p for p in _programs(project)},
        checks={c.program: c for c in _checks(project)},
        check_heads=frozenset(c.program.split(" ", 1)[0].rsplit("/", 1)[-1] for c in _checks(project)),
        check_scripts={row["word"]: row["kind"] for row in _rows("check_scripts", project)},
        wrappers=Wrappers(
            {
                row["wrapper"]: Wrapper(row["wrapper"].partition(" ")[2], int(row["operands"]), _set(row["valued"]))
                for row in _rows("wrappers", project)
            }
        ),
        tools={row["tool"]: Tool(row["family"], _set(row["flags"])) for row in _rows("tools", project)},
        verbs={row["verb"]: (row["family"], row["writes"] == "1") for row in _rows("verbs", project)},
        roles={row["argument"]: row["role"] for row in _rows("arguments", project)},
        gestures={row["word"]: row["gesture"] for row in _rows("gestures", project)},
        patterns=tuple(_patterns(project)),
        notes=tuple(NotePattern(r["note"], _set(r["roles"]), r["pattern"]) for r in _rows("notes", project)),
        masks=tuple(Mask(r["hint"], _families(r["families"]), r["pattern"]) for r in _rows("masks", project)),
        stop_words=stop_words,
        need_stop_words=stop_words | words.code_keywords,
        words=words,
        phrases=filled(Phrases, ((r["phrase"], r["pattern"]) for r in _rows("phrases", project)), "phrases.csv"),
        report_lines=f"(?m)^(?:{'|'.join(row['pattern'] for row in _rows('report_lines', project))})",
        http_signals={int(row["status"]): row["signal"] for row in _rows("http_statuses", project)},
        unfailing=frozenset(row["signal"] for row in _rows("signals", project)) - failing,
        bystanders="|".join(row["pattern"] for row in _rows("bystander_paths", project)),
        thresholds={r["name"]: float(r["value"]) for r in _read(content.find(_THRESHOLDS, project))},
    )


def _programs(project: Path | None) -> Iterator[Program]:
    for row in _rows("programs", project):
        expected = frozenset(int(code) for code in row["expected"].split())
        yield Program(
            row["program"], row["family"], expected, _set(row["flags"]), row["arguments"], _set(row["valued"])
        )


def _checks(project: Path | None) -> Iterator[Check]:
    for row in _rows("checks", project):
        codes = frozenset(int(code) for code in row["expected"].split() if code != "*")
        any_status = row["expected"] == "*"
        yield Check(row["program"], row["kind"], codes, any_status, _set(row["valued"]), _set(row["dropped"]))


def _patterns(project: Path | None) -> Iterator[Pattern]:
    for rank, row in enumerate(_rows("patterns", project)):
        families = _families(row["families"])
        firm = row["firm"] == "1"
        yield Pattern(row["signal"], families, row["where"], _set(row["when"]), firm, row["pattern"], rank)


def _families(text: str) -> frozenset[str]:
    """Empty for every family."""
    return frozenset() if text == "*" else _set(text)


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _rows(name: str, project: Path | None) -> Iterator[dict[str, str]]:
    yield from _read(content.find(f"{_FOLDER}/{name}.csv", project))


def _read(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, strict=True):
            if None in row or None in row.values():
                raise ValueError(f"{path.name}: not as many columns as its first line: {next(iter(row.values()))}")
            yield row
