"""A run as a file of each trace format that is read: one module each, found by its presence in this folder.

What the formats call things: a coding agent's shell is ``Bash`` (Claude Code), ``shell`` with an argument list (Codex
CLI), or a fenced block (mini-swe-agent), and a writer turns each of them into its own. A format with a shell alone gets
any other call as ``<tool> <<'JSON'``, the arguments, ``JSON``. mini-swe-agent has one message of a person, the first;
reasoning is lost in it, and so are turns of several calls; a reply without a call is refused.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from pathlib import Path
from typing import Protocol

from simulator.run import Run


class Writer(Protocol):
    """What a writer module offers."""

    NAME: str
    """The trace format, as its reader is called."""

    def place(self, run: Run) -> str:
        """Where such a file lies in real life, relative to a folder of traces; several runs may share a file."""

    def write(self, run: Run, path: Path) -> int:
        """Write the run to ``path``, after those already there; the number of its record in the file, from 0."""


@cache
def writers() -> dict[str, Writer]:
    """Every writer by the name of its format, in name order."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return {module.NAME: module for module in modules}
