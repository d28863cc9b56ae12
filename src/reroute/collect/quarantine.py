"""Records that could not be read: what they were, where, and why. The run went on without them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import msgspec

from reroute.collect.rows import read_again
from reroute.collect.sources import base
from reroute.errors import UsageError
from reroute.safe_text import one_line
from reroute.settings import Project
from reroute.storage import store

_COLUMNS = "quarantine_id, source, path, format, source_index, byte_offset, reason, sha256, excerpt, raw, first_seen"


@dataclass(frozen=True)
class Quarantined:
    """One record that could not be read."""

    quarantine_id: str
    source: str
    path: str
    format: str | None
    source_index: int
    """0-based record in the file; -1 for the whole file."""
    byte_offset: int
    reason: str
    sha256: str
    excerpt: str
    """Redacted; trace text, so escape it before it is shown."""
    raw: bytes | None
    """Only where the configuration keeps it."""
    first_seen: dt.datetime


def listed(project: Project) -> list[Quarantined]:
    """Everything in quarantine, by file and position."""
    with store.of(project).read() as connection:
        rows = connection.execute(
            f"select {_COLUMNS} from quarantine order by source, path, byte_offset, quarantine_id"
        ).fetchall()
    return [Quarantined(*row) for row in rows]


def find(project: Project, quarantine_id: str) -> Quarantined:
    """The record with this id; a beginning that is unique does.

    Raises UsageError where there is none, or more than one.
    """
    found = [row for row in listed(project) if row.quarantine_id.startswith(quarantine_id)]
    if len(found) != 1:
        what = "no record" if not found else f"{len(found)} records"
        raise UsageError(f"Looking for {quarantine_id} in quarantine: {what} found. `reroute quarantine list` has ids.")
    return found[0]


def forget_files(project: Project, quarantine_ids: list[str]) -> list[Path]:
    """Let the next collect read the files of these records (default: of all) again; those that are still there.

    Raises UsageError where an id is not known.
    """
    chosen = [find(project, key) for key in quarantine_ids] or listed(project)
    files = sorted({(row.source, row.path) for row in chosen})
    if files:
        with store.of(project).write() as connection:
            read_again(project, connection, files)
    places = [base(project, source) / path for source, path in files]
    return [place for place in places if place.exists()]


def table(rows: list[Quarantined]) -> str:
    """For a person: one line a record."""
    lines = [
        f"{row.quarantine_id[:8]}  {one_line(row.path, 60)}:{row.source_index}  {one_line(row.reason, 100)}"
        for row in rows
    ]
    return "\n".join(lines) if lines else "Nothing is in quarantine."


def page(row: Quarantined) -> str:
    """For a person: one record in full."""
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


def as_json(rows: list[Quarantined]) -> str:
    """For a machine; raw bytes, where they are kept, as base64."""
    return msgspec.json.format(msgspec.json.encode(rows)).decode()
