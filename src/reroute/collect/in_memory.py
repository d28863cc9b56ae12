"""Reading traces in memory for a first look: no settings, no store, nothing written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from reroute.collect.decoding import BATCH_WEIGHT, identified
from reroute.collect.sources import GIVEN, FolderSource, SourceFile, Unreadable
from reroute.errors import UsageError
from reroute.formats import read_file
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
    unknown_files: list[str]
    """Files of no known format."""
    problems: list[str]
    """Files that could not be read."""


@dataclass
class _Pending:
    """What was read since the last batch."""

    weight: int = 0
    rejected: int = 0
    unknown_files: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    runs: list[Identified] = field(default_factory=list)

    def batch(self, redactor: Redactor) -> Batch:
        """As Arrow tables, redacted."""
        outcomes = {run.trajectory_id: run.trajectory.outcome for run in self.runs if run.trajectory.outcome}
        return Batch(*tables(self.runs, redactor), outcomes, self.rejected, self.unknown_files, self.problems)


def read_in_memory(paths: list[Path], *, record_cap: int | None = None) -> Iterator[Batch]:
    """The runs in some files and folders, redacted, in batches of about eight megabytes of text; nothing is written.

    Equal runs in several files are counted once. Placeholders are keyed for this process alone. Raises UsageError, when
    the first batch is asked for, where a path does not exist.
    """
    redactor, seen, pending = Redactor(random_key()), set[tuple[str, str]](), _Pending()
    for file in _listed(paths):
        if isinstance(file, Unreadable):
            pending.problems.append(str(file))
            continue
        format_name, found = read_file(file.path, file.name, record_cap)
        if format_name is None:
            pending.unknown_files.append(file.name)
        for item in found:
            if isinstance(item, Rejected):
                if item.index < 0:
                    pending.problems.append(f"{file.name}: {item.reason}")
                pending.rejected += item.index >= 0
            elif item.steps:
                run = identified(GIVEN, file.name, item)
                if (run.trajectory_id, run.version) not in seen:
                    seen.add((run.trajectory_id, run.version))
                    pending.runs.append(run)
                    pending.weight += run.weight
            if pending.weight >= BATCH_WEIGHT:
                yield pending.batch(redactor)
                pending = _Pending()
    yield pending.batch(redactor)


def _listed(paths: list[Path]) -> Iterator[SourceFile | Unreadable]:
    """The files at all of the paths; that each is there is checked before the first is listed."""
    sources = []
    for path in paths:
        place = path.expanduser().resolve()
        if not place.exists():
            raise UsageError(f"Looking into {path}: there is no such file or folder.")
        sources.append(FolderSource(GIVEN, place, base=place.parent if place.is_file() else place))
    for source in sources:
        yield from source.files()
