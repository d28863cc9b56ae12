"""The store's journal: what the store alone knows, a line a transaction, so that a lost store can be made anew.

A line is on the disk before its transaction commits. It says what some keys of some tables hold after it; the last line
about a key is right. The store remembers how long the journal was after its last transaction: what follows is the line
of a transaction that never committed, and the next one cuts it off. The first line holds everything.

Not in it is what lies elsewhere: headers and steps (lake), datasets and drops (their folders), review tasks and grades
(the grade journal), and what ``reroute tag`` makes of them.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from reroute.errors import StoreDamaged, StoreError
from reroute.storage.store import REMEDY

if TYPE_CHECKING:
    import duckdb

    from reroute.settings import Project

FORMAT, FORMAT_VERSION = "reroute.storage.journal", 1

KEYS: dict[str, tuple[str, ...]] = {
    "redaction_keys": ("fingerprint",),
    "parts": ("part",),
    "trajectories": ("trajectory_id", "version"),
    "files": ("source", "path"),
    "quarantine": ("source", "path"),
    "fidelity": ("source", "path"),
    "drift": ("format", "what", "name"),
    "outcomes": ("trajectory_id",),
    "alarms": ("alarm_id",),
    "jobs": ("job_key",),
    "job_events": ("job_key", "event_id"),
    "judge_votes": ("vote_id",),
    "judge_requests": ("request_id",),
}
"""The tables that the journal holds, and by what columns their rows are named in it."""
_LATER = {"fidelity", "drift"}
"""Tables that a journal may begin without: it was begun before they were, when there was nothing in them."""
_COLUMNS = {
    "trajectories": (
        "trajectory_id", "version", "part", "source", "path", "format", "reader_version", "run_id", "steps",
        "source_index", "is_current", "conflict", "collected_at", "lost_at",
    ),
}  # fmt: skip
"""Of tables whose other columns lie in the lake."""
_REMEMBER = "delete from journaled; insert into journaled values (?)"
"""How long the journal is with the line of this transaction, in bytes."""

Key = tuple[str | None, ...]
Row = dict[str, str | None]
"""A row, each value as DuckDB writes it as text."""


class Table(msgspec.Struct, frozen=True):
    """Some keys of a table and every row that it has under them; ``keys`` is None where it is the whole table."""

    columns: list[str]
    keys: list[Key] | None
    rows: list[list[str | None]]


class Entry(msgspec.Struct, frozen=True):
    """What one transaction changed."""

    tables: dict[str, Table]
    weighed: bool = False
    """All that is quarantined was compared with the alarm's share."""


class _Line(msgspec.Struct, frozen=True):
    format: str
    format_version: int
    id: str
    """Hash of the entry's bytes."""
    entry: msgspec.Raw


@dataclass
class Replayed:
    """What the journal says that the store held."""

    tables: dict[str, dict[Key, list[Row]]] = field(default_factory=lambda: {name: {} for name in KEYS})
    lines: int = 0
    complete: bool = False
    """It holds everything: it begins with a line about whole tables, and every line could be read."""
    unreadable: list[int] = field(default_factory=list)
    """Numbers of the lines that could not be read, from 1 where reading began."""
    weighed: bool = False
    """All that was quarantined before the last lines was compared with the alarm's share, also what is not in these."""


def note(
    project: Project,
    connection: duckdb.DuckDBPyConnection,
    changed: Mapping[str, Iterable[Sequence[str]] | None],
    *,
    weighed: bool = False,
) -> None:
    """Write down what these keys (by table; None: all) hold, as the last act of a transaction and once in it.

    Raises StoreError where the disk does not take it, StoreDamaged where the store is older than the journal; the
    transaction must not commit then.
    """
    wanted: dict[str, list[Key] | None] = {}
    for name, keys in changed.items():
        unique: list[Key] | None = None if keys is None else list(dict.fromkeys(map(tuple, keys)))
        if unique != []:
            wanted[name] = unique
    if not wanted and not weighed:
        return
    end = trim(project, connection)
    tables = list(wanted) if end else list(KEYS)
    entry = Entry({name: _table(connection, name, wanted[name] if end else None) for name in tables}, weighed)
    line = _encoded(entry)
    file = project.journal
    try:
        with file.open("ab" if end else "wb") as stream:
            stream.write(line)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise StoreError(f"Adding to the journal {file}: {error.strerror}. Nothing of this step was kept.") from error
    connection.execute(_REMEMBER, [end + len(line)])


def trim(project: Project, connection: duckdb.DuckDBPyConnection) -> int:
    """Cut off the line of a transaction that never committed; the journal's length in bytes, 0 where it begins anew.

    Raises StoreDamaged where more than one line follows what the store knows: then the store is the older of the two.
    """
    end = check(project, connection)
    if _size(project) < end:
        return 0  # it was cut or removed: the store has everything, and the next line will too
    if _size(project) > end:
        os.truncate(project.journal, end)
    return end


def check(project: Project, connection: duckdb.DuckDBPyConnection) -> int:
    """The journal's length after the store's last transaction that wrote to it; nothing is changed.

    Raises StoreDamaged as :func:`trim` does.
    """
    end = int(connection.execute("select coalesce(max(bytes), 0) from journaled").fetchall()[0][0])
    if _size(project) > end and (lines := lines_after(project, end)) > 1:
        raise StoreDamaged(
            f"Reading the journal {project.journal}: {lines} transactions in it are not in the store "
            f"{project.store_path}, which is older. {REMEDY}"
        )
    return end


