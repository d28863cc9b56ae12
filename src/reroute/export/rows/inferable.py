"""Whether an action could be known from what stands before it: every id, name, path and number in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from reroute.export.rows.tools import parsed

SMALL = 12
"""Counts up to this follow from anything: passengers, bags, retries."""
LONG_TEXT = 80
"""Characters from which a value is free text, whose identifiers alone must be known."""

_PATH = re.compile(r"(?<![\w:/])(?:~|\.{1,2})?/?(?:[\w.@+-]+/)+[\w.@+-]*|(?<![\w:/])/[\w.@+-]+")
_ID = re.compile(r"\b(?=[A-Za-z0-9_-]*\d)(?=[A-Za-z0-9_-]*[A-Za-z])[A-Za-z0-9][A-Za-z0-9_-]{3,}\b")
_NUMBER = re.compile(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?(?![\w.]*\w)")
_WORD = re.compile(r"[^\W\d_]{3,}")
_FILE = re.compile(
    r"\b[\w-]+\.(?:py|pyi|js|jsx|ts|tsx|mjs|json|jsonl|toml|cfg|ini|ya?ml|md|rst|txt|csv|html?|css|s[ch]ss|xml|sql|sh|c|h|"
    r"cc|cpp|hpp|rs|go|java|kt|rb|php|swift|lock|log|diff|patch|env|ipynb)\b"
)
# How much of a file is read, and how long is waited, is the reader's choice.
_WINDOWS = re.compile(
    r"(?:\bhead|\btail)\s+(?:-n\s*)?[-+]?\d+|\bsed\s+-n\s+(?:-e\s+)?['\"]?[\d,;p$ ]+['\"]?|-[ABCnm]\s*\d+|"
    r"\b(?:timeout|sleep)\s+\d+\w?|\d*>&?\d|2>|--?[a-z-]*(?:depth|count|lines|width|tb|maxfail)[= ]\d+"
)
_WRITTEN = re.compile(r">>?\s*(\S+)|\btee\s+(?:-a\s+)?(\S+)|\b(?:touch|mkdir(?:\s+-p)?)\s+(\S+)")
_CHOICES = frozenset({"offset", "limit", "timeout", "timeout_ms", "yield_time_ms", "max_output_tokens", "head_limit"})
_SHELL = frozenset({"command", "cmd", "script"})
_FREE = frozenset({"query", "q", "search", "pattern", "description", "summary", "thought", "reason", "justification"})
_COMMON = frozenset({"/dev/null", "/usr", "/bin", "/", "./", "../", "/bin/bash", "/bin/sh", "python3", "and/or"})


@dataclass(frozen=True)
class Atom:
    """A value in an action's arguments that somebody must have known."""

    slot: str
    text: str


def unknown(arguments: str, prompt: str) -> list[Atom]:
    """The atoms of an action's arguments (JSON text) that neither occur in the prompt nor follow from it."""
    lowered = prompt.casefold()
    return [atom for atom in atoms(arguments) if not follows(atom.text, lowered)]


def atoms(arguments: str) -> Iterator[Atom]:
    """Every id, name, path and number in the arguments, with the slot it stands in; each once a slot."""
    for slot, value in _leaves("", parsed(arguments)):
        name = slot.rsplit(".", 1)[-1].split("[")[0]
        if name in _CHOICES or value is None or isinstance(value, bool):
            continue
        texts = [str(value)] if isinstance(value, int | float) else list(_of_text(str(value), name))
        yield from (Atom(slot, text) for text in dict.fromkeys(text.rstrip(".,:;") for text in texts))


def follows(text: str, lowered_prompt: str) -> bool:
    """Whether one atom stands in the prompt or follows from it.

    What follows: a small count, a number written another way, a path whose every part is known.
    """
    folded = text.casefold().strip()
    if folded in _COMMON or folded in lowered_prompt:
        return True
    try:
        number = float(folded.replace(",", ""))
    except ValueError:
        parts = [part for part in folded.split("/") if part not in {"", ".", "..", "~", "tmp"}]
        return "/" in folded and all(part in lowered_prompt for part in parts)
    forms = [f"{number:g}", f"{number:.2f}", f"{number:,.2f}", f"{number:,g}"]
    if number.is_integer():
        forms += [str(int(number)), f"{int(number):,}"]
    return abs(number) <= SMALL or any(form in lowered_prompt for form in forms)


def _leaves(slot: str, value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _leaves(f"{slot}.{key}" if slot else str(key), part)
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _leaves(f"{slot}[{index}]", part)
    else:
        yield slot, value


def _of_text(value: str, name: str) -> Iterator[str]:
    """The atoms of a text in the slot ``name``; a file that a command itself writes need not be known."""
    if name in _SHELL:
        made = {file for groups in _WRITTEN.findall(value) for file in groups if file}
        plain = _WINDOWS.sub(" ", value)
        yield from (path for path in _PATH.findall(plain) if path not in made)
        rest = _PATH.sub(" ", plain)
        yield from (file for file in _FILE.findall(rest) if file not in made)
        yield from (number for number in _NUMBER.findall(_ID.sub(" ", _FILE.sub(" ", rest))) if len(number) > 2)
        return
    yield from _PATH.findall(value)
    rest = _PATH.sub(" ", value)
    yield from _ID.findall(rest)
    if len(value) > LONG_TEXT or "\n" in value:
        return
    yield from _NUMBER.findall(_ID.sub(" ", rest))
    if name not in _FREE:
        yield from (word for word in _WORD.findall(_ID.sub(" ", rest)))
