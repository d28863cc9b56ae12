"""Filling a new store: each table from the surest place that has it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain, groupby
from pathlib import Path
from typing import TYPE_CHECKING

from reroute.errors import RerouteError, StoreError
from reroute.operate.rebuild.adopting import adopt, decide
from reroute.storage import journal, lake

if TYPE_CHECKING:
    import duckdb

    from reroute.operate.rebuild.adopting import Rows
    from reroute.settings import Project
    from reroute.storage.journal import Row

_GRADES = ("reviews", "annotations", "grades")
_FROM_HEADERS = """
    insert into trajectories by name
    select
        h.* exclude (tools, filename, path, source_index), d.path, d.source_index, d.part, d.reader_version,
        d.is_current, d.conflict, d.collected_at, d.lost_at,
    from read_parquet(?, filename = true) h
    join decided d on d.trajectory_id = h.trajectory_id and d.version = h.version
        and d.part = parse_filename(h.filename, true)
"""
_NO_RECORD = """\
There is no journal and no whole published copy. Which files were read: the next `reroute collect` reads all of them.
Outcomes: those that the sources state come with the next collect; join files of outcomes again (`reroute outcomes`).
Jobs: what was submitted goes on at its provider, whose own list has it. `reroute job submit` looks there for a job of \
the same order before it makes one, and `reroute job list` shows it from then on.
Votes and spending of the judge, and alarms: the judge may ask again what it asked before.
Drift that was said: what is found of it again is said again.
"""


_DAMAGED_LINES = (
    "Lines {lines} of the journal {journal}: they are damaged. What was collected in them is read again by the next "
    "`reroute collect`; join files of outcomes again (`reroute outcomes FILE`); `reroute job submit` first looks for a "
    "job of the same order at the provider."
)


@dataclass
class Filled:
    """What came from where."""

    tables: dict[str, dict[str, int]] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)

    def count(self, origin: str, table: str, rows: int) -> None:
        """Note that so many rows of a table came from ``origin``."""
        if rows:
            self.tables.setdefault(origin, {})[table] = rows


def fill(project: Project, connection: duckdb.DuckDBPyConnection) -> Filled:
    """Fill an empty, migrated store."""
    from reroute.export import record
    from reroute.review.journal import read, refill

    filled = Filled()
    tables, origin, complete = _remembered(project, connection, filled)
    adopted = {} if complete else adopt(project, tables)
    for name in journal.KEYS:
        if name != "trajectories":
            _table(connection, name, tables[name], origin, filled)
    _runs(project, connection, tables["trajectories"], filled)
    if adopted:
        decide(project, connection, sorted({key[0] for key in adopted if key[0]}))
    whole: list[tuple[str, Path]] = []
    folders = [path.parent for path in project.datasets.glob("*/*/manifest.json") if path.parent.name[0] != "."]
    for folder in sorted(folders):
        try:
            whole.append((record.made_at(folder), folder))
        except RerouteError as error:
            filled.lost.append(f"{error} Export it again: the same rows have the same version.")
    for _, folder in sorted(whole):
        record.restore(project, connection, folder)
    for name in ("datasets", "dataset_rows", "dropped"):
        filled.count("the dataset folders", name, connection.execute(f"select count(*) from {name}").fetchall()[0][0])
    refilled = refill(connection, read(project))
    kinds = {"reviews": refilled.tasks, "annotations": refilled.annotations, "grades": refilled.grades}
    for name, rows in kinds.items():
        filled.count("the grade journal", name, rows)
    return filled


def _remembered(
    project: Project, connection: duckdb.DuckDBPyConnection, filled: Filled
) -> tuple[dict[str, Rows], str, bool]:
    """The tables that journal or published copy have, where they are from, and whether that is all there was."""
    from reroute.storage import publish

    replayed = journal.replay(project)
    newest = next(iter(publish.copies(project)), None)
    if newest is None:
        if replayed.complete:
            return replayed.tables, f"the journal ({replayed.lines:,} lines)", True
        filled.lost += [*_damage(project, replayed, 0), *_NO_RECORD.splitlines()]
        return replayed.tables, "what is left of the journal", False
    when = f"the published copy of {datetime.fromtimestamp(newest.stat().st_mtime, UTC):%Y-%m-%d %H:%M} UTC"
    with publish.views(newest) as copy:
        there = {name for (name,) in copy.execute("show tables").fetchall()}
        for name in sorted(there & set(_GRADES)):
            _table(connection, name, journal.rows_of(copy, name), when, filled)
        if replayed.complete:
            return replayed.tables, f"the journal ({replayed.lines:,} lines)", True
        tables = {name: journal.rows_of(copy, name) if name in there else {} for name in journal.KEYS}
    start = journal.position(project, publish.mark_of(newest))
    tail = journal.replay(project, start or 0)
    if tail.weighed:
        journal.mark_weighed(tables)
    tables = {name: rows | tail.tables[name] for name, rows in tables.items()}
    filled.lost += _damage(project, tail, start or 0)
    if start is None:
        filled.lost.append(
            f"What came after {when}, where the journal does not have it: outcomes from files (`reroute outcomes FILE` "
            "again) and jobs (`reroute job submit` first looks for a job of the same order at the provider)."
        )
    return tables, f"{when} and {tail.lines:,} lines of the journal", start is not None and not tail.unreadable


def _damage(project: Project, replayed: journal.Replayed, start: int) -> list[str]:
    """The damaged lines of the journal in words, by their number in the file."""
    if not replayed.unreadable:
        return []
    with project.journal.open("rb") as stream:
        before = stream.read(start).count(b"\n")
    lines = ", ".join(str(before + number) for number in replayed.unreadable)
    return [_DAMAGED_LINES.format(lines=lines, journal=project.journal)]


def _runs(project: Project, connection: duckdb.DuckDBPyConnection, rows: Rows, filled: Filled) -> None:
    """The trajectories: what was decided about each, joined with its header in the lake."""
    connection.execute("create temp table decided as from trajectories limit 0")
    _insert(connection, "decided", [{"metadata": "{}", **row} for row in chain.from_iterable(rows.values())])
    sums = {
        part: lake.Sums(*both)
        for part, *both in connection.execute("select part, steps_sha256, trajectories_sha256 from parts").fetchall()
    }
    readable = []
    for part, expected in sorted(sums.items()):
        files = lake.files(project, part)
        header = lake.fault(files.trajectories, expected.trajectories)
        if header is None:
            readable.append(str(files.trajectories))
        if wrong := header or lake.fault(files.steps, expected.steps):
            filled.lost.append(f"The lake part {part}: {wrong}. `reroute rebuild --part {part}` makes it anew.")
    if readable:
        connection.execute(_FROM_HEADERS, [readable])
    found = connection.execute("select count(*) from trajectories").fetchall()[0][0]
    filled.count("the lake's headers", "trajectories", found)
    connection.execute(
        "insert into trajectories by name from decided d anti join trajectories t using (trajectory_id, version)"
    )
    connection.execute("drop table decided")


def _table(connection: duckdb.DuckDBPyConnection, name: str, rows: Rows, origin: str, filled: Filled) -> None:
    """Fill a table, or say why its rows cannot be taken."""
    try:
        filled.count(origin, name, _insert(connection, name, chain.from_iterable(rows.values())))
    except StoreError as error:
        filled.lost.append(f"Table {name} from {origin}: {error}")


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Iterable[Row]) -> int:
    """Insert rows of texts, each cast to its column's type; columns that the table no longer has are left out.

    Raises StoreError, and inserts nothing, where rows lack a column that must be there.
    """
    described = connection.execute(f"describe {table}").fetchall()
    types = {name: kind for name, kind, *_ in described}
    needed = {name for name, _, empty, *_ in described if empty == "NO"}
    rows = list(rows)
    if lacking := {name for row in rows for name in needed - row.keys()}:
        raise StoreError(f"its rows are of an older Reroute and have no {', '.join(sorted(lacking))}.")
    count = 0
    for names, group in groupby(sorted(rows, key=sorted), key=sorted):
        columns = [name for name in names if name in types]
        same = list(group)
        lists = ", ".join(f"unnest(${name}::varchar[])::{types[name]} as {name}" for name in columns)
        values = {name: [row[name] for row in same] for name in columns}
        connection.execute(f"insert into {table} by name select {lists}", values)
        count += len(same)
    return count
