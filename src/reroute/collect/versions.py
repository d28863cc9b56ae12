"""Versions of one run: which of them holds which, and which is the current one.

A version stands above another if it holds, in order, all that was said and done in it
(:func:`reroute.hashes.contains`). Those that no other stands above are the run's front: one version is current, several
contradict each other. The front of a set of versions does not depend on the order in which they were read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from reroute.collect.messages import Head
from reroute.hashes import contains, is_said
from reroute.settings import Project
from reroute.storage import lake


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
    """Its rows were redacted by older rules, are of an older schema, or were lost with their part."""
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
    project: Project | None = field(default=None, repr=False)
    """Where its rows lie; None where there is no lake."""

    @property
    def absent(self) -> bool:
        """It is in the store, and neither in the lake nor read in this task."""
        return self.part is None and self.head is None

    @property
    def place(self) -> tuple[str, str, int]:
        """Source, path and record."""
        return self.source, self.path, self.source_index

    @property
    def fullness(self) -> tuple[int, int, str]:
        """Of two versions that say the same, the greater one stands."""
        return self.steps, self.ended_at or 0, self.version

    @property
    def lateness(self) -> tuple[bool, int, int, str]:
        """Of versions that contradict each other, the greatest one is current: that ended later, else the longer."""
        return self.ended_at is not None, self.ended_at or 0, self.steps, self.version

    @cached_property
    def said(self) -> list[int] | None:
        """Content hashes of what was said and done in it; None where its part is older than they are, or lost."""
        if self.head is not None:
            return self.head.said
        if self.part is None or self.project is None:
            return None
        rows = lake.read_rows(self.project, self._in_lake(self.part), ["role", "type", "content_hash"])
        if "content_hash" not in rows.column_names or rows["content_hash"].null_count:
            return None
        columns = (rows[name].to_pylist() for name in ("role", "type", "content_hash"))
        return [one for role, kind, one in zip(*columns, strict=True) if is_said(role, kind)]

    def prefix_hash(self, steps: int) -> str:
        """The prefix hash through so many steps; empty where it is not known, because its part is lost."""
        if self.head is not None:
            return self.head.link(steps)
        if self.part is None or self.project is None:
            return self.version if steps == self.steps else ""
        return str(lake.read_rows(self.project, self._in_lake(self.part), ["prefix_hash"])["prefix_hash"][steps - 1])

    def holds(self, other: Version) -> bool:
        """Whether all that was said and done in the other version lies in this one, in order.

        Versions in which nothing was said, and those of which that is not known, are compared by their first steps.
        """
        if self.said is None or other.said is None or not (self.said or other.said):
            return self.steps >= other.steps and self.prefix_hash(other.steps) == other.version
        return contains(self.said, other.said)

    def above(self, other: Version) -> bool:
        """Whether it holds the other version, and, where each holds the other, is the fuller one."""
        return self.holds(other) and (self.fullness > other.fullness or not other.holds(self))

    def mark(self, *, current: bool, conflict: bool) -> None:
        """Set whether it is the run's current version, and whether others contradict it."""
        self.changed |= (self.current, self.conflict) != (current, conflict)
        self.current, self.conflict = current, conflict

    def renew(self, head: Head) -> None:
        """Take what was read of it now in place of its rows in the lake."""
        self.part, self.stale, self.changed, self.head = None, False, True, head
        self.__dict__.pop("said", None)  # it was asked of the old rows

    def _in_lake(self, part: str) -> lake.Place:
        return lake.Place(self.trajectory_id, self.version, part, self.steps)
