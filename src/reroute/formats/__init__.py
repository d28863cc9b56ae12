"""Trace formats: one module or package each, found by its presence in this folder.

A format that fits one file is one file; another is a folder with everything that only it needs. A format has ``NAME``,
``VERSION`` (raise it whenever what is read changes), ``UNIT``, ``matches`` and ``read``, as in :class:`Format`. What
several formats share lies in ``_reading``; formats never import each other. A format whose sessions lie in several
files has a function ``group`` too, see :func:`group`, and one beside whose sessions other files lie has ``side_file``.
It may declare what it knows of its records, so that a change of them is noticed: see ``_reading.drift``.
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
from reroute.formats._reading.drift import is_known, odd_keys
from reroute.formats._reading.opening import plain_name

if TYPE_CHECKING:
    from reroute.trace import Rejected, Trajectory


__all__ = [
    "RECORD_CAP", "Document", "Format", "formats", "group", "identify", "is_known", "odd_keys", "passed_by",
    "plain_name", "read", "read_file", "read_session", "side_file",
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
    if side_file(plain):
        return None
    keys = (grouping(plain) for fmt in formats().values() if (grouping := getattr(fmt, "group", None)))
    return next((key for key in keys if key is not None), None)


def side_file(name: str) -> str | None:
    """Why a file of this name belongs to a format's sessions and is no trace itself; None for any other.

    It goes by the name alone, relative to the source with forward slashes.
    """
    reasons = (known(name) for fmt in formats().values() if (known := getattr(fmt, "side_file", None)))
    return next((reason for reason in reasons if reason is not None), None)


def passed_by(document: Document) -> str:
    """Why a file that no format claims is passed by, in words. Raises TraceError where it cannot be opened."""
    return side_file(document.name) or document.complaint


def identify(document: Document) -> Format | None:
    """The format that claims the document; None where none does, or its name says that it is no trace.

    Raises FormatConflict where two formats claim it, TraceError where it cannot be opened.
    """
    if side_file(document.name):
        return None
    claimants = [fmt for fmt in formats().values() if fmt.matches(document)]
    if len(claimants) > 1:
        names = " and ".join(fmt.NAME for fmt in claimants)
        raise FormatConflict(f"Reading {document.name}: {names} both claim this file; their markers must differ.")
    return claimants[0] if claimants else None


def read(fmt: Format, document: Document) -> Iterator[Trajectory | Rejected]:
    """The runs of a document that have steps, and what could not be read; values that mean nothing are left out.

    A reader that breaks between its records is recorded, and costs the rest of its file, not the files after it. The
    documents' ledgers are whole when the last one was given.
    """
    from reroute.formats._reading.bounds import bounded
    from reroute.formats._reading.ledger import REJECTED
    from reroute.trace import Rejected

    files = {None: document} | {other.name: other for other in document.companions}

    def left_out(file: str | None, what: str) -> None:
        files[file].left_out[what] += 1

    try:
        for found in _counted(fmt, document):
            if isinstance(found, Rejected):
                if found.index >= 0:
                    files[found.file].ledger["record", REJECTED] += 1
                yield found
            elif found.steps:
                run = bounded(found, left_out)
                for step in run.steps if run.file is not None else ():  # it begins in a companion: that is its own file
                    step.file = None if step.file == run.file else step.file or document.name
                yield run
    except Exception as error:  # noqa: BLE001
        yield Rejected(index=-1, offset=0, reason=f"the reader broke: {type(error).__name__}: {error}"[:500])


def _counted(fmt: Format, document: Document) -> Iterator[Trajectory | Rejected]:
    """What the format reads; the values that its reader leaves out meanwhile are counted for the document."""
    from reroute.formats._reading.bounds import LEFT_OUT

    items = fmt.read(document)
    while True:
        LEFT_OUT.clear()  # what another reader left there, whose turn is over
        found = next(items, None)
        document.left_out.update(LEFT_OUT)
        if found is None:
            return
        yield found


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
