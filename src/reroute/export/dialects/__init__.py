"""Dialects: how a provider wants a line written; one module each, found by its presence in this folder.

A dialect module has ``NAME``, ``NEEDS_VALIDATION``, ``LAST_ROLES`` and ``line``, as in :class:`Dialect`. Modules whose
name begins with an underscore are shared by the dialects.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import TYPE_CHECKING, Protocol

from reroute.errors import ConfigError

if TYPE_CHECKING:
    from reroute.export.rows.row import Row


class Dialect(Protocol):
    """What a dialect module offers."""

    NAME: str
    """The name that recipes use."""
    NEEDS_VALIDATION: bool
    """Whether a job needs a validation file."""
    LAST_ROLES: frozenset[str]
    """Roles that the last message of a reinforcement prompt may have."""

    def line(self, row: Row) -> dict[str, object]:
        """The row as the object that becomes one line of JSONL."""


@cache
def dialects() -> dict[str, Dialect]:
    """Every dialect by name, in name order."""
    names = sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return {module.NAME: module for module in modules}


def named(name: str) -> Dialect:
    """The dialect called ``name``.

    Raises ConfigError with the names there are.
    """
    if name not in dialects():
        raise ConfigError(
            f"A recipe asks for the dialect {name}: there is none. Dialects here: {', '.join(dialects())}."
        )
    return dialects()[name]
