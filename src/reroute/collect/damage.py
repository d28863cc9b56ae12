"""Files that were found without runs which are known from them: damaged, overwritten or gone. The runs stay current."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reroute.collect.collected import Collected, count
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


def assess(
    project: Project, sources: Iterable[str], found: Mapping[tuple[str, str], str], collected: Collected
) -> None:
    """Set in ``collected`` what is lost, with the reason for each file in ``found``.

    A file whose runs turned up elsewhere is not damaged.
    """
    with store.of(project).read() as connection:
        lost = connection.execute(_LOST).fetchall()
        whole = connection.execute(_ALL_LOST, [sorted(set(sources))]).fetchall()
    collected.lost_runs = sum(runs for _, _, runs in lost)
    collected.damaged = [
        f"{source}: {path}: {found[source, path]}; {count(runs, 'run')} stay{'s' if runs == 1 else ''} current as read "
        "from it before."
        for source, path, runs in lost
        if (source, path) in found
    ]
    collected.lost_sources = [
        f"The source `{source}` is damaged as a whole: none of its {count(files, 'file')} holds the runs that were "
        "read from it, which stay current. Is its place mounted? Restore the files, or take the source out of "
        "reroute.toml."
        for source, files in whole
    ]
