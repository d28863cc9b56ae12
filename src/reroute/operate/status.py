"""The figures of a project, from the published copy of its store."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from reroute.collect.fidelity import sentences, still_unknown
from reroute.settings import Project
from reroute.storage import publish

_FIGURES = """
    select
        (select count(*) from own_runs where is_counted) as runs,
        (select coalesce(sum(steps), 0)::bigint from parts) as steps,
        (select count(*) from parts) as parts,
        (select coalesce(sum(bytes), 0)::bigint from parts) as bytes,
        (select count(distinct (source, path)) from files) as files,
        (select count(distinct (source, path)) from files where format is null) as unknown_files,
        (select count(*) from quarantine) as quarantined,
        (select count(*) from trajectories where conflict and is_current) as conflicts,
        (select max(collected_at) from files) as collected_at,
        (select count(*) from parts p where not exists (from tagged_parts t where t.part = p.part)) as untagged_parts,
        (select max(tagged_at) from tagged_parts) as tagged_at,
        (select count(*) from labels) as episodes,
        (select count(*) from grades) as grades,
        (select count(*) from datasets where passed) as datasets,
"""


@dataclass(frozen=True)
class Figures:
    """The figures of a project."""

    runs: int
    """Current trajectories; those that are only the beginning of another one are left out."""
    steps: int
    """Of every trajectory version in the lake."""
    parts: int
    """Parts of the lake."""
    bytes: int
    """Of the lake's files, without the features."""
    files: int
    """Files that were read."""
    unknown_files: int
    """Of them, those that no format claims."""
    quarantined: int
    """Records that could not be read."""
    conflicts: int
    """Current trajectories of runs whose versions do not continue each other."""
    collected_at: dt.datetime | None
    """When a file was last read; None before."""
    untagged_parts: int
    tagged_at: dt.datetime | None
    """When a part was last tagged; None before."""
    episodes: int
    """Of current trajectories, a failure that several runs of a family share once."""
    grades: int
    datasets: int
    """Those that passed their gates."""


@dataclass(frozen=True)
class Status:
    """The figures of a project, and what needs a look."""

    figures: Figures
    formats: dict[str, int]
    """Current trajectories by format."""
    jobs: dict[str, int]
    """Fine-tuning jobs by status."""
    drift: list[str]
    """What formats do not know of the files that were read, a sentence each."""
    alarms: list[str]
    """Those that nobody has acknowledged, newest first."""


def status(project: Project) -> Status:
    """The figures as last published.

    Raises UsageError where nothing is published yet.
    """
    connection = publish.connect(project)
    try:
        figures = connection.execute(_FIGURES).fetchall()[0]
        formats = connection.execute(
            "select format, count(*) from own_runs where is_counted group by format order by format"
        ).fetchall()
        jobs = connection.execute("select status, count(*) from jobs group by status order by status").fetchall()
        alarms = connection.execute(
            "select message from alarms where acknowledged_at is null order by raised_at desc, alarm_id limit 5"
        ).fetchall()
        drift = {}
        if ("drift",) in connection.execute("show tables").fetchall():  # not in what an older Reroute published
            rows = connection.execute("select format, what, name, records from drift").fetchall()
            drift = still_unknown({(name, what, thing): number for name, what, thing, number in rows})
        messages = [message for (message,) in alarms]
        return Status(Figures(*figures), dict(formats), dict(jobs), sentences(drift), messages)
    finally:
        connection.close()
