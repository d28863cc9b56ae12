"""What one simple command says about itself, before anything around it is looked at."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from reroute.tag.features.rules import Program


class Reading(msgspec.Struct, gc=False):
    """What one simple command says about itself."""

    name: str
    program: Program
    rest: tuple[str, ...] = ()
    """The words after the name."""
    targets: list[str] = []
    written: list[str] = []
    created: list[str] = []
    authored: list[tuple[str, list[str]]] = []
    scripts: list[str] = []
    moves: list[tuple[str, tuple[str, ...]]] = []
    """Reverts and restores of the working tree (``git.moves``)."""
    inline: str | None = None
    folder: str | None = None
    """Where ``cd`` goes."""
    probe: bool = False
    edits: bool = False

    def has(self, flag: str) -> bool:
        """Whether the lexicon marks the program with ``flag``."""
        return flag in self.program.flags


def operands(words: Sequence[str], valued: frozenset[str]) -> list[str]:
    """The words that are neither options nor values of options."""
    found: list[str] = []
    skip = False
    for index, word in enumerate(words):
        if skip:
            skip = False
        elif word[:1] != "-" or word == "-":
            found.append(word)
        elif word == "--":
            return found + list(words[index + 1 :])
        else:
            skip = word in valued
    return found
