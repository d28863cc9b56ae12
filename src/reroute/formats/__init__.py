"""Trace formats: one module or package each, found by its presence in this folder.

A format that fits one file is one file; another is a folder with everything that only it needs. A format has ``NAME``,
``VERSION`` (raise it whenever what is read changes), ``UNIT``, ``matches`` and ``read``, as in :class:`Format`. What
several formats share lies in ``_reading``; formats never import each other. A format whose sessions lie in several
files has a function ``group`` too: see :func:`group`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from reroute.errors import FormatConflict, TraceError
from reroute.formats._reading.document import RECORD_CAP, Document
from reroute.formats._reading.opening import plain_name

if TYPE_CHECKING:
    from reroute.trace import Rejected, Trajectory


__all__ = [
    "RECORD_CAP", "Document", "Format", "formats", "group", "identify", "plain_name", "read", "read_file",
    "read_session",
]  # fmt: skip


class Format(Protocol):
    """What a format offers."""

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


def group(name: str) -> str | None:
    """The key of the session that a file of this name is a part of; None for one that no format knows as such.

    Files of one source with equal keys are read together: one as the document, the others as its companions. A
    format's own ``group`` goes by the name alone (relative to the source, with forward slashes, without the suffix
    of a compression), since no file is opened to be listed.
    """
    plain = plain_name(name)
    keys = (grouping(plain) for fmt in formats().values() if (grouping := getattr(fmt, "group", None)))
    return next((key for key in keys if key is not None), None)


def identify(document: Document) -> Format | None:
    """The format that claims the document, or None.

    Raises FormatConflict where two formats claim it, TraceError where it cannot be opened.
    """
    claimants = [fmt for fmt in formats().values() if fmt.matches(document)]
    if len(claimants) > 1:
        names = " and ".join(fmt.NAME for fmt in claimants)
        raise FormatConflict(f"Reading {document.name}: {names} both claim this file; their markers must differ.")
    return claimants[0] if claimants else None


def read(fmt: Format, document: Document) -> Iterator[Trajectory | Rejected]:
    """The runs of a document that have steps, and what could not be read; values that mean nothing are left out.

    A reader that breaks between its records is recorded, and costs the rest of its file, not the files after it.
    """
    from reroute.formats._reading.bounds import bounded
    from reroute.trace import Rejected

    ledgers = {None: document.ledger} | {other.name: other.ledger for other in document.companions}
    try:
        for found in fmt.read(document):
            if isinstance(found, Rejected):
                if found.index >= 0:
                    ledgers[found.file]["record", "rejected: it is in quarantine"] += 1
                yield found
            elif found.steps:
                yield bounded(found)
    except Exception as error:  # noqa: BLE001
        yield Rejected(index=-1, offset=0, reason=f"the reader broke: {type(error).__name__}: {error}"[:500])


def read_file(
    path: Path, name: str | None = None, record_cap: int | None = None
) -> tuple[str | None, Iterator[Trajectory | Rejected]]:
    """The name of the file's format and what it holds, read while it is iterated; (None, nothing) for no known format.

    A file that cannot be opened, or that two formats claim, has no format and one Rejected with the reason.
    """
    from reroute.trace import Rejected

    document = Document(name or path.name, path, record_cap=record_cap or RECORD_CAP)
    try:
        found = identify(document)
    except TraceError as error:
        return None, iter([Rejected(index=-1, offset=0, reason=str(error))])
    return (found.NAME, read(found, document)) if found else (None, iter(()))


def read_session(documents: Sequence[Document]) -> Iterator[tuple[Document, Trajectory | Rejected | None]]:
    """What the files of one session hold, each run and rejected record with its document; read while it is iterated.

    None stands for a file of no known format.
    """
    from reroute.trace import Rejected

    known: dict[str, list[Document]] = {}
    for document in documents:
        try:
            found = identify(document)
        except TraceError as error:
            yield document, Rejected(index=-1, offset=0, reason=str(error))
            continue
        if found is None:
            yield document, None
        else:
            known.setdefault(found.NAME, []).append(document)
    for name, files in known.items():
        by_name = {file.name: file for file in files}
        for item in read(formats()[name], replace(files[0], companions=tuple(files[1:]))):
            yield by_name[item.file] if item.file is not None else files[0], item
