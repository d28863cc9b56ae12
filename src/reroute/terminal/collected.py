"""What ``collect`` did, for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reroute.collect.collected import count, shortened
from reroute.safe_text import one_line

if TYPE_CHECKING:
    from reroute.collect import Collected


def summary(collected: Collected) -> str:
    """What a person should know of one run of collect: its one line, then a line for each thing to look at."""
    lines = [collected.line(), *(one_line(line, 300) for line in shortened(collected.damaged))]
    if collected.lost_runs:
        lines.append(
            f"{count(collected.lost_runs, 'run')} in the store, not in the files that they were read from: "
            '`reroute sql "select source, path, lost_at from trajectories where is_current and lost_at is not null"`.'
        )
    if collected.conflicts:
        lines.append(
            "Runs with two versions that do not continue each other (both kept, the later one is current): "
            + ", ".join(shortened(sorted(set(collected.conflicts))))
        )
    if collected.new_quarantined:
        lines.append(
            f"{count(collected.new_quarantined, 'record')} could not be read and went to quarantine: "
            "`reroute quarantine list` shows why."
        )
    lines += [one_line(line, 200) for line in shortened(collected.new_drift)]
    for reason, names in collected.passed_by.items():
        files = f"{count(len(names), 'file')} passed by ({reason})"
        if collected.files > collected.files_unchanged:
            lines += [f"{files}:", *(f"  {one_line(name, 200)}" for name in shortened(names))]
        else:
            lines.append(f"{files} (--json names them).")
    return "\n".join(lines)
