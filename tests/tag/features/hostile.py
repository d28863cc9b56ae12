"""Texts that are made to slow a reader down, and texts that a pattern has begun to match and does not."""

from __future__ import annotations

import importlib
import random
from collections.abc import Callable, Iterable
from typing import Any

_SRE: Any = importlib.import_module("re._parser")
_CATEGORIES = {"CATEGORY_DIGIT": "7", "CATEGORY_SPACE": " ", "CATEGORY_WORD": "w", "CATEGORY_NOT_SPACE": "x"}
_MOST = 3  # rounds of a repetition that could go on

Text = Callable[[int], str]


def _again(piece: str, end: str = "") -> Text:
    return lambda size: piece * (size // len(piece)) + end


def _within(opening: str, inside: str, closing: str) -> Text:
    return lambda size: opening * (size // 3) + inside + closing * (size // 3)


TEXTS: dict[str, Text] = {
    **{
        repr(piece): _again(piece, "!")
        for piece in (
            "a", "A-", "a_", "word ", " ", "\t\n", "([{", "'\"", '"', "\\", "`", "Error", "Error: x\n", "1.", "a:1:",
            "a/", "/", ".", "http://", "\0", "\ud83d", "é😀", "1 passed, ", "FAILED a::b ", "- ", "e5",
            "Traceback (most recent call last):\n", "RootWebArea '", "Here is a screenshot of [", "Title: ", "+++ ",
            "*** Update File: a\n", '"status" ', "I'll revert ", "2024-01-01T00:00:00 ", "0123abcd-0123-",
        )
    },
    "deep brackets": _within("(", "x", ")"),
    "deep JSON": _within('{"a":', "1", "}"),
    "deep lists": _within("[", "", "]"),
}  # fmt: skip
"""By name, a text of about as many characters as it is asked for."""
COMMANDS: dict[str, Text] = {
    **TEXTS,
    **{
        repr(piece): _again(piece, "!")
        for piece in (
            "a|", "a; ", "cd a && ", "> a ", "${", "a=b ", "{ ", "if a; then ", "case x in ", "bash -c '", "env ",
            "timeout 5 ", "sed -i s/a/b/ f; ", "echo a > f\n", "cat <<EOF\n", "export A=$A\n", "$(", "<(", "&& ", "\n",
        )
    },
    "substitutions 1,000 deep": lambda _: "$(" * 1000 + "x" + ")" * 1000,
    "substitutions": _within("$(", "x", ")"),
    "a quote that is not closed": lambda size: "echo 'it " + "word " * (size // 5),
    "a document without a delimiter": lambda size: "cat <<''\n" + "line " * (size // 5) + "\n\nls",
    "a document that is not closed": lambda size: "cat > f <<'EOF'\n" + "line $(x)\n" * (size // 10),
    **{f"$(y) before {piece!r}": _again(piece, "; $(y)") for piece in ("a|", "> a ", "a; ", "${", "x\0", "env ")},
}  # fmt: skip


def beginnings(patterns: Iterable[str], size: int) -> list[str]:
    """For each pattern a text that it matches, again and again, and again without its last character."""
    found = []
    for number, pattern in enumerate(patterns):
        whole = _example(_SRE.parse(pattern.replace(r"\z", r"\Z")), random.Random(number)) or "x"
        found += [whole * (size // len(whole)) + "\0", whole[:-1] * (size // max(1, len(whole) - 1)) + "\0"]
    return found


def _example(tree: Any, chance: random.Random) -> str:
    return "".join(_piece(str(sort), held, chance) for sort, held in tree)


def _piece(sort: str, held: Any, chance: random.Random) -> str:
    if sort in {"LITERAL", "ANY", "NOT_LITERAL"}:
        return chr(held) if sort == "LITERAL" else "a"
    if sort == "IN":
        return _one_of(held, chance)
    if sort == "BRANCH":
        return _example(chance.choice(held[1]), chance)
    if sort in {"SUBPATTERN", "ATOMIC_GROUP"}:
        return _example(held[-1] if sort == "SUBPATTERN" else held, chance)
    if sort.endswith("_REPEAT"):
        least, most, inner = held
        return "".join(_example(inner, chance) for _ in range(max(least, min(int(most), _MOST))))
    return ""


def _one_of(held: Any, chance: random.Random) -> str:
    sort, value = chance.choice(held) if str(held[0][0]) != "NEGATE" else ("NEGATE", None)
    if str(sort) == "LITERAL":
        return chr(value)
    if str(sort) == "RANGE":
        return chr(value[0])
    return _CATEGORIES.get(str(value), "a")
