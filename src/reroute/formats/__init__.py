"""Trace formats: one module each, found by its presence in this folder.

A format module has ``NAME``, ``VERSION`` (raise it whenever what is read changes), ``UNIT``, ``matches`` and ``read``,
as in :class:`Format`. Modules whose name begins with an underscore are shared by the formats.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from reroute.errors import FormatConflict, TraceError

if TYPE_CHECKING:
    from reroute.formats._document import Document
    from reroute.trace import Rejected, Trajectory


class Format(Protocol):
    """What a format module offers."""

    NAME: str
    """The name stored with every trajectory, such as ``openai-chat``."""
    VERSION: int
    """Part of the key that decides whether a file is read again."""
    UNIT: Literal["record", "file"]
    """``record``: each record is a trajectory of its own, so a long file may be cut; ``file``: it may not."""

    def matches(self, document: Document) -> bool:
        """Whether the document declares itself, in its first records, to be of this format: cheap and exact."""

    def read(self, document: Document) -> Iterator[Trajectory | Rejected]:
        """The trajectories of the document, and the records that could not be read. Never raises for bad data."""


@cache
def formats() -> dict[str, Format]:
    """Every format by name, in name order."""
    names = sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return {module.NAME: module for module in modules}


def identify(document: Document) -> Format | None:
    """The format that claims the document, or None.

    Raises FormatConflict where two formats claim it.
    """
    claimants = [fmt for fmt in formats().values() if fmt.matches(document)]
    if len(claimants) > 1:
        names = " and ".join(fmt.NAME for fmt in claimants)
        raise FormatConflict(f"Reading {document.name}: {names} both claim this file; their markers must differ.")
    return claimants[0] if claimants else None


def read_file(
    path: Path, name: str | None = None, record_cap: int | None = None
) -> tuple[str | None, Iterator[Trajectory | Rejected]]:
    """The name of the file's format and what it holds, read while it is iterated; (None, nothing) for no known format.

    A file that cannot be opened, or that two formats claim, has no format and one Rejected with the reason.
    """
    from reroute.formats._document import RECORD_CAP, Document
    from reroute.trace import Rejected

    document = Document(name or path.name, path, record_cap=record_cap or RECORD_CAP)
    try:
        found = identify(document)
    except TraceError as error:
        return None, iter([Rejected(index=-1, offset=0, reason=str(error))])
    return (found.NAME, found.read(document)) if found else (None, iter(()))
