"""Following a job until it ends: status and events into the store, as often as there is news."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reroute.errors import UsageError
from reroute.settings import Project
from reroute.tune import providers
from reroute.tune.ledger import Job, Ledger
from reroute.tune.providers import Connection, RemoteEvent

Tell = Callable[[Job, list[RemoteEvent]], None]


@dataclass(frozen=True)
class Pace:
    """Seconds between looks: short after news, longer while nothing happens."""

    first: float = 2.0
    longest: float = 60.0
    growth: float = 1.5


def watch(project: Project, job: Job, there: Connection, tell: Tell, pace: Pace | None = None) -> Job:
    """Poll until the job ends, telling what is new; started again, it goes on where it was."""
    pace, pause = pace or Pace(), (pace or Pace()).first
    while True:
        before = job.status
        job, events = refresh(project, job, there)
        if events or job.status != before:
            tell(job, events)
            pause = pace.first
        if job.final:
            return job
        there.patience.sleep(pause)
        pause = min(pause * pace.growth, pace.longest)


def refresh(project: Project, job: Job, there: Connection) -> tuple[Job, list[RemoteEvent]]:
    """Ask the provider once, keep the answer, and return the job and what is new."""
    ledger = Ledger(project)
    seen = {event.event_id for event in ledger.events(job.job_key) if event.origin == "provider"}
    remote, events = providers.load(job.provider).poll(_submitted(job), seen, there)
    return ledger.told(job.job_key, remote, events=events), events


def cancel(project: Project, job: Job, there: Connection) -> Job:
    """Stop a job at the provider."""
    remote = providers.load(job.provider).cancel(_submitted(job), there)
    return Ledger(project).told(job.job_key, remote, note="cancel asked for")


def _submitted(job: Job) -> str:
    if job.provider_job_id is None:
        raise UsageError(
            f"Job {job.job_key[:12]} was meant but never started at {job.provider} (status {job.status}). The same "
            "`reroute job submit` goes on with it."
        )
    return job.provider_job_id
