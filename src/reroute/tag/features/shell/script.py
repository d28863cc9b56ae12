"""The pieces that a command line falls into."""

from __future__ import annotations

from typing import Literal

import msgspec


class Redirect(msgspec.Struct, frozen=True, gc=False):
    """``> target`` and its relatives; ``operator`` carries no descriptor number except for standard error (``2>``)."""

    operator: str
    target: str


class Part(msgspec.Struct, frozen=True):
    """One simple command: a sub-action."""

    words: tuple[str, ...]
    """The program and its arguments, quotes removed; empty for a bare assignment or redirection."""
    link: str = ""
    """How it follows the part before it: ``&&``, ``||``, ``;``, ``|``; empty for the first."""
    redirects: tuple[Redirect, ...] = ()
    body: str | None = None
    """The text of a here-document or here-string."""
    wrappers: tuple[str, ...] = ()
    """Programs that started it, such as ``sudo`` or ``xargs``."""

    @property
    def program(self) -> str:
        """The base name of the program; empty where there is none."""
        return self.words[0].rsplit("/", 1)[-1] if self.words else ""


class Script(msgspec.Struct, frozen=True):
    """A whole command line."""

    parts: tuple[Part, ...]
    how: Literal["lexed", "parsed", "words"]
    """The exact lexer, the grammar, or (for what does not parse) blanks between words."""
