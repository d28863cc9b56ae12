"""What ``collect`` did and what is in quarantine, for a person and for a machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reroute.collect.collected import count, shortened
from reroute.safe_text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reroute.collect import Collected
    from reroute.collect.quarantine import Quarantined


def indented_json(value: object) -> str:
    """Records as JSON text that a person can read too; raw bytes, where they are kept, as base64."""
    import msgspec

    return msgspec.json.format(msgspec.json.encode(value)).decode()


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
    if collected.unknown_files:
        unknown = count(len(collected.unknown_files), "file")
        if collected.files > collected.files_unchanged:
            lines.append(f"{unknown} of no known format:")
            lines += [f"  {one_line(name, 200)}" for name in shortened(collected.unknown_files)]
        else:
            lines.append(f"{unknown} of no known format (--json names them).")
    return "\n".join(lines)


def quarantine_table(rows: Sequence[Quarantined]) -> str:
    """One line a record."""
    lines = [
        f"{row.quarantine_id[:8]}  {one_line(row.path, 60)}:{row.source_index}  {one_line(row.reason, 100)}"
        for row in rows
    ]
    return "\n".join(lines) if lines else "Nothing is in quarantine."


def quarantine_page(row: Quarantined) -> str:
    """One record in full."""
    where = "the whole file" if row.source_index < 0 else f"record {row.source_index}, from byte {row.byte_offset}"
    return "\n".join(
        [
            f"id          {row.quarantine_id}",
            f"file        {one_line(row.path, 500)} (source {row.source}, read as {row.format})",
            f"where       {where}",
            f"reason      {one_line(row.reason, 500)}",
            f"sha256      {row.sha256}",
            f"first seen  {row.first_seen:%Y-%m-%d %H:%M} UTC",
            f"begins      {one_line(row.excerpt, 500)}",
        ]
    )
