"""From a command, as text or argument list, to its parts with every wrapper taken off."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

from reroute.tag.features.shell.lexer import lex, unquote
from reroute.tag.features.shell.script import Part, Script
from reroute.tag.features.shell.tree import parse_tree

_MAX_GRAMMAR = 50_000  # characters; longer ones are cut into words
_MAX_PIPES = 1000  # what the grammar takes for a pipeline grows with the square of its length
_MAX_WORDS = 20_000
_MAX_DEPTH = 4
_SEPARATOR = re.compile(r"[ \t]+(&&|\|\||;|\|)[ \t]+|;?\n+|;[ \t]")
_BROKEN_WORD = re.compile(r"""'[^']*+'|"[^"]*+"|[^\s'"]++(?:'[^']*+'|"[^"]*+"|[^\s'"]++)*+|['"]""")


class Wrapper(msgspec.Struct, frozen=True):
    """A program that only starts another one: how many words of its own come before that one."""

    second: str
    """The sub-command that makes it a wrapper (``run`` in ``uv run``); empty where it always is."""
    operands: int
    """Words that belong to it and are no option (the seconds of ``timeout``)."""
    valued: frozenset[str]
    """Its options that take the next word as value."""


class Wrappers(msgspec.Struct, frozen=True):
    """The lexicons of wrappers and shells."""

    known: Mapping[str, Wrapper]
    """By program, or by program and sub-command."""
    shells: frozenset[str]
    heads: frozenset[str]
    """First words of everything that may have to be taken off."""


def parse(command: str | Sequence[str], wrappers: Wrappers) -> Script:
    """The parts of ``command``; never fails: what no grammar understands falls back to words."""
    whole = _split(command) if isinstance(command, str) else Script((Part(tuple(command)),), "lexed")
    return _unwrap_all(whole, wrappers, 0)


def _split(command: str) -> Script:
    """The parts by the lexer, else by the grammar, else by blanks.

    By blanks, brackets count as letters: a path with brackets in it must not be cut short.
    """
    parts = lex(command)
    if parts is not None:
        return Script(parts, "lexed")
    if len(command) <= _MAX_GRAMMAR and command.count("|") <= _MAX_PIPES and "\0" not in command:
        parts = parse_tree(command)
        if parts is not None:
            return Script(parts, "parsed")
    text, found = command[:_MAX_WORDS], list[Part]()
    link, position = "", 0
    for match in [*_SEPARATOR.finditer(text), None]:
        piece = text[position : match.start() if match else len(text)]
        words = tuple(unquote(word) for word in _BROKEN_WORD.findall(piece))
        if words:
            found.append(Part(words, link if found else ""))
        link = (match.group(1) or ";") if match else ";"
        position = match.end() if match else position
    return Script(tuple(found), "words")


def _unwrap_all(script: Script, wrappers: Wrappers, depth: int) -> Script:
    """``script`` without wrappers, the commands given to shells (``bash -lc "..."``) in place of the shells."""
    if wrappers.heads.isdisjoint([part.program for part in script.parts]):
        return script
    parts: list[Part] = []
    how = script.how
    for part in script.parts:
        bare = _unwrap(part, wrappers.known)
        inner = _inline(bare) if depth < _MAX_DEPTH and bare.program in wrappers.shells else None
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


def _inline(shell: Part) -> str | None:
    """The script in ``bash -lc "script"``, or the one on a shell's standard input."""
    for index, word in enumerate(shell.words[1:], 1):
        if word.startswith("-") and not word.startswith("--") and "c" in word:
            return shell.words[index + 1] if index + 1 < len(shell.words) else None
        if not word.startswith(("-", "+")):
            return None
    return shell.body if len(shell.words) == 1 else None


def _unwrap(part: Part, wrappers: Mapping[str, Wrapper]) -> Part:
    """``part`` from the program on that its wrappers start; their own options and operands are passed over."""
    words, names, start = part.words, list(part.wrappers), 0
    while start < len(words):
        name = words[start].rsplit("/", 1)[-1]
        second = words[start + 1] if start + 1 < len(words) else None
        wrapper = (wrappers.get(f"{name} {second}") if second is not None else None) or wrappers.get(name)
        if wrapper is None or (name == "command" and second in {"-v", "-V"}):
            break
        operands, after = wrapper.operands, start + (2 if wrapper.second else 1)
        while after < len(words):
            word = words[after]
            assigned = "=" in word and word.partition("=")[0].isidentifier()
            if word not in wrapper.valued and not word.startswith("-") and not assigned:
                if not operands:
                    break
                operands -= 1
            after += 2 if word in wrapper.valued else 1
        if after >= len(words):
            break
        start = after
        names.append(name)
    return Part(words[start:], part.link, part.redirects, part.body, tuple(names)) if start else part
