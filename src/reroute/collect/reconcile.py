"""Bringing store and lake in line once all files are read, also what an interrupted run before could not."""

from __future__ import annotations

import hashlib

from reroute.collect.commit import rewrite
from reroute.settings import Project
from reroute.storage import journal, lake, store

_REPLACED = """
    select p.part, p.redaction_version, p.trajectories, count(t.part) as remaining,
    from parts p
    left join trajectories t using (part)
    group by all
    having remaining < p.trajectories
    order by p.part
"""
_GONE = """
    select t.trajectory_id, t.version,
    from trajectories t
    join (
        select source, path, any_value(format) as format, min(reader_version) as reader_version,
        from files
        group by source, path
        having count(distinct reader_version) = 1 and sum(end_byte - start_byte) = max(file_size)
    ) f using (source, path)
    where t.is_current and t.lost_at is null
        and (t.reader_version <> f.reader_version or t.format is distinct from f.format)
"""
_UNWEIGHED = """
    select
        f.source,
        sum(f.trajectories + f.rejected)::bigint as records,
        (
            select coalesce(list(q.quarantine_id order by q.quarantine_id), [])
            from quarantine q
            where q.source = f.source and not q.weighed
        ) as fresh,
    from files f
    where not f.weighed
    group by f.source
    order by f.source
"""


def reconcile(project: Project) -> list[str]:
    """Retire runs that a newer reader does not find, drop replaced rows from the lake; the messages of new alarms.

    A run that is lost is not retired: what its file held when it was read is not there to be read anew. An alarm is
    raised where too large a share of what was newly read from a source is quarantined. Nothing is written where all is
    in line.
    """
    with store.of(project).read() as connection:
        gone = connection.execute(_GONE).fetchall()
        replaced = connection.execute(_REPLACED).fetchall()
        unweighed = connection.execute(_UNWEIGHED).fetchall()
    for part, redaction_version, _, remaining in replaced:
        _compact(project, part, redaction_version, remaining)
    if replaced:
        lake.sweep(project)
    limit, alarms = project.settings.collect.quarantine_alarm_share, list[tuple[str, str, str]]()
    for source, records, fresh in unweighed:
        share = len(fresh) / max(1, records)
        if share > limit:
            key = hashlib.blake2b("\0".join([source, *fresh]).encode(), digest_size=8).hexdigest()
            message = (
                f"{len(fresh)} of {records} records newly read from the source `{source}` are quarantined "
                f"({share:.1%}, alarm above {limit:.1%}). `reroute quarantine list` shows why."
            )
            alarms.append((key, source, message))
    if gone or unweighed:
        with store.of(project).write() as connection:
            connection.execute(
                f"update trajectories set is_current = false where (trajectory_id, version) in ({_GONE})"
            )
            for alarm in alarms:
                connection.execute("insert or ignore into alarms values (?, 'collect', ?, ?, now(), null)", alarm)
            connection.execute("update files set weighed = true where not weighed")
            connection.execute("update quarantine set weighed = true where not weighed")
            changed = {"trajectories": gone, "alarms": [(key,) for key, *_ in alarms]}
            journal.note(project, connection, changed, weighed=bool(unweighed))
    return [message for *_, message in alarms]


def _compact(project: Project, part: str, redaction_version: int, remaining: int) -> None:
    """Replace a part by one that holds only the versions which still lie in it."""
    smaller = None
    if remaining:
        with store.of(project).read() as connection:
            rows = connection.execute("select trajectory_id, version from trajectories where part = ?", [part])
            keep = {(trajectory_id, version) for trajectory_id, version in rows.fetchall()}
        smaller = rewrite(lake.batches(lake.whole(project, part)), keep, lake.staging(project) / f"compact-{part}")
        lake.place(project, smaller)
    with store.of(project).write() as connection:
        if smaller:
            lake.commit_part(connection, smaller, redaction_version)
            connection.execute("update trajectories set part = ? where part = ?", [smaller.name, part])
        connection.execute("delete from parts where part = ?", [part])  # its tags go with the next tagging
        name = smaller.name if smaller else part
        moved = connection.execute("select trajectory_id, version from trajectories where part = ?", [name]).fetchall()
        journal.note(project, connection, {"parts": [(part,), (name,)], "trajectories": moved})
