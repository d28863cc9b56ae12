"""The lexicons under ``sql/lexicons/`` and the thresholds, read once and typed."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from reroute import content
from reroute.errors import ConfigError
from reroute.tag.features.lexicons import Phrases, Words, ascii_classes, filled
from reroute.tag.features.shell.parse import Wrapper, Wrappers

_FOLDER = "sql/lexicons"
_THRESHOLDS = "sql/thresholds.csv"
_Row = TypeVar("_Row", bound=msgspec.Struct)


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
    """A row of ``anchors.csv``: start (of the observation), line, own (after a program's name), free or top."""
    when: frozenset[str]
    """What the source states: error, unstated, ok."""
    firm: bool
    pattern: str
    regex: str
    """The pattern with its anchor, for the column matcher."""
    rank: int
    """Its place in the file: the more specific come first."""


class GitMove(msgspec.Struct, frozen=True):
    """What a sub-command of git does to the working tree, for one of the words that may follow it."""

    program: str
    word: str
    """Empty: any word or none."""
    where: str
    """first: the word is the first that is no option; any: it is among the words; paths: files are named."""
    move: str
    """revert or restore; empty for neither."""
    scope: str
    """paths: the files named; tree: everything."""


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
    moves: dict[str, tuple[GitMove, ...]]
    """By sub-command of git; the first row that fits counts."""
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
    body_members: dict[str, str]
    """What a member of a result's object means, by its name in small letters without underscores."""
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
    signals = [(row["signal"], row["kind"]) for row in _rows("signals", project)]
    anchors = {row["where"]: row["pattern"] for row in _rows("anchors", project)}
    patterns = [
        {**row, "rank": str(rank), "regex": ascii_classes(anchors[row["where"]].replace("{}", row["pattern"]))}
        for rank, row in enumerate(_rows("patterns", project))
    ]
    checks = [{**row, "any_status": str(int(row["expected"] == "*"))} for row in _rows("checks", project)]
    wrappers = {
        row["wrapper"]: Wrapper(row["wrapper"].partition(" ")[2], int(row["operands"]), _words(row["valued"]))
        for row in _rows("wrappers", project)
    }
    moves = _structs(GitMove, _rows("git_moves", project))
    return Rules(
        programs={program.program: program for program in _structs(Program, _rows("programs", project))},
        checks={check.program: check for check in _structs(Check, checks)},
        check_heads=frozenset(check["program"].split(" ", 1)[0].rsplit("/", 1)[-1] for check in checks),
        check_scripts={row["word"]: row["kind"] for row in _rows("check_scripts", project)},
        wrappers=Wrappers(wrappers, words.shells, words.shells.union(name.split(" ", 1)[0] for name in wrappers)),
        tools={row["tool"]: Tool(row["family"], _words(row["flags"])) for row in _rows("tools", project)},
        verbs={row["verb"]: (row["family"], row["writes"] == "1") for row in _rows("verbs", project)},
        moves={name: tuple(move for move in moves if move.program == name) for name in {m.program for m in moves}},
        roles={row["argument"]: row["role"] for row in _rows("arguments", project)},
        gestures={row["word"]: row["gesture"] for row in _rows("gestures", project)},
        patterns=_structs(Pattern, patterns),
        notes=_structs(NotePattern, _rows("notes", project)),
        masks=_structs(Mask, _rows("masks", project)),
        stop_words=stop_words,
        need_stop_words=stop_words | words.code_keywords,
        words=words,
        phrases=filled(Phrases, ((r["phrase"], r["pattern"]) for r in _rows("phrases", project)), "phrases.csv"),
        report_lines=f"(?m)^(?:{'|'.join(row['pattern'] for row in _rows('report_lines', project))})",
        http_signals={int(row["status"]): row["signal"] for row in _rows("http_statuses", project)},
        body_members={row["member"]: row["means"] for row in _rows("body_members", project)},
        unfailing=frozenset(signal for signal, _ in signals) - {signal for signal, kind in signals if kind},
        bystanders="|".join(row["pattern"] for row in _rows("bystander_paths", project)),
        thresholds={row["name"]: float(row["value"]) for row in _rows(_THRESHOLDS, project)},
    )


def _words(text: str) -> frozenset[str]:
    """The words between blanks; ``*`` alone stands for every one and is the empty set."""
    return frozenset(text.split() if text != "*" else ())


_FROM_TEXT: dict[object, Callable[[str], Any]] = {
    str: str,
    int: int,
    bool: "1".__eq__,
    frozenset[str]: _words,
    frozenset[int]: lambda text: frozenset(map(int, _words(text))),
}
"""How a field of a lexicon is read, by its type."""


def _structs(kind: type[_Row], rows: Iterable[Mapping[str, str]]) -> tuple[_Row, ...]:
    """A struct for each row, whose fields are columns of the same name; raises KeyError where one is missing."""
    read = {field.name: _FROM_TEXT[field.type] for field in msgspec.structs.fields(kind)}
    return tuple([kind(**{name: of(row[name]) for name, of in read.items()}) for row in rows])


def _rows(name: str, project: Path | None) -> Iterator[dict[str, str]]:
    """The rows of a lexicon, or of the file at a path of its own; raises ValueError for a row of another length."""
    path = content.find(name if "/" in name else f"{_FOLDER}/{name}.csv", project)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, strict=True):
            if None in row or None in row.values():
                raise ValueError(f"{path.name}: not as many columns as its first line: {next(iter(row.values()))}")
            yield row
