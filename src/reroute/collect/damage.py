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


def mark_gone(project: Project, files: Mapping[tuple[str, str], list[str]]) -> dict[tuple[str, str], str]:
    """Mark the runs of files that are not there any more as lost; a file that comes back is read again.

    ``files`` gives for each, by source and name, where the runs were read from: its own name, or the files of its
    session. What was found of each such place.
    """
    found = {
        (source, path): GONE if path == name else f"{name} of the same session: {GONE}"
        for (source, name), paths in files.items()
        for path in paths
    }
    if not files:
        return found
    with store.of(project).write() as connection:
        lost = []
        for (source, name), paths in files.items():
            lost += connection.execute(
                "update trajectories set lost_at = now() where source = ? and path in (select unnest(?))"
                " and is_current and lost_at is null returning trajectory_id, version",
                [source, paths],
            ).fetchall()
            # What a session's other files hold is still known: with its own file back, they are read together again.
            rest = "update files set redaction_version = -1" if name not in paths else "delete from files"
            connection.execute(f"{rest} where source = ? and path = ?", [source, name])
        journal.note(project, connection, {"trajectories": lost, "files": list(files)})
    return found


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
