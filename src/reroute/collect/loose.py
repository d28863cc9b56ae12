"""Reading traces in memory for a first look: no settings, no store, nothing written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from reroute.collect.decoding import BATCH_WEIGHT, identified
from reroute.collect.sources import GIVEN, FolderSource, Unreadable
from reroute.errors import UsageError
from reroute.formats import read_file
from reroute.redact import Redactor, random_key
from reroute.storage.lake.columns import Identified, tables
from reroute.trace import Outcome, Rejected, Trajectory

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass
class Batch:
    """Some whole runs, as a lake part would hold them, and what was found beside them."""

    trajectories: pa.Table
    steps: pa.Table
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    """By trajectory id: what the source itself states."""
    rejected: int = 0
    """Records that could not be read."""
    unknown_files: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """Files that could not be read."""


def batches(paths: list[Path], record_cap: int | None) -> Iterator[Batch]:
    """Batches of about eight megabytes of text; equal runs in several files are counted once."""
    redactor, held = Redactor(random_key()), _Held()
    for source in [_folder(path) for path in paths]:
        for file in source.files():
            if isinstance(file, Unreadable):
                held.problems.append(str(file))
                continue
            format_name, found = read_file(file.path, file.name, record_cap)
            if format_name is None:
                held.unknown_files.append(file.name)
            for item in found:
                held.take(item, file.name)
                if held.weight >= BATCH_WEIGHT:
                    yield held.batch(redactor)
    yield held.batch(redactor)


class _Held:
    """What was read since the last batch."""

    def __init__(self) -> None:
        self.weight = self.rejected = 0
        self.unknown_files: list[str] = []
        self.problems: list[str] = []
        self._items: list[Identified] = []
        self._seen: set[tuple[str, str]] = set()

    def take(self, item: Trajectory | Rejected, name: str) -> None:
        if isinstance(item, Rejected):
            if item.index < 0:
                self.problems.append(f"{name}: {item.reason}")
            self.rejected += item.index >= 0
            return
        if not item.steps:
            return
        run = identified(GIVEN, name, item)
        key = (run.trajectory_id, run.version)
        if key not in self._seen:
            self._seen.add(key)
            self._items.append(run)
            self.weight += run.weight

    def batch(self, redactor: Redactor) -> Batch:
        outcomes = {run.trajectory_id: run.trajectory.outcome for run in self._items if run.trajectory.outcome}
        batch = Batch(*tables(self._items, redactor), outcomes, self.rejected, self.unknown_files, self.problems)
        self.weight, self.rejected, self.unknown_files, self.problems, self._items = 0, 0, [], [], []
        return batch


def _folder(path: Path) -> FolderSource:
    place = path.expanduser().resolve()
    if not place.exists():
        raise UsageError(f"Looking into {path}: there is no such file or folder.")
    return FolderSource(GIVEN, place, base=place.parent if place.is_file() else place)
