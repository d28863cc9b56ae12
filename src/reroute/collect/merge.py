"""Which runs of a task are new, which supersede a version that is known, and which are there already.

A version supersedes the one before if its chain of prefix hashes contains it, or if a newer reader made it of the same
run. Anything else under one id is a conflict: both are kept, the one that ended later is current (where that is not
stated, the one read later), and it is reported.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

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
    """Its rows were redacted by older rules."""
    part: str | None
    """None: in the task that is being merged."""
    head: Head | None = None
    """What was read of it in this task."""
    known: bool = True
    """It is in the store."""
    changed: bool = False


Chain = Callable[[Version, int], str]
"""The prefix hash of a version through so many steps."""

Position = tuple[str, str, int]
"""Source, path and record."""


@dataclass
class Merge:
    """The decisions on one task."""

    known: dict[str, list[Version]]
    nameless: dict[Position, Version]
    """Current runs without an id of their own, by where they were read."""
    chain: Chain
    keep: dict[tuple[str, str], Version] = field(default_factory=dict)
    """Versions whose rows are to be in the task's parts."""
    new: int = 0
    superseded: int = 0
    duplicates: int = 0
    conflicts: list[str] = field(default_factory=list)
    """Trajectory ids."""

    def add(self, head: Head, reader: int) -> None:
        """Decide on one run, in the order in which runs were read."""
        versions = self.known.setdefault(head.trajectory_id, [])
        same = next((v for v in versions if v.version == head.version), None)
        if same is not None:
            self._again(same, versions, head, reader)
            return
        mine = Version(
            head.trajectory_id, head.version, head.steps, head.source, head.path, head.source_index, reader,
            head.ended_at, current=True, conflict=False, stale=False, part=None, head=head, known=False, changed=True,
        )  # fmt: skip
        current = next((v for v in versions if v.current), None)
        versions.append(mine)
        self.keep[head.trajectory_id, head.version] = mine
        if current is not None:
            self._compare(current, mine, head)
        elif not self._grown_from_nameless(head):
            self.new += 1

    def changed(self) -> list[Version]:
        """Every version that is new or whose row changes."""
        return [v for versions in self.known.values() for v in versions if v.changed]

    def _again(self, same: Version, versions: list[Version], head: Head, reader: int) -> None:
        here = (same.source, same.path, same.source_index) == (head.source, head.path, head.source_index)
        self.duplicates += not here
        if same.stale:
            same.part, same.stale, same.changed, same.head = None, False, True, head
            self.keep[head.trajectory_id, head.version] = same
        if same.reader != reader:
            same.reader, same.changed = reader, True
            if not same.current:
                for version in versions:
                    _mark(version, current=version is same)

    def _grown_from_nameless(self, head: Head) -> bool:
        """A run named by its content has another name once it has grown; its place and its prefix give it away."""
        old = None if head.has_run_id else self.nameless.get((head.source, head.path, head.source_index))
        if old is None or not old.current or head.steps <= old.steps or head.link(old.steps) != old.version:
            return False
        self.superseded += 1
        _mark(old, current=False)
        return True

    def _compare(self, current: Version, mine: Version, head: Head) -> None:
        if current.reader != mine.reader or (
            head.steps > current.steps and head.link(current.steps) == current.version
        ):
            self.superseded += 1
            _mark(current, current=False)
        elif head.steps < current.steps and self.chain(current, head.steps) == head.version:
            self.duplicates += 1  # an older copy of a run that has grown since
            mine.current = False
        else:
            self.conflicts.append(head.trajectory_id)
            current.changed = current.conflict = mine.conflict = True
            _mark(current if _is_newer(mine, current) else mine, current=False)


def _is_newer(mine: Version, current: Version) -> bool:
    if mine.ended_at is None or current.ended_at is None:
        return mine.ended_at is not None or current.ended_at is None
    return (mine.ended_at, mine.steps) >= (current.ended_at, current.steps)


def _mark(version: Version, *, current: bool) -> None:
    version.changed |= version.current != current
    version.current = current
