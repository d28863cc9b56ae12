"""What ``git`` commands mean for the working tree: which paths, and whether an edit is taken back or put back."""

from __future__ import annotations

from collections.abc import Sequence

from reroute.tag.features.rules import Rules
from reroute.tag.features.targets import looks_like_path

Move = tuple[str, tuple[str, ...]]
"""``revert`` or ``restore`` and the file targets; no targets: the whole tree."""


def paths(words: Sequence[str], valued: frozenset[str], rules: Rules) -> list[str]:
    """The paths among a sub-command's words; references and ranges are none."""
    if "--" in words:
        return list(words[words.index("--") + 1 :])
    found, skip = [], False
    for word in words:
        if skip or word in valued:
            skip = not skip
        elif ":" in word and not word.startswith((":", "-")):
            found.append(word.split(":", 1)[1])  # HEAD:path
        elif looks_like_path(word) and not word.startswith(rules.words.git_references) and ".." not in word:
            found.append(word)
    return found


def moves(name: str, words: Sequence[str], targets: Sequence[str], rules: Rules) -> list[Move]:
    """Whether the command takes edits back (``revert``) or puts them back (``restore``), by ``git_moves.csv``."""
    first = next((word for word in words if not word.startswith("-")), "")
    for row in rules.moves.get(name, ()):
        if (
            not row.where
            or (row.where == "first" and first == row.word)
            or (row.where == "any" and row.word in words)
            or (row.where == "paths" and targets)
        ):
            return [(row.move, tuple(targets) if row.scope == "paths" else ())] if row.move else []
    return []
