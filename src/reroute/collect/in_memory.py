"""Reading traces in memory for a first look: no settings, no store, nothing written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from reroute.collect.decoding import BATCH_WEIGHT, identified
from reroute.collect.sources import GIVEN, FolderSource, PassedBy, SourceFile, Unreadable
from reroute.errors import UsageError
from reroute.formats import RECORD_CAP, Document, group, passed_by, read_session
from reroute.redact import Redactor, random_key
from reroute.storage.lake.columns import Identified, tables
from reroute.trace import Outcome, Rejected

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass
class Batch:
    """Some whole runs, as a lake part would hold them, and what was found beside them."""

    trajectories: pa.Table
    """As :func:`reroute.trace.trajectories_schema` has them."""
    steps: pa.Table
    """As :func:`reroute.trace.steps_schema` has them."""
    outcomes: dict[str, Outcome]
    """By trajectory id: what the source itself states."""
    rejected: int
    """Records that could not be read."""
    passed_by: list[tuple[str, str]]
    """Why, and name, of files and folders that were not read; hidden ones with the reason ``HIDDEN``."""
    problems: list[str]
    """Files that could not be read."""


@dataclass
class _Pending:
    """What was read since the last batch."""

    weight: int = 0
    rejected: int = 0
    passed_by: list[tuple[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    runs: list[Identified] = field(default_factory=list)

    def batch(self, redactor: Redactor) -> Batch:
        """As Arrow tables, redacted."""
        outcomes = {run.trajectory_id: run.trajectory.outcome for run in self.runs if run.trajectory.outcome}
        return Batch(*tables(self.runs, redactor), outcomes, self.rejected, self.passed_by, self.problems)


def read_in_memory(paths: list[Path], *, record_cap: int | None = None) -> Iterator[Batch]:
    """The runs in some files and folders, redacted, in batches of about eight megabytes of text; nothing is written.

    Equal runs in several files are counted once. Placeholders are keyed for this process alone. Raises UsageError, when
    the first batch is asked for, where a path does not exist.
    """
    redactor, seen, pending = Redactor(random_key()), set[tuple[str, str]](), _Pending()
    for documents in _sessions(_listed(paths), pending, record_cap or RECORD_CAP):
        for document, item in read_session(documents):
            if item is None:
                pending.passed_by.append((passed_by(document), document.name))
            elif isinstance(item, Rejected):
                if item.index < 0:
                    pending.problems.append(f"{document.name}: {item.reason}")
                pending.rejected += item.index >= 0
            else:
                run = identified(GIVEN, document.name, item)
                if (run.trajectory_id, run.version) not in seen:
                    seen.add((run.trajectory_id, run.version))
                    pending.runs.append(run)
                    pending.weight += run.weight
            if pending.weight >= BATCH_WEIGHT:
                yield pending.batch(redactor)
                pending = _Pending()
    yield pending.batch(redactor)


def _sessions(
    files: Iterable[SourceFile | Unreadable | PassedBy], pending: _Pending, record_cap: int
) -> Iterator[list[Document]]:
    """The files that are read together, in the order of their first; what cannot be read is noted in ``pending``."""
    sessions: dict[str, list[SourceFile]] = {}
    for file in files:
        if isinstance(file, Unreadable):
            pending.problems.append(str(file))
        elif isinstance(file, PassedBy):
            pending.passed_by.append((file.reason, file.name))
        else:
            sessions.setdefault(group(file.name) or f"\0{file.path}", []).append(file)
    for together in sessions.values():
        together.sort(key=lambda file: (file.name.count("/"), file.name))
        yield [Document(file.name, file.path, record_cap=record_cap) for file in together]


def _listed(paths: list[Path]) -> Iterator[SourceFile | Unreadable | PassedBy]:
    """The files at all of the paths; that each is there is checked before the first is listed."""
    sources = []
    for path in paths:
        place = path.expanduser().resolve()
        if not place.exists():
            raise UsageError(f"Looking into {path}: there is no such file or folder.")
        sources.append(FolderSource(GIVEN, place, base=place.parent if place.is_file() else place))
    for source in sources:
        yield from source.files()
