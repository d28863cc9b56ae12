"""The grade journal: every review task, answer and deletion as a line of JSON beside the lake.

The store can be built again from the sources, people's answers cannot; the journal is where they are a second time. Its
lines are only ever added to. Each carries the format's name and version, the hash of its record, and the record: the
state of one task or annotation. The last state of each is what holds.

A change is appended inside the store's transaction, before it commits, so only one process writes at a time. Where a
crash comes between the two, the journal is ahead, and the next write of review takes from it what the store lacks.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from reroute.errors import StoreError
from reroute.progress import warn
from reroute.review.records import Annotation, Key, Record, Task, content_hash, held, write
from reroute.settings import Project
from reroute.storage import store

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FORMAT, FORMAT_VERSION = "reroute.grades", 1


class _Interrupted(msgspec.Struct, frozen=True, tag="interrupted"):
    """Says that the line above is the beginning of one that a crash cut off; nothing in it was ever acknowledged."""


class _Line(msgspec.Struct, frozen=True):
    format: str
    format_version: int
    id: str
    """Hash of the record's bytes."""
    record: msgspec.Raw


_DECODER: msgspec.json.Decoder[Record | _Interrupted] = msgspec.json.Decoder(Task | Annotation | _Interrupted)


@dataclass(frozen=True)
class Refilled:
    """What the store took from the journal."""

    tasks: int
    annotations: int
    """Those that stand."""
    deleted: int
    """Annotations that are known as deleted."""
    grades: int

    def line(self) -> str:
        """What was taken, on one line."""
        return (
            f"{self.tasks:,} review tasks, {self.annotations:,} annotations with {self.grades:,} grades and "
            f"{self.deleted:,} deletions from the grade journal"
        )


def path(project: Project) -> Path:
    """The journal of a project; it exists from the first plan on."""
    return project.data_dir / "grades.jsonl"


def refill(connection: DuckDBPyConnection, states: Mapping[Key, Record]) -> Refilled:
    """Put into the store what the journal's ``states`` hold and the store lacks, in the caller's transaction.

    Doing it again changes nothing. The store's migrations have run, since its transaction was opened.
    """
    due = _ahead(states, held(connection))
    for state in due:
        write(connection, state)
    annotations = [state for state in due if isinstance(state, Annotation)]
    deleted = sum(one.deleted for one in annotations)
    grades = sum(len(one.answers) for one in annotations)
    return Refilled(len(due) - len(annotations), len(annotations) - deleted, deleted, grades)


def catch_up(project: Project) -> None:
    """Bring store and journal together, before review reads one or adds to both: each takes what it lacks.

    The store lacks something after a crash or where it is new, the journal where the store is older than it, or where a
    line is damaged. Where both have something and differ, the later change holds.
    """
    states = read(project)
    with store.of(project).read() as connection:
        if states == held(connection):
            return
    with store.of(project).write() as connection:
        states = read(project)  # what it says while nobody else writes
        refill(connection, states)
        for task in _ahead(held(connection), states):
            if isinstance(task, Task) and not task.content_hash:
                write(connection, msgspec.structs.replace(task, content_hash=content_hash(project, connection, task)))
        record(project, connection, _ahead(held(connection), states))


def record(project: Project, connection: DuckDBPyConnection, changes: Iterable[Record]) -> None:
    """Write changes into the store, in the caller's transaction, and into the journal, on the disk when this returns.

    Raises StoreError where the disk does not take them; the transaction must not commit then.
    """
    changes = list(changes)
    for change in changes:
        write(connection, change)
    data = b"".join(map(_encoded, changes))
    if not data:
        return
    file = path(project)
    is_new = not file.exists()
    try:
        with file.open("a+b", buffering=0) as journal:
            if journal.tell():
                journal.seek(-1, os.SEEK_END)
                if journal.read(1) != b"\n":  # a crash cut the last line off
                    data = b"\n" + _encoded(_Interrupted()) + data
            if journal.write(data) != len(data):
                raise StoreError(f"Adding to the grade journal {file}: the disk is full. Nothing was taken in.")
            os.fsync(journal.fileno())
        if is_new:
            folder = os.open(file.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
    except OSError as error:
        raise StoreError(f"Adding to the grade journal {file}: {error.strerror}. Nothing was taken in.") from error


def read(project: Project) -> dict[Key, Record]:
    """The last state of every task and annotation in the journal.

    A line that is damaged is named in a warning and passed over. Raises StoreError where the journal cannot be read.
    """
    file = path(project)
    try:
        lines = file.read_bytes().split(b"\n")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise StoreError(f"Reading the grade journal {file}: {error.strerror}.") from error
    states: dict[Key, Record] = {}
    damaged: dict[int, str] = {}
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        try:
            found = _decoded(line)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            damaged[number] = str(error)
            continue
        if isinstance(found, _Interrupted):
            damaged.pop(number - 1, None)
        else:
            states[found.key] = found
    damaged.pop(len(lines), None)  # without its line's end it was cut off by a crash: nothing in it was acknowledged
    for number, why in damaged.items():
        warn(f"Reading the grade journal {file}, line {number}: {why}. The line is passed over.")
    return states


def _ahead(mine: Mapping[Key, Record], theirs: Mapping[Key, Record]) -> list[Record]:
    """What ``theirs`` lacks or has in an earlier state."""
    ahead = []
    for key, state in mine.items():
        other = theirs.get(key)
        if other is None or (state != other and state.recorded_at >= other.recorded_at):
            ahead.append(state)
    return ahead


def _encoded(state: Record | _Interrupted) -> bytes:
    """A line of the journal, with its end."""
    data = msgspec.json.encode(state)
    return msgspec.json.encode(_Line(FORMAT, FORMAT_VERSION, _id(data), msgspec.Raw(data))) + b"\n"


def _decoded(text: bytes) -> Record | _Interrupted:
    """What a line holds. Raises ValueError or MsgspecError where it is not as it was written."""
    line = msgspec.json.decode(text, type=_Line)
    if (line.format, line.format_version) != (FORMAT, FORMAT_VERSION):
        raise ValueError(
            f"expected {FORMAT} version {FORMAT_VERSION}, found {line.format!r} version {line.format_version}"
        )
    if _id(bytes(line.record)) != line.id:
        raise ValueError("the record is not the one that was written (its hash differs)")
    return _DECODER.decode(line.record)


def _id(data: bytes) -> str:
    """16 hex digits of a record's bytes."""
    return hashlib.blake2b(data, digest_size=8).hexdigest()
