"""Runs of tests, builds and type checks: which check a command is, whatever it prints."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import msgspec

from reroute.tag.features.reading import operands
from reroute.tag.features.rules import Check, Rules
from reroute.tag.features.targets import file_target, needs
from reroute.tag.features.words import effective

_SCRIPT_WORDS = re.compile(r"[^A-Za-z0-9]+")
_DOTTED = re.compile(r"\w+(?:\.\w+)+$")


class CheckCall(msgspec.Struct, frozen=True):
    """A check as it was called."""

    check_id: str
    """Program, what it was pointed at and the options that select; how much it prints does not matter."""
    program: str
    kind: str
    expected: frozenset[int]
    any_status: bool
    targets: tuple[str, ...]
    script: bool
    """A test file run as a script: a check only where the agent did not write it."""


def find_check(words: tuple[str, ...], rules: Rules, cwd: str | None) -> CheckCall | None:
    """The check that a command's words run, or None."""
    words = effective(words, rules) if "-m" in words else words
    base = words[0].rsplit("/", 1)[-1] if words else ""
    if not base or (base not in rules.check_heads and not rules.phrases.python.match(base)):
        return None
    name, rest = _name(words, rules)
    check = rules.checks.get(name)
    if rules.words.runner_options.intersection(rest):
        return None
    if check is not None and check.kind == "script":
        return _named_script(check, rest, rules, cwd)
    if check is not None:
        targets = tuple(_targets(check, rest, rules, cwd))
        identity = _identity(name, check, rest, cwd)
        return CheckCall(identity, name, check.kind, check.expected, check.any_status, targets, script=False)
    # Perhaps a test file run as a script.
    given = next((word for word in words[1:] if not word.startswith("-")), "")
    path = given if rules.phrases.python.match(base) else ""
    if not rules.phrases.test_file.search(path):
        return None
    target = file_target(path, cwd)
    return CheckCall(
        " ".join(word for word in words if not word.startswith("-")),
        base,
        "test",
        frozenset(),
        any_status=False,
        targets=(target,) if target else (),
        script=True,
    )


def _name(words: tuple[str, ...], rules: Rules) -> tuple[str, tuple[str, ...]]:
    """The check's name in the lexicon and the words after it."""
    base = words[0].rsplit("/", 1)[-1]
    if rules.phrases.python.match(base):
        start = next(iter(operands(words[1:], rules.programs["python"].valued)), None)
        words = words[words.index(start, 1) :] if start is not None else words[:1]
        base = words[0].rsplit("/", 1)[-1]
    second = next(iter(operands(words[1:], rules.words.workspace_options)), "")
    two = f"{base} {second}"
    if two in rules.checks:
        cut = words.index(second) + 1 if second in words else 2
        return two, (*words[1 : cut - 1], *words[cut:])
    for word in words[1:]:
        if word.startswith("-") and f"{base} {word}" in rules.checks:
            return f"{base} {word}", tuple(w for w in words[1:] if w != word)
    return next((path for path in rules.words.test_paths if words[0].endswith(path)), base), words[1:]


def _named_script(check: Check, rest: Sequence[str], rules: Rules, cwd: str | None) -> CheckCall | None:
    """``npm run build``, ``yarn lint``, ``mvn test``: judged by the name of the script."""
    for word in operands(rest, check.valued):
        if word in rules.checks and rules.checks[word].kind != "script":
            return find_check((word, *rest[list(rest).index(word) + 1 :]), rules, cwd)
        kinds = [rules.check_scripts[piece] for piece in _SCRIPT_WORDS.split(word) if piece in rules.check_scripts]
        if kinds:
            identity = _identity(check.program, check, rest, cwd)
            return CheckCall(identity, check.program, kinds[0], check.expected, False, targets=(), script=False)
        if check.program not in rules.words.goal_runners:
            return None
    return None


def _identity(name: str, check: Check, rest: Sequence[str], cwd: str | None) -> str:
    selected: list[str] = []
    skip = value = named = False
    for word in rest:
        if skip or value:
            selected += [word] if value else []
            skip = value = False
        elif word.split("=", 1)[0] in check.dropped:
            skip = word in check.valued
        elif not word.startswith("-"):
            target = file_target(word, cwd) if "/" in word or "." in word else None
            named = named or target is not None
            selected.append(target.removeprefix("file:") if target else word)
        else:
            selected.append(word)
            value = word in check.valued
    where = f" @{cwd}" if cwd and not named else ""
    return " ".join([name, *selected])[:300] + where


def _targets(check: Check, rest: Sequence[str], rules: Rules, cwd: str | None) -> list[str]:
    found: list[str] = []
    for word in operands(rest, check.valued):
        path, colons, _ = word.partition("::")
        target = file_target(path, cwd)
        if colons and target:
            found += ["test:" + word, target]
        elif target and ("/" in path or "." in path) and not (_DOTTED.match(word) and check.kind == "test"):
            found.append(target.removesuffix("/..."))
        elif target and check.kind == "test":
            by_path = check.program in rules.words.path_runners or path.endswith(rules.words.test_suffixes)
            found.append(target if by_path else "test:" + word)
    for option, value in pairwise(rest):
        if option in rules.words.selecting_options and check.kind == "test":
            found += needs(value, rules.need_stop_words)
    return found
