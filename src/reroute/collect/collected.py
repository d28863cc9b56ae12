"""What one run of collect came to, and how it is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from reroute.errors import PartialFailure
from reroute.safe_text import one_line

_NAMED = 10
"""Files or ids named before the rest is only counted."""


@dataclass(frozen=True)
class Collected:
    """What one run of collect came to."""

    files: int
    """Files found in the sources."""
    files_unchanged: int
    """Of them, those that were in the store as they are and were not opened."""
    trajectories: int
    """Runs read from the other files."""
    new: int
    superseded: int
    """Runs whose earlier version was replaced as the current one."""
    duplicates: int
    """Runs that lie elsewhere too, equal or in a longer version; counted once."""
    conflicts: list[str]
    """Ids of trajectories of which one version does not continue the other; both are kept."""
    steps: int
    """Rows added to the lake."""
    parts: int
    quarantined: int
    """Records of this run's files that could not be read."""
    new_quarantined: int
    """Of them, those not known before."""
    unknown_files: list[str]
    """Files of no known format."""
    problems: list[str]
    """Files and folders that could not be read; they are tried again next time."""
    alarms: list[str]
    damaged: list[str]
    """Files that were found without runs which are known from them, a line each; the runs stay current."""
    lost_runs: int
    """Current runs that are not in their files any more, these and those found before."""
    lost_sources: list[str]
    """Sources of which no file holds a run any more, a line each."""
    doubled: list[str]
    """Sources of two names that hold the same files."""
    seconds: float

    def check(self) -> None:
        """Raise PartialFailure where a source failed in part or an alarm was raised."""
        wrong = [*self.alarms, *self.lost_sources, *_some(self.problems)]
        if wrong:
            raise PartialFailure("Collecting: everything readable is in the store, but\n  " + "\n  ".join(wrong))

    def line(self) -> str:
        """The whole in one line."""
        damaged = f"; {count(len(self.damaged), 'file')} damaged or gone, whose runs stay" if self.damaged else ""
        if self.files == self.files_unchanged:
            return f"nothing new in {count(self.files, 'file')}{damaged}"
        return (
            f"{count(self.trajectories, 'run')} read from "
            f"{count(self.files - self.files_unchanged, 'new or changed file')}: "
            f"{', '.join(self._what())}; {count(self.steps, 'step')} added in {self.seconds:.1f} s{damaged}"
        )

    def table(self) -> str:
        """What a person should know, a line each."""
        return "\n".join(self._lines())

    def json(self) -> str:
        """All of it for a machine."""
        import orjson

        return orjson.dumps(asdict(self), option=orjson.OPT_INDENT_2).decode()

    def _what(self) -> Iterator[str]:
        yield f"{self.new:,} new"
        if self.superseded:
            yield f"{self.superseded:,} grown or read anew"
        if self.duplicates:
            yield f"{self.duplicates:,} lie elsewhere too (counted once)"
        if self.conflicts:
            yield f"{count(len(self.conflicts), 'conflict')}"
        if self.quarantined:
            yield f"{count(self.quarantined, 'record')} quarantined"

    def _lines(self) -> Iterator[str]:
        yield self.line()
        yield from (one_line(line, 300) for line in _some(self.damaged))
        if self.lost_runs:
            lost = count(self.lost_runs, "run")
            yield (
                f"{lost} in the store, not in the files that they were read from: `reroute sql "
                '"select source, path, lost_at from trajectories where is_current and lost_at is not null"`.'
            )
        if self.conflicts:
            yield (
                "Runs with two versions that do not continue each other (both kept, the later one is current): "
                + ", ".join(_some(sorted(set(self.conflicts))))
            )
        if self.new_quarantined:
            yield (
                f"{count(self.new_quarantined, 'record')} could not be read and went to quarantine: "
                "`reroute quarantine list` shows why."
            )
        if self.unknown_files:
            named = self.files > self.files_unchanged
            end = ":" if named else " (--json names them)."
            yield f"{count(len(self.unknown_files), 'file')} of no known format{end}"
            yield from (f"  {one_line(name, 200)}" for name in _some(self.unknown_files) if named)


def _some(names: list[str]) -> list[str]:
    rest = len(names) - _NAMED
    return names if rest <= 0 else [*names[:_NAMED], f"and {rest:,} more"]


def count(number: int, what: str) -> str:
    """Such as ``1 run`` and ``2,000 runs``."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
