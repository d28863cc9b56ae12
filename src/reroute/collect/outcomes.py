"""Joining outcomes that come from elsewhere: verifiers answer later, people answer later still.

A file of outcomes is CSV with a header or JSON lines. Each row names a run by ``trajectory_id``, ``run_id`` or
``task_id`` (with ``origin``, a source's name, where several sources use the same ids) and says ``outcome`` (pass, fail,
unknown) or ``reward`` (1 or more is a pass); optionally ``source`` (verifier, human, declared; default verifier) and
``at`` (ISO 8601).
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from reroute.errors import ConfigError, PartialFailure, UsageError
from reroute.hashes import trajectory_id
from reroute.redact import Redactor
from reroute.redact.rules import load_rules
from reroute.settings import Project
from reroute.storage import journal, redaction_key, store
from reroute.trace import OutcomeSource, OutcomeValue

if TYPE_CHECKING:
    import duckdb


class Stated(msgspec.Struct, frozen=True, forbid_unknown_fields=False):
    """One row of an outcomes file."""

    trajectory_id: str | None = None
    run_id: str | None = None
    task_id: str | None = None
    origin: str | None = None
    outcome: OutcomeValue | None = None
    reward: float | None = None
    source: OutcomeSource = "verifier"
    at: str | None = None

    def value(self) -> OutcomeValue:
        """The outcome, from the reward where nothing else is said."""
        if self.outcome is not None:
            return self.outcome
        return "unknown" if self.reward is None else "pass" if self.reward >= 1 else "fail"

    def name(self) -> str:
        """The run as the row names it."""
        return self.trajectory_id or self.run_id or self.task_id or "?"


@dataclass(frozen=True)
class Joined:
    """The result of joining a file of outcomes."""

    rows: int
    changed: int
    """Outcomes that are new or say something else than before."""
    unmatched: list[str]
    """Rows that name no run in the store."""
    ambiguous: list[str]
    """Rows whose task has several runs: which one is meant is not known."""

    def line(self) -> str:
        """The whole in one line."""
        left = f", {len(self.unmatched):,} name no run here" if self.unmatched else ""
        left += f", {len(self.ambiguous):,} name a task with several runs" if self.ambiguous else ""
        return f"{self.rows:,} outcomes read, {self.changed:,} of them new or changed{left}"

    def check(self) -> None:
        """Raise PartialFailure where rows were left out."""
        if self.unmatched or self.ambiguous:
            names = [*self.unmatched, *self.ambiguous]
            more = f" and {len(names) - 10:,} more" if len(names) > 10 else ""
            raise PartialFailure(f"Joining outcomes: {self.line()}: {', '.join(names[:10])}{more}.")


def join(project: Project, path: Path) -> Joined:
    """Join a file of outcomes to the runs in the store; the same file again changes nothing.

    Raises UsageError where the file is not there, ConfigError that names the line where it cannot be read, KeyMismatch
    where the redaction key is not the store's.
    """
    stated = list(_read(path))
    redactor = Redactor(redaction_key.load(project), load_rules(project.root))
    with store.of(project).read() as connection:
        runs = _Runs(connection, redactor)
        known = {row[:2]: row[2:] for row in connection.execute(_KNOWN).fetchall()}
    found = [(row, runs.find(row)) for row in stated]
    said = {(ids[0], row.source): (row.value(), row.reward, _micros(row.at)) for row, ids in found if len(ids) == 1}
    news = [(*key, *values) for key, values in said.items() if known.get(key) != values]
    if news:
        with store.of(project).write() as connection:
            connection.executemany(_UPSERT, news)
            journal.note(project, connection, {"outcomes": [(run,) for run, *_ in news]})
    unmatched = [row.name() for row, ids in found if not ids]
    return Joined(len(stated), len(news), unmatched, [row.name() for row, ids in found if len(ids) > 1])


_KNOWN = "select trajectory_id, source, outcome, reward, epoch_us(stated_at) from outcomes"
_UPSERT = (
    "insert or replace into outcomes by name select $1 as trajectory_id, $2 as source, $3 as outcome, $4 as reward,"
    " make_timestamptz($5::bigint) as stated_at, now() as recorded_at"
)


class _Runs:
    """The store's runs, to be found by any of their names."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, redactor: Redactor) -> None:
        self._redactor = redactor
        self._ids: set[str] = set()
        self._sources: set[str] = set()
        self._tasks: dict[str, dict[str, set[str]]] = {}
        rows = connection.execute("select distinct trajectory_id, source, task_id from trajectories").fetchall()
        for run, source, task_id in rows:
            self._ids.add(run)
            self._sources.add(source)
            self._tasks.setdefault(task_id, {}).setdefault(source, set()).add(run)

    def find(self, row: Stated) -> list[str]:
        """Ids of the trajectories that the row may mean."""
        if row.trajectory_id:
            return [row.trajectory_id] if row.trajectory_id in self._ids else []
        sources = sorted({row.origin} & self._sources if row.origin else self._sources)
        if row.run_id:
            ids = [trajectory_id(source, row.run_id, "") for source in sources]
            return [run for run in ids if run in self._ids]
        task_id, _ = self._redactor.text("", row.task_id or "")  # as the store has it
        tasks = self._tasks.get(task_id, {})
        return sorted(run for source in sources for run in tasks.get(source, ()))


def _read(path: Path) -> Iterator[Stated]:
    if not path.is_file():
        raise UsageError(f"Joining outcomes: there is no file {path}.")
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"Reading outcomes from {path}: it is not UTF-8 ({error}).") from error
    for line, row in _rows(text):
        try:
            stated = msgspec.convert(row, Stated, strict=False)
            _micros(stated.at)
        except (msgspec.ValidationError, ValueError) as error:
            raise ConfigError(f"Reading outcomes from {path}, line {line}: {error}.") from error
        if stated.name() == "?" or (stated.outcome is None and stated.reward is None):
            raise ConfigError(
                f"Reading outcomes from {path}, line {line}: a row needs one of trajectory_id, run_id and task_id, and "
                f"one of outcome and reward (found {sorted(row)})."
            )
        yield stated


def _rows(text: str) -> Iterator[tuple[int, dict[str, object]]]:
    if not text.lstrip().startswith("{"):
        reader = csv.DictReader(io.StringIO(text))
        for row in reader:
            yield reader.line_num, {key: value for key, value in row.items() if key and value}
        return
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                yield number, msgspec.json.decode(line, type=dict[str, object])
            except msgspec.DecodeError as error:
                yield number, {"outcome": f"unreadable line ({error})"}


def _micros(at: str | None) -> int | None:
    """Raises ValueError where it is no ISO 8601 moment; without a zone it is UTC."""
    if at is None:
        return None
    moment = dt.datetime.fromisoformat(at)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return int(moment.timestamp() * 1_000_000)
