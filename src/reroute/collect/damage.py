"""Files that were found without runs which are known from them: damaged, overwritten or gone. The runs stay current."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reroute.collect.collected import count as _n
from reroute.settings import Project
from reroute.storage import journal, store

GONE = "it is not there any more"
_LOST = """
    select source, path, count(*),
    from trajectories
    where is_current and lost_at is not null
    group by source, path
    order by source, path
"""
_ALL_LOST = """
    select source, count(distinct path),
    from trajectories
    where is_current and source in (select unnest(?::varchar[]))
    group by source
    having count(lost_at) = count(*)
    order by source
"""


@dataclass(frozen=True)
class Damage:
    """What is lost from the sources."""

    files: list[str]
    """A line for each file that was found so in this run: what was found, and how many runs stay as they were read."""
    runs: int
    """Current runs that are not in their files, these and those found before."""
    sources: list[str]
    """A line for each source of which no file holds a run any more."""


def mark_gone(project: Project, files: list[tuple[str, str]]) -> None:
    """Mark the runs of files that are not there any more as lost; a file that comes back is read again."""
    if not files:
        return
    with store.of(project).write() as connection:
        places = [[source for source, _ in files], [path for _, path in files]]
        connection.execute(
            "create temp table gone as select unnest(?::varchar[]) as source, unnest(?::varchar[]) as path", places
        )
        lost = connection.execute(
            "update trajectories t set lost_at = now() from gone g"
            " where t.source = g.source and t.path = g.path and t.is_current and t.lost_at is null"
            " returning t.trajectory_id, t.version"
        ).fetchall()
        connection.execute("delete from files f using gone g where f.source = g.source and f.path = g.path")
        journal.note(project, connection, {"trajectories": lost, "files": files})


def assess(project: Project, sources: Iterable[str], found: Mapping[tuple[str, str], str]) -> Damage:
    """What is lost, with the reason for each file in ``found``; a file whose runs turned up elsewhere is none."""
    with store.of(project).read() as connection:
        lost = connection.execute(_LOST).fetchall()
        whole = connection.execute(_ALL_LOST, [sorted(set(sources))]).fetchall()
    return Damage(
        [
            f"{source}: {path}: {found[source, path]}; {_runs(count)} as read from it before."
            for source, path, count in lost
            if (source, path) in found
        ],
        sum(count for _, _, count in lost),
        [
            f"The source `{source}` is damaged as a whole: none of its {_n(files, 'file')} holds the runs that were "
            "read from it, which stay current. Is its place mounted? Restore the files, or take the source out of "
            "reroute.toml."
            for source, files in whole
        ],
    )


def _runs(count: int) -> str:
    return f"{_n(count, 'run')} stay{'s' if count == 1 else ''} current"