def lines_after(project: Project, end: int) -> int:
    """How many lines follow the journal's first ``end`` bytes; one that has no end counts."""
    with project.journal.open("rb") as stream:
        stream.seek(end)
        return sum(1 for _ in stream)


def mark(project: Project, connection: duckdb.DuckDBPyConnection) -> list[str | int]:
    """Where the journal ends now; a copy of the store keeps it, and the lines behind it bring the copy up to date."""
    return [_head(project), check(project, connection)]


def position(project: Project, marked: list[str | int]) -> int | None:
    """Where a mark lies in the journal, in bytes; None where it was made in another one."""
    if not marked or marked[0] != _head(project):
        return None
    end = int(marked[1])
    return end if end <= _size(project) else None


def _head(project: Project) -> str:
    """What tells this journal from another one: how it begins, with the hash of its first line."""
    if not _size(project):
        return ""
    with project.journal.open("rb") as stream:
        return stream.read(80).decode("latin-1")


def restart(connection: duckdb.DuckDBPyConnection) -> bytes:
    """The only line of a journal that begins anew with all that the store holds; the store remembers its length."""
    line = _encoded(Entry({name: _table(connection, name, None) for name in KEYS}))
    connection.execute(_REMEMBER, [len(line)])
    return line


def replay(project: Project, start: int = 0) -> Replayed:
    """What the journal says from byte ``start`` on, the last word about each key.

    Raises StoreError where it cannot be read.
    """
    found, text = Replayed(), b"\n"
    try:
        with project.journal.open("rb") as stream:
            stream.seek(start)
            for text in stream:
                found.lines += 1
                entry = _decoded(text)
                if entry is None:
                    found.unreadable.append(found.lines)
                    continue
                found.complete |= found.lines == 1 and entry.tables.keys() >= KEYS.keys() - _LATER
                for name, table in entry.tables.items():
                    _apply(found.tables.setdefault(name, {}), KEYS.get(name, ()), table)
                if entry.weighed:
                    found.weighed = True
                    mark_weighed(found.tables)
    except FileNotFoundError:
        return found
    except OSError as error:
        raise StoreError(f"Reading the journal {project.journal}: {error.strerror}.") from error
    if found.unreadable == [found.lines] and not text.endswith(b"\n"):
        found.unreadable, found.lines = [], found.lines - 1  # cut off by a crash: its transaction never committed
    found.complete &= not found.unreadable
    return found


def mark_weighed(tables: Mapping[str, Mapping[Key, list[Row]]]) -> None:
    """Do to these rows what an entry's ``weighed`` says."""
    for name in ("files", "quarantine"):
        for row in (row for rows in tables[name].values() for row in rows):
            row["weighed"] = "true"


def rows_of(connection: duckdb.DuckDBPyConnection, name: str) -> dict[Key, list[Row]]:
    """A whole table (or view) as :func:`replay` gives it."""
    found: dict[Key, list[Row]] = {}
    columns = [column for column, *_ in connection.execute(f"describe {name}").fetchall()]
    _apply(found, KEYS.get(name, ()), _table(connection, name, None, columns))
    return found


def _apply(rows: dict[Key, list[Row]], key: tuple[str, ...], table: Table) -> None:
    if table.keys is None:
        rows.clear()
    for gone in table.keys or ():
        rows.pop(tuple(gone), None)
    for values in table.rows:
        row = dict(zip(table.columns, values, strict=True))
        rows.setdefault(tuple(row[column] for column in key), []).append(row)


def _table(
    connection: duckdb.DuckDBPyConnection, name: str, keys: list[Key] | None, columns: Sequence[str] = ()
) -> Table:
    chosen = list(columns or _COLUMNS.get(name, ()))
    if not chosen:
        chosen = [column for column, *_ in connection.execute(f"describe {name}").fetchall()]
    texts = ", ".join(f"{column}::varchar" for column in chosen)
    if keys is None:
        return Table(chosen, None, [list(row) for row in connection.execute(f"select {texts} from {name}").fetchall()])
    lists = ", ".join(f"unnest(${column}::varchar[]) as {column}" for column in KEYS[name])
    wanted = {column: [key[index] for key in keys] for index, column in enumerate(KEYS[name])}
    query = f"select {texts} from {name} semi join (select {lists}) using ({', '.join(KEYS[name])})"
    return Table(chosen, keys, [list(row) for row in connection.execute(query, wanted).fetchall()])


def _size(project: Project) -> int:
    return project.journal.stat().st_size if project.journal.exists() else 0


def _encoded(entry: Entry) -> bytes:
    data = msgspec.json.encode(entry)
    return msgspec.json.encode(_Line(FORMAT, FORMAT_VERSION, _id(data), msgspec.Raw(data))) + b"\n"


def _decoded(text: bytes) -> Entry | None:
    """The entry of a line; None where the line is damaged, or of a format that is not known."""
    try:
        line = msgspec.json.decode(text, type=_Line)
        known = (line.format, line.format_version, line.id) == (FORMAT, FORMAT_VERSION, _id(line.entry))
        return msgspec.json.decode(line.entry, type=Entry) if known else None
    except (msgspec.MsgspecError, UnicodeError):
        return None


def _id(data: bytes | msgspec.Raw) -> str:
    return hashlib.blake2b(data, digest_size=8).hexdigest()
