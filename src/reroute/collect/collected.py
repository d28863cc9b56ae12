"""The result of one run of collect."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reroute.errors import PartialFailure

if TYPE_CHECKING:
    from reroute.collect.fidelity import Sums

_NAMED = 10
"""Files or ids named before the rest is only counted."""


@dataclass
class Collected:
    """The result of one run of collect; filled while it runs, a transaction at a time."""

    files: int = 0
    """Files found in the sources."""
    files_unchanged: int = 0
    """Of them, those that were in the store as they are and were not opened."""
    trajectories: int = 0
    """Runs read from the other files."""
    new: int = 0
    """Of them, runs of which no version was known."""
    superseded: int = 0
    """Runs whose earlier version was replaced as the current one."""
    duplicates: int = 0
    """Runs that lie elsewhere too, equal or in a longer version; counted once."""
    conflicts: list[str] = field(default_factory=list)
    """Ids of trajectories of which one version does not continue the other; both are kept."""
    steps: int = 0
    """Rows added to the lake."""
    parts: int = 0
    """Parts added to the lake."""
    quarantined: int = 0
    """Records of this run's files that could not be read."""
    new_quarantined: int = 0
    """Of them, those not known before."""
    passed_by: dict[str, list[str]] = field(default_factory=dict)
    """Files and folders that were not read, by the reason; hidden ones are counted alone."""
    hidden: int = 0
    """Hidden files and folders, which are left out."""
    fidelity: dict[str, Sums] = field(default_factory=dict)
    """Of each format, over all files in the store: records, those in steps, and those left out by the reason."""
    new_drift: list[str] = field(default_factory=list)
    """What formats do not know of the files that were read, and what was not found before; a sentence each."""
    drift: list[str] = field(default_factory=list)
    """All of that, also what was found before."""
    problems: list[str] = field(default_factory=list)
    """Files and folders that could not be read; they are tried again next time."""
    alarms: list[str] = field(default_factory=list)
    """What a person should look at, a sentence each."""
    damaged: list[str] = field(default_factory=list)
    """Files that were found without runs which are known from them, a line each; the runs stay current."""
    lost_runs: int = 0
    """Current runs that are not in their files any more, these and those found before."""
    lost_sources: list[str] = field(default_factory=list)
    """Sources of which no file holds a run any more, a line each."""
    doubled: list[str] = field(default_factory=list)
    """Sources of two names that hold the same files, a warning each."""
    seconds: float = 0
    """How long all of it took."""

    def pass_by(self, reason: str, name: str) -> None:
        """Note a file or folder that is not read."""
        self.passed_by.setdefault(reason, []).append(name)

    def pass_by_all(self, names: Iterable[tuple[str, str]], hidden: int) -> None:
        """Note what was not listed or not claimed, with the reasons, each once and in order; and how much is hidden."""
        for reason, name in names:
            self.pass_by(reason, name)
        self.passed_by = {reason: sorted(set(named)) for reason, named in sorted(self.passed_by.items())}
        self.hidden = hidden

    def check(self) -> None:
        """Raise PartialFailure where a source failed in part or an alarm was raised."""
        wrong = [*self.alarms, *self.lost_sources, *shortened(self.problems)]
        if wrong:
            raise PartialFailure("Collecting: everything readable is in the store, but\n  " + "\n  ".join(wrong))

    def line(self) -> str:
        """The whole in one line."""
        damaged = f"; {count(len(self.damaged), 'file')} damaged or gone, whose runs stay" if self.damaged else ""
        if self.new_drift:
            damaged += f"; {count(len(self.new_drift), 'thing')} in the files not known (`reroute status`)"
        if self.files == self.files_unchanged:
            return f"nothing new in {count(self.files, 'file')}{damaged}"
        what = [f"{self.new:,} new"]
        if self.superseded:
            what.append(f"{self.superseded:,} grown or read anew")
        if self.duplicates:
            what.append(f"{self.duplicates:,} lie elsewhere too (counted once)")
        if self.conflicts:
            what.append(count(len(self.conflicts), "conflict"))
        if self.quarantined:
            what.append(f"{count(self.quarantined, 'record')} quarantined")
        return (
            f"{count(self.trajectories, 'run')} read from "
            f"{count(self.files - self.files_unchanged, 'new or changed file')}: "
            f"{', '.join(what)}; {count(self.steps, 'step')} added in {self.seconds:.1f} s{damaged}"
        )


def shortened(names: list[str]) -> list[str]:
    """The first ten of them, and how many more there are."""
    rest = len(names) - _NAMED
    return names if rest <= 0 else [*names[:_NAMED], f"and {rest:,} more"]


def count(number: int, what: str) -> str:
    """Such as ``1 run`` and ``2,000 runs``."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
