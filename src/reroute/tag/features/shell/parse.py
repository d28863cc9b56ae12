"""From a command, as text or argument list, to its parts with every wrapper taken off."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from reroute.tag.features.shell.lexer import lex, unquote
from reroute.tag.features.shell.script import Part, Script
from reroute.tag.features.shell.tree import parse_tree

_MAX_GRAMMAR = 50_000  # characters; longer ones are cut into words
_MAX_PIPES = 1000  # what the grammar takes for a pipeline grows with the square of its length
_MAX_WORDS = 20_000
_MAX_DEPTH = 4
_SHELLS = frozenset(["bash", "sh", "zsh", "dash", "ksh", "fish"])
_SEPARATOR = re.compile(r"[ \t]+(&&|\|\||;|\|)[ \t]+|;?\n+|;[ \t]")
_BROKEN_WORD = re.compile(r"""'[^']*+'|"[^"]*+"|[^\s'"]++(?:'[^']*+'|"[^"]*+"|[^\s'"]++)*+|['"]""")


def parse(command: str | Sequence[str], wrappers: Wrappers) -> Script:
    """The parts of ``command``; never fails: what no grammar understands falls back to words."""
    whole = _split(command) if isinstance(command, str) else Script((Part(tuple(command)),), "lexed")
    return _unwrap_all(whole, wrappers, 0)


class Wrappers:
    """The lexicon of wrappers."""

    def __init__(self, known: Mapping[str, Wrapper]) -> None:
        self.known = known
        self.heads = _SHELLS.union(name.split(" ", 1)[0] for name in known)
        """First words of everything that may have to be taken off."""


class Wrapper:
    """A program that only starts another one: how many words of its own come before that one."""

    __slots__ = ("operands", "second", "valued")

    def __init__(self, second: str, operands: int, valued: frozenset[str]) -> None:
        self.second = second
        """The sub-command that makes it a wrapper (``run`` in ``uv run``); empty where it always is."""
        self.operands = operands
        """Words that belong to it and are no option (the seconds of ``timeout``)."""
        self.valued = valued
        """Its options that take the next word as value."""


def _split(command: str) -> Script:
    parts = lex(command)
    if parts is not None:
        return Script(parts, "lexed")
    if len(command) <= _MAX_GRAMMAR and command.count("|") <= _MAX_PIPES and "\0" not in command:
        parts = parse_tree(command)
        if parts is not None:
            return Script(parts, "parsed")
    return Script(_words(command[:_MAX_WORDS]), "words")


def _words(command: str) -> tuple[Part, ...]:
    """Brackets count as letters here: a path with brackets in it must not be cut short."""
    parts: list[Part] = []
    link, position = "", 0
    for match in [*_SEPARATOR.finditer(command), None]:
        piece = command[position : match.start() if match else len(command)]
        words = tuple(unquote(word) for word in _BROKEN_WORD.findall(piece))
        if words:
            parts.append(Part(words, link if parts else ""))
        link = (match.group(1) or ";") if match else ";"
        position = match.end() if match else position
    return tuple(parts)


def _unwrap_all(script: Script, wrappers: Wrappers, depth: int) -> Script:
    if wrappers.heads.isdisjoint([part.program for part in script.parts]):
        return script
    parts: list[Part] = []
    how = script.how
    for part in script.parts:
        bare = _unwrap(part, wrappers.known)
        inner = _inline(bare) if depth < _MAX_DEPTH else None
        if inner is None:
            parts.append(bare)
            continue
        nested = _unwrap_all(_split(inner), wrappers, depth + 1)
        how = max(how, nested.how, key=("lexed", "parsed", "words").index)
        first = [Part(p.words, bare.link, p.redirects, p.body or bare.body, p.wrappers) for p in nested.parts[:1]]
        parts += [*first, *nested.parts[1:]]
        if parts and bare.redirects:
            last = parts.pop()
            parts.append(Part(last.words, last.link, last.redirects + bare.redirects, last.body, last.wrappers))
    return Script(tuple(parts), how)


def _inline(part: Part) -> str | None:
    """The script in ``bash -lc "script"``."""
    if part.program not in _SHELLS:
        return None
    for index, word in enumerate(part.words[1:], 1):
        if word.startswith("-") and not word.startswith("--") and "c" in word:
            return part.words[index + 1] if index + 1 < len(part.words) else None
        if not word.startswith(("-", "+")):
            return None
    return part.body if part.body is not None and len(part.words) == 1 else None


def _unwrap(part: Part, wrappers: Mapping[str, Wrapper]) -> Part:
    words, names, start = part.words, list(part.wrappers), 0
    while start < len(words):
        name = words[start].rsplit("/", 1)[-1]
        second = words[start + 1] if start + 1 < len(words) else None
        wrapper = (wrappers.get(f"{name} {second}") if second is not None else None) or wrappers.get(name)
        if wrapper is None or (name == "command" and second in {"-v", "-V"}):
            break
        after = _after(words, start + (2 if wrapper.second else 1), wrapper)
        if after >= len(words):
            break
        start = after
        names.append(name)
    return Part(words[start:], part.link, part.redirects, part.body, tuple(names)) if start else part


def _after(words: tuple[str, ...], start: int, wrapper: Wrapper) -> int:
    """Where the words of a wrapper that stands before ``start`` end."""
    operands, index = wrapper.operands, start
    while index < len(words):
        word = words[index]
        if word in wrapper.valued:
            index += 2
        elif word.startswith("-") or ("=" in word and word.partition("=")[0].isidentifier()):
            index += 1
        elif operands:
            operands -= 1
            index += 1
        else:
            break
    return index
