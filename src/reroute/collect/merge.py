"""Which runs of a task are new, which supersede a version that is known, and which are there already.

Of the versions of one run, those that no other one holds (``versions.py``) stand: a session that has grown, a rewind
that made a branch of older steps, a saved stream beside the session's own file each hold the version before. What a
newer reader made of a file stands for what an older one had made of it. Where several stand they are in conflict: all
are kept, the one that ended later is current (where that is not stated, the longer one), and it is reported.

A file may be damaged after it was read: emptied, cut off, overwritten in part. What is left in it of a run that is
known from it is a fragment, and is left out; a current run that is no longer in its file stays current and is marked
lost, until it is found again. The files of a session are one file in this: where one of them is damaged or gone, what
the others hold of the run is a fragment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from reroute.collect.collected import Collected
from reroute.collect.messages import Head
from reroute.collect.versions import Version
from reroute.settings import Project

Position = tuple[str, str, int]
"""Source, path and record."""


class Found(msgspec.Struct, frozen=True):
    """A run that was read, and what is known of where."""

    head: Head
    reader: int
    """Version of the reader."""
    continues: bool
    """Its session holds what it held when it was last read, and perhaps more behind it."""
    damaged: bool
    """Its session holds something else than before, or has lost a run or a file, and not all of it can be read."""
    torn: bool
    """What is left of a run in this place may look like another run."""
    grown: bool = True
    """There is more in its session than when it was last read."""
    files: frozenset[str] = frozenset()
    """The names of all files of its session, those that are gone too, where there are several."""


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
        mine = Version(
            trajectory_id=head.trajectory_id, version=head.version, steps=head.steps, source=head.source,
            path=head.path, source_index=head.source_index, reader=run.reader, ended_at=head.ended_at, head=head,
            current=False, known=False, changed=True, found=True, project=self.project,
        )  # fmt: skip
        if self._is_fragment(run, mine, anonymous):
            return False
        before = next((v for v in versions if v.current), None)
        versions.append(mine)
        self.keep[head.trajectory_id, head.version] = mine
        self.decide(mine, run)
        if before is not None:
            self.collected.superseded += not (before.current or before.conflict)
            self.collected.duplicates += not (mine.current or mine.conflict)  # an older copy of a run that has grown
        elif anonymous and head.steps > anonymous.steps and head.link(anonymous.steps) == anonymous.version:
            # A run named by its content has another name once it has grown; its place and its prefix give it away.
            self.collected.superseded += 1
            anonymous.mark(current=False, conflict=False)
        else:
            self.collected.new += 1
        return True

    def decide(self, mine: Version, run: Found | None = None) -> None:
        """Find the place of one version among those of its run that stand: mark it, and those for which it stands."""
        front = [v for v in self.known[mine.trajectory_id] if v is not mine and (v.current or v.conflict)]
        current = next((v for v in front if v.current), None)
        replaced = [v for v in front if run is not None and self._made_anew(v, mine, run)]
        front = [v for v in front if v not in replaced]
        if not any(other.above(mine) for other in front):
            replaced += [v for v in front if mine.holds(v)]
            front = [mine, *(v for v in front if v not in replaced)]
        else:
            mine.mark(current=False, conflict=False)
        for version in replaced:
            version.mark(current=False, conflict=False)
        last = max(front, key=lambda version: version.lateness)
        if run is not None and mine in front and len(front) > 1:
            if run.damaged or (current in front and current is not None and current.reader != mine.reader):
                others = [v for v in front if v is not mine]
                last = current if current in others else max(others, key=lambda version: version.lateness)
            if mine.trajectory_id not in self.collected.conflicts:
                self.collected.conflicts.append(mine.trajectory_id)
        elif len(front) == 1 and mine.trajectory_id in self.collected.conflicts:
            self.collected.conflicts.remove(mine.trajectory_id)
        for version in front:
            version.mark(current=version is last, conflict=len(front) > 1)

    def absorb(self, versions: Sequence[Version], runs: Sequence[Found]) -> None:
        """Retire current versions that a session's files were read as before, which are part of one of its runs now.

        A sub-agent's file that was read before its session's own file is a run of its own until then.
        """
        whole = [v for run in runs for v in self.known.get(run.head.trajectory_id, ()) if v.found and v.current]
        for version in versions:
            if version.current and not version.found and version.said:
                into = [v for v in whole if v.trajectory_id != version.trajectory_id and v.holds(version)]
                if into:
                    self.collected.superseded += 1
                    version.mark(current=False, conflict=False)

    def stands(self, head: Head) -> bool:
        """Whether what was read is the current version of its run, at the place that it is said to be from."""
        place = (head.source, head.path, head.source_index)
        return any(v.current and v.version == head.version and v.place == place for v in self.known[head.trajectory_id])

    def lose(self, versions: Sequence[Version]) -> list[Version]:
        """Mark those that are still current and were not read, though their file was; those not marked before."""
        lost = [version for version in versions if version.current and not version.found and not version.lost]
        for version in lost:
            version.lost = version.changed = True
        return lost

    def changed(self) -> list[Version]:
        """Every version that is new or whose row changes."""
        return [v for versions in self.known.values() for v in versions if v.changed]

    def _is_fragment(self, run: Found, mine: Version, anonymous: Version | None) -> bool:
        """Whether the run is a part of one that was read from its file before: the beginning, or what damage left."""
        before = self.known[mine.trajectory_id]
        if not before and run.torn:
            before = [v for versions in self.known.values() for v in versions if v.current]
        elif not before and anonymous:
            before = [anonymous]
        elif not before and run.files:  # the file of a sub-agent whose session's own file is gone
            lost = [v for versions in self.known.values() for v in versions if v.current and v.path in run.files]
            return any(mine.said and not v.found and v.source == mine.source and v.holds(mine) for v in lost)
        for old in before:
            here = old.source == mine.source and (old.path == mine.path or old.path in run.files)
            if not old.known or not here:
                continue
            if run.damaged:
                # Without a line in the middle, copies may be taken for steps of their own: a rest may be longer.
                rest = mine.steps <= old.steps or not run.grown or old.lost
                held = rest and (old.trajectory_id, old.version) not in self.read
            else:
                reread = run.continues and old.reader != run.reader  # a newer reader may make fewer steps of the same
                held = mine.steps < old.steps and not reread and old.holds(mine)
            if held:
                return True
        return False

    def _made_anew(self, old: Version, mine: Version, run: Found) -> bool:
        """Whether ``mine`` was made of what ``old`` was made of, and not of a damaged file's rest.

        By a newer reader, or of a session that has one more file: a thread that goes on there may leave out the end of
        what it goes on from.
        """
        here = old.source == mine.source and (old.path == mine.path or old.path in run.files)
        if run.damaged:
            return False
        if old.reader != mine.reader:
            return mine.steps >= old.steps or (here and run.continues)
        joined = here and bool(run.files) and (run.continues or old.lost)  # lost: the files were damaged in between
        return joined and old.known and (old.trajectory_id, old.version) not in self.read

    def _read_again(self, same: Version, versions: list[Version], run: Found) -> None:
        """A version that is known was read: renew what is stale of it, and see whether it is the current one."""
        head, reader = run.head, run.reader
        place = (head.source, head.path, head.source_index)
        returns = same.absent and not same.current and not same.conflict
        self.collected.duplicates += same.place != place
        # Of several files with the run, the first one by name is the one that it is from.
        moved = head.path <= same.path if not same.found else head.path < same.path
        same.found = True
        if same.lost or (moved and same.source == head.source):
            same.changed |= same.lost or same.place != place
            same.lost, same.path, same.source_index = False, head.path, head.source_index
        renewed = same.stale and same.conflict  # what was said in it may not have been known
        if same.stale:
            same.renew(head)
            self.keep[head.trajectory_id, head.version] = same
        if same.reader != reader:
            same.reader, same.changed = reader, True
        current = next((version for version in versions if version.current), None)
        # An older reader made these of the run's file, and a newer one makes them no more.
        dropped = [
            v
            for v in versions
            if (v.current or v.conflict)
            and (v.source, v.path) == (head.source, head.path)
            and v.reader != reader
            and (v.trajectory_id, v.version) not in self.read
            and not run.damaged
        ]
        for version in dropped:
            version.mark(current=False, conflict=False)
        # While it was not in the lake, another version may have stood for it.
        if current is None or dropped or (returns and not current.absent):
            self.decide(same, run)
        elif renewed:
            self.decide(same)
