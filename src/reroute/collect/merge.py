"""Which runs of a task are new, which supersede a version that is known, and which are there already.

A version supersedes another if it holds, in order, all that was said and done in it (:func:`reroute.trace.contains`),
or if a newer reader made it of the same run: a session that has grown, a rewind that made a branch of older steps, a
saved stream beside the session's own file. Anything else under one id is a conflict: both are kept, the one that ended
later is current (where that is not stated, the one read later), and it is reported.

A file may be damaged after it was read: emptied, cut off, overwritten in part. What is left in it of a run that is
known from it is a fragment, and is left out; a current run that is no longer in its file stays current and is marked
lost, until it is found again.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from reroute.collect.collected import Collected
from reroute.collect.messages import Head
from reroute.settings import Project
from reroute.storage import lake
from reroute.trace import contains, is_said


@dataclass
class Version:
    """One version of a run, in the store or about to be; a row of the store's table ``trajectories``."""

    trajectory_id: str
    version: str
    steps: int
    source: str
    path: str
    source_index: int
    reader: int
    """Version of the reader that made it last."""
    ended_at: int | None
    """Microseconds since the epoch, UTC."""
    current: bool = True
    conflict: bool = False
    stale: bool = False
    """Its rows were redacted by older rules, or lost with their part."""
    part: str | None = None
    """None: in the task that is being merged, or not in the lake."""
    lost: bool = False
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

    project: Project
    known: dict[str, list[Version]]
    """By trajectory id."""
    anonymous: dict[Position, Version]
    """Current runs that declare no id, by where they were read."""
    read: set[tuple[str, str]]
    """Id and version of every run of the task."""
    collected: Collected
    """Counts what is new, superseded, a duplicate or in conflict."""
    keep: dict[tuple[str, str], Version] = field(default_factory=dict)
    """Versions whose rows are to be in the task's parts."""

    def add(self, run: Found) -> bool:
        """Decide on one run, in the order in which runs were read; whether it is more than a fragment."""
        head = run.head
        versions = self.known.setdefault(head.trajectory_id, [])
        same = next((v for v in versions if v.version == head.version), None)
        if same is not None:
            self._read_again(same, versions, run)
            return True
        anonymous = None if head.has_run_id else self.anonymous.get((head.source, head.path, head.source_index))
        if anonymous is not None and not anonymous.current:
            anonymous = None
        if self._is_fragment(run, anonymous):
            return False
        mine = Version(
            trajectory_id=head.trajectory_id, version=head.version, steps=head.steps, source=head.source,
            path=head.path, source_index=head.source_index, reader=run.reader, ended_at=head.ended_at, head=head,
            known=False, changed=True, found=True,
        )  # fmt: skip
        current = next((v for v in versions if v.current), None)
        versions.append(mine)
        self.keep[head.trajectory_id, head.version] = mine
        if current is not None:
            self._compare(current, mine, run)
        elif anonymous and head.steps > anonymous.steps and head.link(anonymous.steps) == anonymous.version:
            # A run named by its content has another name once it has grown; its place and its prefix give it away.
            self.collected.superseded += 1
            _mark(anonymous, current=False)
        else:
            self.collected.new += 1
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

    def _prefix_hash(self, version: Version, steps: int) -> str:
        """The prefix hash of a version through so many steps: of what was just read, else from the lake."""
        if version.head is not None:
            return version.head.link(steps)
        if version.part is None:
            return ""  # lost with its part: what it began with is not known
        place = lake.Place(version.trajectory_id, version.version, version.part, version.steps)
        return str(lake.read_rows(self.project, place, ["prefix_hash"])["prefix_hash"][steps - 1])

    def _said(self, version: Version) -> list[int] | None:
        """What was said and done in a version; None where its part is older than that, or lost."""
        if version.head is not None:
            return version.head.said
        if version.part is None:
            return None
        place = lake.Place(version.trajectory_id, version.version, version.part, version.steps)
        rows = lake.read_rows(self.project, place, ["role", "type", "content_hash"])
        if "content_hash" not in rows.column_names or rows["content_hash"].null_count:
            return None
        columns = (rows[name].to_pylist() for name in ("role", "type", "content_hash"))
        return [one for role, kind, one in zip(*columns, strict=True) if is_said(role, kind)]

    def _holds(self, old: Version, head: Head) -> bool:
        """Whether a version holds all of the run that was read."""
        said = self._said(old) if head.said else None
        if said is None:
            return head.steps <= old.steps and self._prefix_hash(old, head.steps) == head.version
        return contains(said, head.said)

    def _is_held(self, old: Version, head: Head) -> bool:
        """Whether the run that was read holds all of a version."""
        said = self._said(old)
        if not said:
            return head.steps >= old.steps and head.link(old.steps) == old.version
        return contains(head.said, said)

    def _is_fragment(self, run: Found, anonymous: Version | None) -> bool:
        """Whether the run is a part of one that was read from its file before: the beginning, or what damage left."""
        head = run.head
        before = self.known[head.trajectory_id]
        if not before and run.torn:
            before = [v for versions in self.known.values() for v in versions if v.current]
        elif not before and anonymous:
            before = [anonymous]
        for old in before:
            if not old.known or (old.source, old.path) != (head.source, head.path):
                continue
            if run.damaged:
                held = head.steps <= old.steps and (old.trajectory_id, old.version) not in self.read
            else:
                reread = run.continues and old.reader != run.reader  # a newer reader may make fewer steps of the same
                held = head.steps < old.steps and not reread and self._holds(old, head)
            if held:
                return True
        return False

    def _read_again(self, same: Version, versions: list[Version], run: Found) -> None:
        """A version that is known was read: renew what is stale of it, and see whether it is the current one."""
        head, reader = run.head, run.reader
        returns = same.absent and not same.current and not same.conflict
        here = (same.source, same.path, same.source_index) == (head.source, head.path, head.source_index)
        self.collected.duplicates += not here
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
        # An older reader made the current version of the run's file, and a newer one makes it no more.
        dropped = current is not None and (
            (current.source, current.path) == (head.source, head.path)
            and current.reader != reader
            and (current.trajectory_id, current.version) not in self.read
            and not run.damaged
        )
        if current is None or dropped:
            for version in versions:
                _mark(version, current=version is same)
        elif returns and not current.absent:  # while it was not in the lake, another version may have stood for it
            _mark(same, current=True)
            self._compare(current, same, run)

    def _compare(self, current: Version, mine: Version, run: Found) -> None:
        """Decide which of two versions is the current one: the longer, the newer reader's, or in conflict the later."""
        head = run.head
        # What a newer reader made stands for what an older one had made, unless it is the rest of a damaged file.
        here = (current.source, current.path) == (head.source, head.path)
        whole = not run.damaged and (head.steps >= current.steps or (here and run.continues))
        anew = current.reader != mine.reader and whole
        more = not anew and self._is_held(current, head)
        less = not anew and self._holds(current, head)
        if more and less:  # they say the same: the fuller one stands, whichever was read first
            more = _fullness(mine) > _fullness(current)
        if anew or more:
            self.collected.superseded += 1
            _mark(current, current=False)
        elif less:
            self.collected.duplicates += 1  # an older copy of a run that has grown since
            mine.current = False
        else:
            self.collected.conflicts.append(head.trajectory_id)
            current.changed = current.conflict = mine.conflict = True
            if mine.ended_at is None or current.ended_at is None:
                later = mine.ended_at is not None or current.ended_at is None
            else:
                later = (mine.ended_at, mine.steps) >= (current.ended_at, current.steps)
            newer = later and not run.damaged and current.reader == mine.reader
            _mark(current if newer else mine, current=False)


def _fullness(version: Version) -> tuple[int, int, str]:
    return version.steps, version.ended_at or 0, version.version


def _mark(version: Version, *, current: bool) -> None:
    version.changed |= version.current != current
    version.current = current
