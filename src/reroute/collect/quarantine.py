"""Records that could not be read: what they were, where, and why. The run went on without them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from reroute.collect.rows import read_again
from reroute.collect.sources import base
from reroute.errors import UsageError
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
