"""Making lake parts anew from the source files of their runs.

The damaged part is forgotten: its row in the store goes, its files are moved aside, and its source files are read
again. A run's identity is its content, so the same runs come back with their labels and grades. Killed in between, the
next collect reads the sources, and the same command goes on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reroute.collect.rows import read_again
from reroute.collect.sources import base
from reroute.errors import PartDamaged, PartialFailure, UsageError
from reroute.safe_text import one_line
from reroute.storage import journal, lake, store

if TYPE_CHECKING:
    from reroute.settings import Project

_NAMED = 10
_LEFT = """
    select t.trajectory_id, t.version, t.is_current, t.source, t.path,
    from trajectories t
    where t.part in (select unnest(?)) and t.part not in (select part from parts)
    order by all
"""
_PROMOTE = """
    update trajectories t set is_current = true
    from (
        select trajectory_id, arg_max(version, steps) as version
        from trajectories
        where part in (select part from parts) and trajectory_id in (select unnest(?))
        group by trajectory_id
        having not bool_or(is_current)
    ) n
    where t.trajectory_id = n.trajectory_id and t.version = n.version
"""


@dataclass(frozen=True)
class Recovered:
    """What making parts anew came to."""

    parts: list[str]
    aside: list[str]
    """Where the damaged files lie."""
    versions: int
    """Trajectory versions that lay in the parts."""
    superseded: int
    """Of them, versions that a later one of the same run had replaced, and that no source has any more."""
    lost: list[str]
    """Runs of which no source has the current version any more: id, source and path."""

    def check(self) -> None:
        """Raise PartialFailure where runs are lost."""
        if self.lost:
            raise PartialFailure(_lost_message(self.parts, self.lost))


def damaged_parts(project: Project) -> list[str]:
    """Every part that is damaged or missing; each byte of the lake is read."""
    from reroute.progress import track

    total = len(lake.parts(project))
    return [part for part, wrong in track(lake.faults(project, deep=True), "reading the lake", total) if wrong]


def rebuild_parts(project: Project, names: Sequence[str]) -> Recovered:
    """Make damaged or missing parts anew from the source files of their runs; publishes what changed.

    Raises UsageError where a part is not known or whole, StoreBusy where another process collects or holds the store.
    """
    from reroute.collect import collect
    from reroute.collect.lock import one_at_a_time
    from reroute.storage.publish import publish

    if not names:
        return Recovered([], [], 0, 0, [])
    with one_at_a_time(project.data_dir):
        parts = [_damaged(project, name) for name in names]
        with store.of(project).write() as connection:
            rows = connection.execute(
                "select source, path, count(*) from trajectories where part in (select unnest(?))"
                " group by all order by all",
                [parts],
            ).fetchall()
            files = [(source, path) for source, path, _ in rows]
            connection.execute("delete from parts where part in (select unnest(?))", [parts])
            read_again(project, connection, files, parts=parts)
        # Out of the way of the files that replace them, under names that nothing sweeps; a part may be named twice.
        old = dict.fromkeys(path for part in parts for path in lake.files(project, part) if path.exists())
        aside = [str(path.replace(path.with_name(f"{path.name}.damaged"))) for path in old]
    there = [place for source, name in files if (place := base(project, source) / name).exists()]
    if there:
        collect(project, there)
    superseded, lost = _give_up(project, parts)
    publish(project)
    return Recovered(parts, aside, sum(count for *_, count in rows), superseded, lost)


def _damaged(project: Project, name: str) -> str:
    """The one part whose name begins like that. Raises UsageError where there is not one, or it is whole."""
    with store.of(project).read() as connection:
        rows = connection.execute(
            "select distinct part from trajectories where starts_with(part, ?) union"
            " select part from parts where starts_with(part, ?) order by part",
            [name, name],
        ).fetchall()
    if len(rows) != 1:
        raise UsageError(f"Rebuilding the lake part {name}: {len(rows)} parts begin like that.")
    try:
        lake.whole(project, rows[0][0])
    except PartDamaged:
        return str(rows[0][0])
    raise UsageError(f"Rebuilding the lake part {name}: it is as it was committed. Nothing was done.")


def _give_up(project: Project, parts: list[str]) -> tuple[int, list[str]]:
    """Mark what did not come back, so that no later stage looks for it: superseded versions counted, lost runs named.

    An earlier version of a lost run that lies in another part is current again.
    """
    with store.of(project).read() as connection:
        left = connection.execute(_LEFT, [parts]).fetchall()
    gone = [row for row in left if row[2]]
    if not gone:
        return len(left), []
    lost = [f"{run} ({one_line(f'{source}: {path}', 200)})" for run, _, _, source, path in gone]
    with store.of(project).write() as connection:
        connection.executemany(
            "update trajectories set is_current = false where trajectory_id = ? and version = ?",
            [row[:2] for row in gone],
        )
        runs = sorted({row[0] for row in gone})
        connection.execute(_PROMOTE, [runs])
        alarm = hashlib.blake2b("\0".join([*parts, *lost]).encode(), digest_size=8).hexdigest()
        connection.execute(
            "insert or ignore into alarms values (?, 'rebuild', ?, ?, now(), null)",
            [alarm, parts[0], _lost_message(parts, lost)],
        )
        changed = connection.execute(
            "select trajectory_id, version from trajectories where trajectory_id in (select unnest(?))", [runs]
        ).fetchall()
        journal.note(project, connection, {"trajectories": changed, "alarms": [(alarm,)]})
    return len(left) - len(gone), lost


def _lost_message(parts: list[str], lost: list[str]) -> str:
    """Which runs are lost with which parts, and what to do; for the alarm and for the error."""
    more = f" and {len(lost) - _NAMED:,} more" if len(lost) > _NAMED else ""
    return (
        f"Lake parts {', '.join(parts)} were damaged, and {len(lost):,} runs in them are lost, since their source "
        f"files are gone or have changed: {', '.join(lost[:_NAMED])}{more}. Put the files back and run "
        "`reroute collect`."
    )
