"""Which runs of a task are new, which supersede a version that is known, and which are there already.

A version supersedes the one before if its chain of prefix hashes contains it, or if a newer reader made it of the same
run. Anything else under one id is a conflict: both are kept, the one that ended later is current (where that is not
stated, the one read later), and it is reported.

A file may be damaged after it was read: emptied, cut off, overwritten in part. What is left in it of a run that is
known from it is a fragment, and is left out; a current run that is no longer in its file stays current and is marked
lost, until it is found again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from reroute.collect.decoding import Head


@dataclass
class Version:
    """One version of a run, in the store or about to be."""

    trajectory_id: str
    version: str
    steps: int
    source: str
    path: str
    source_index: int
    reader: int
    ended_at: int | None
    current: bool
    conflict: bool
    stale: bool
    """Its rows were redacted by older rules, or lost with their part."""
    part: str | None
    """None: in the task that is being merged, or not in the lake."""
    lost: bool
    """Its file was found without it."""
    head: Head | None = None
    """What was read of it in this task."""
    known: bool = True
    """It is in the store."""
    changed: bool = False
    found: bool = False
    """It was read in this task."""

    @property
    def absent(self) -> bool:
        """It is in the store, and neither in the lake nor read in this task."""
        return self.part is None and self.head is None


Chain = Callable[[Version, int], str]
"""The prefix hash of a version through so many steps."""

Position = tuple[str, str, int]
"""Source, path and record."""


class Found(msgspec.Struct, frozen=True):
    """A run that was read, and what is known of where."""

    head: Head
    reader: int
    """Version of the reader."""
    continues: bool
    """Its file holds what it held when it was last read, and perhaps more behind it."""
    damaged: bool
    """Its file holds something else than before, or has lost a run, and not all of it can be read."""
    torn: bool
    """What is left of a run in this place may look like another run."""


@dataclass
class Merge:
    """The decisions on one task."""

    known: dict[str, list[Version]]
    nameless: dict[Position, Version]
    """Current runs without an id of their own, by where they were read."""
    chain: Chain
    read: set[tuple[str, str]]
    """Id and version of every run of the task."""
    keep: dict[tuple[str, str], Version] = field(default_factory=dict)
    """Versions whose rows are to be in the task's parts."""
    new: int = 0
    superseded: int = 0
    duplicates: int = 0
    conflicts: list[str] = field(default_factory=list)
    """Trajectory ids."""

    def add(self, run: Found) -> bool:
        """Decide on one run, in the order in which runs were read; whether it is more than a fragment."""
        head = run.head
        versions = self.known.setdefault(head.trajectory_id, [])
        same = next((v for v in versions if v.version == head.version), None)
        if same is not None:
            self._again(same, versions, run)
            return True
        if any(self._holds(old, run) for old in self._before(run)):
            return False
        mine = Version(
            head.trajectory_id, head.version, head.steps, head.source, head.path, head.source_index, run.reader,
            head.ended_at, current=True, conflict=False, stale=False, part=None, lost=False, head=head, known=False,
            changed=True, found=True,
        )  # fmt: skip
        current = next((v for v in versions if v.current), None)
        versions.append(mine)
        self.keep[head.trajectory_id, head.version] = mine
        if current is not None:
            self._compare(current, mine, run)
        elif not self._grown_from_nameless(head):
            self.new += 1
        return True

    def lose(self, versions: list[Version]) -> list[Version]:
        """Mark those that are still current and were not read, though their file was; those not marked before."""
        lost = [version for version in versions if version.current and not version.found and not version.lost]
        for version in lost:
            version.lost = version.changed = True
        return lost

    def changed(self) -> list[Version]:
        """Every version that is new or whose row changes."""
        return [v for versions in self.known.values() for v in versions if v.changed]

    def _before(self, run: Found) -> list[Version]:
        """Versions that were read from the run's file before and that it may be a fragment of."""
        head = run.head
        before = self.known[head.trajectory_id]
        if not before and run.torn:
            before = [v for versions in self.known.values() for v in versions if v.current]
        elif not before and not head.has_run_id:
            nameless = self.nameless.get((head.source, head.path, head.source_index))
            before = [nameless] if nameless and nameless.current else []
        return [v for v in before if v.known and (v.source, v.path) == (head.source, head.path)]

    def _holds(self, old: Version, run: Found) -> bool:
        """Whether the run is a part of the old one: its beginning, or what a damaged file has left of it."""
        head = run.head
        if run.damaged:
            return head.steps <= old.steps and (old.trajectory_id, old.version) not in self.read
        return head.steps < old.steps and self.chain(old, head.steps) == head.version

    def _again(self, same: Version, versions: list[Version], run: Found) -> None:
        head, reader = run.head, run.reader
        returns = same.absent and not same.current and not same.conflict
        here = (same.source, same.path, same.source_index) == (head.source, head.path, head.source_index)
        self.duplicates += not here
        same.found = True
        if same.lost:
            same.lost, same.changed = False, True
            same.path, same.source_index = head.path, head.source_index
        if same.stale:
            same.part, same.stale, same.changed, same.head = None, False, True, head
            self.keep[head.trajectory_id, head.version] = same
        if same.reader != reader:
            same.reader, same.changed = reader, True
        current = next((version for version in versions if version.current), None)
        if current is None or (self._left_by(current, run) and not run.damaged):
            for version in versions:
                _mark(version, current=version is same)
        elif returns and not current.absent:  # while it was not in the lake, another version may have stood for it
            _mark(same, current=True)
            self._compare(current, same, run)

    def _left_by(self, current: Version, run: Found) -> bool:
        """Whether an older reader made the current version of the run's file, and a newer one makes it no more."""
        here = (current.source, current.path) == (run.head.source, run.head.path)
        return here and current.reader != run.reader and (current.trajectory_id, current.version) not in self.read

    def _grown_from_nameless(self, head: Head) -> bool:
        """A run named by its content has another name once it has grown; its place and its prefix give it away."""
        old = None if head.has_run_id else self.nameless.get((head.source, head.path, head.source_index))
        if old is None or not old.current or head.steps <= old.steps or head.link(old.steps) != old.version:
            return False
        self.superseded += 1
        _mark(old, current=False)
        return True

    def _compare(self, current: Version, mine: Version, run: Found) -> None:
        head = run.head
        anew = current.reader != mine.reader and self._may_replace(current, run)
        if anew or (head.steps > current.steps and head.link(current.steps) == current.version):
            self.superseded += 1
            _mark(current, current=False)
        elif head.steps < current.steps and self.chain(current, head.steps) == head.version:
            self.duplicates += 1  # an older copy of a run that has grown since
            mine.current = False
        else:
            self.conflicts.append(head.trajectory_id)
            current.changed = current.conflict = mine.conflict = True
            newer = not run.damaged and current.reader == mine.reader and _is_newer(mine, current)
            _mark(current if newer else mine, current=False)

    @staticmethod
    def _may_replace(current: Version, run: Found) -> bool:
        """Whether what a newer reader made stands for what an older one had made: not the rest of a damaged file."""
        if run.damaged:
            return False
        here = (current.source, current.path) == (run.head.source, run.head.path)
        return run.head.steps >= current.steps or (here and run.continues)


def _is_newer(mine: Version, current: Version) -> bool:
    if mine.ended_at is None or current.ended_at is None:
        return mine.ended_at is not None or current.ended_at is None
    return (mine.ended_at, mine.steps) >= (current.ended_at, current.steps)


def _mark(version: Version, *, current: bool) -> None:
    version.changed |= version.current != current
    version.current = current
