"""How a project stands, in a few lines, from the published copy of its store."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from reroute.settings import Project
from reroute.storage import publish

_FIGURES = """
    select
        (select count(*) from trajectories where is_current) as runs,
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
        (select count(*) from episodes) as episodes,
        (select count(*) from grades) as grades,
        (select count(*) from datasets where passed) as datasets,
"""


@dataclass(frozen=True)
class Figures:
    """The figures of a project."""

    runs: int
    """Current trajectories."""
    steps: int
    parts: int
    bytes: int
    files: int
    unknown_files: int
    quarantined: int
    conflicts: int
    collected_at: dt.datetime | None
    untagged_parts: int
    tagged_at: dt.datetime | None
    episodes: int
    grades: int
    datasets: int


@dataclass(frozen=True)
class Status:
    """The figures of a project, and what needs a look."""

    figures: Figures
    formats: dict[str, int]
    """Current trajectories by format."""
    jobs: dict[str, int]
    """Fine-tuning jobs by status."""
    alarms: list[str]
    """Those that nobody has acknowledged, newest first."""

    def table(self) -> str:
        """For a person."""
        return "\n".join(self._lines())

    def json(self) -> str:
        """For a machine."""
        import orjson

        return orjson.dumps(asdict(self), option=orjson.OPT_INDENT_2).decode()

    def _lines(self) -> Iterator[str]:
        it = self.figures
        formats = ", ".join(f"{count:,} {name}" for name, count in self.formats.items())
        yield f"runs        {it.runs:,}{f' ({formats})' if formats else ''}"
        yield f"lake        {it.steps:,} steps in {it.parts:,} parts, {it.bytes / 1e6:,.1f} MB"
        yield f"files       {it.files:,} read, {it.unknown_files:,} of no known format{_when(it.collected_at)}"
        yield f"quarantine  {it.quarantined:,} records"
        if it.conflicts:
            yield f"conflicts   {it.conflicts:,} runs have versions that do not continue each other"
        waiting = f", {it.untagged_parts:,} parts not tagged yet" if it.untagged_parts else ""
        yield f"episodes    {it.episodes:,}{_when(it.tagged_at)}{waiting}"
        yield f"grades      {it.grades:,}"
        yield f"datasets    {it.datasets:,} passed their gates"
        jobs = ", ".join(f"{count:,} {status}" for status, count in self.jobs.items())
        yield f"jobs        {jobs or 'none'}"
        for alarm in self.alarms:
            yield f"ALARM       {alarm}"


def status(project: Project) -> Status:
    """The figures as last published.

    Raises UsageError where nothing is published yet.
    """
    connection = publish.connect(project)
    try:
        figures = connection.execute(_FIGURES).fetchall()[0]
        formats = connection.execute(
            "select format, count(*) from trajectories where is_current group by format order by format"
        ).fetchall()
        jobs = connection.execute("select status, count(*) from jobs group by status order by status").fetchall()
        alarms = connection.execute(
            "select message from alarms where acknowledged_at is null order by raised_at desc, alarm_id limit 5"
        ).fetchall()
        return Status(Figures(*figures), dict(formats), dict(jobs), [message for (message,) in alarms])
    finally:
        connection.close()


def _when(moment: dt.datetime | None) -> str:
    return "" if moment is None else f", last {moment:%Y-%m-%d %H:%M} UTC"
