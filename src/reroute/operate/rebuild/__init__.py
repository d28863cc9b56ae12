"""Making anew what was lost or damaged: the store, and parts of the lake. Nothing that is there is deleted."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from reroute.errors import PartialFailure, StoreDamaged, UsageError
from reroute.operate.rebuild.parts import Recovered, damaged_parts, rebuild_parts
from reroute.storage import journal, store

if TYPE_CHECKING:
    from reroute.settings import Project

__all__ = ["Rebuilt", "Recovered", "damaged_parts", "rebuild", "rebuild_parts"]


@dataclass(frozen=True)
class Rebuilt:
    """A store that was made anew."""

    aside: list[str]
    """Where the files lie that were there before."""
    tables: dict[str, dict[str, int]]
    """Where rows came from -> table -> rows."""
    lost: list[str]
    """What could not be recovered, or not wholly, and what to do about each."""

    def check(self) -> None:
        """Raise PartialFailure where something could not be recovered."""
        if self.lost:
            raise PartialFailure(f"Rebuilding the store: {len(self.lost)} things need a look. {' '.join(self.lost)}")


def rebuild(project: Project, *, again: bool = False) -> Rebuilt:
    """Make the store anew from the journal, the lake, the dataset folders and the grade journal, and publish it.

    What ``reroute tag`` makes is not there yet. Raises UsageError where the store is whole and ``again`` is not given,
    or there is nothing to make one from; StoreBusy where another process holds the store or collects.
    """
    from reroute.collect.lock import one_at_a_time
    from reroute.operate.rebuild.filling import fill
    from reroute.storage.publish import publish

    with one_at_a_time(project.data_dir):
        if fault(project) is None and not again:
            lines = journal.lines_after(project, 0) if project.journal.exists() else 0
            parts = len(list((project.lake / "trajectories").glob("*.parquet")))
            datasets = len(list(project.datasets.glob("*/*/manifest.json")))
            raise UsageError(
                f"Rebuilding the store {project.store_path}: it is whole, and nothing was done. `reroute rebuild "
                f"--again` moves it aside and makes it anew from {lines:,} lines of the journal, {parts:,} lake parts "
                f"and {datasets:,} dataset folders."
            )
        draft = project.store_path.with_name(f".{project.store_path.name}.rebuilding")
        for path in (draft, _log(draft)):
            path.unlink(missing_ok=True)
        with store.Store(draft).write() as connection:
            filled = fill(project, connection)
            line = journal.restart(connection)
        aside = _swap(project, draft, line)
    publish(project)
    return Rebuilt(aside, filled.tables, filled.lost)


def fault(project: Project) -> str | None:
    """Why the store has to be made anew; None where it is whole. Everything in it is read.

    Raises UsageError where there is none and nothing to make one from, StoreBusy where another process holds it.
    """
    from reroute.storage.publish import copies, quoted

    here = store.of(project)
    try:
        if not here.exists():
            if not copies(project) and not any(project.datasets.glob("*/*/manifest.json")):
                raise UsageError(
                    f"Rebuilding the store {project.store_path}: there is none, and nothing in {project.data_dir} to "
                    "make one from. `reroute collect` makes a new one."
                )
            return f"{project.store_path} is not there"
        with here.read() as connection:
            for (name,) in connection.execute("show tables").fetchall():
                connection.execute(f"select sum(hash(t)::hugeint) from {quoted(name)} t").fetchall()
            journal.check(project, connection)
    except StoreDamaged as error:
        return str(error)
    return None


def _swap(project: Project, draft: Path, line: bytes) -> list[str]:
    """Bring the new store and its journal into place. Killed in between, there is no store: the same again goes on."""
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%S}.aside"
    new_journal = project.journal.with_name(f".{project.journal.name}.rebuilding")
    with new_journal.open("wb") as stream:
        stream.write(line)
        stream.flush()
        os.fsync(stream.fileno())
    aside = []
    if project.journal.exists():
        target = project.journal.with_name(f"{project.journal.name}.{stamp}")
        target.hardlink_to(project.journal)
        aside.append(str(target))
    there = [old for old in (project.store_path, _log(project.store_path)) if old.exists()]
    aside += [str(old.rename(old.with_name(f"{old.name}.{stamp}"))) for old in there]
    new_journal.replace(project.journal)
    draft.replace(project.store_path)
    return aside


def _log(path: Path) -> Path:
    """DuckDB's log of what is not yet in its file."""
    return path.with_name(f"{path.name}.wal")
