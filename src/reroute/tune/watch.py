"""Following jobs: one until it ends, or a look at every one that has not ended, as the nightly run takes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from reroute.errors import PartialFailure, RerouteError, UsageError
from reroute.tune import providers
from reroute.tune.ledger import Job, Ledger, RemoteEvent
from reroute.tune.tuning import Tuning

Report = Callable[[Job, list[RemoteEvent]], None]


@dataclass(frozen=True)
class PollInterval:
    """Seconds between looks: short after news, longer while nothing happens."""

    first: float = 2.0
    """After news, and at the beginning."""
    longest: float = 60.0
    growth: float = 1.5
    """By what a pause is longer than the one before it, up to the longest."""


def watch(tuning: Tuning, job: Job, report: Report, interval: PollInterval | None = None) -> Job:
    """Poll until the job ends, reporting what is new; started again, it goes on where it was.

    Raises UsageError where the job was never started, ProviderError where the provider cannot be asked.
    """
    interval = interval or PollInterval()
    pause = interval.first
    while not job.final:
        before = job.status
        job, events = refresh(tuning, job)
        if events or job.status != before:
            report(job, events)
            pause = interval.first
        if not job.final:
            tuning.retry.sleep(pause)
            pause = min(pause * interval.growth, interval.longest)
    return job


def refresh(tuning: Tuning, job: Job) -> tuple[Job, list[RemoteEvent]]:
    """Ask the provider once, write the answer down, and return the job and what is new.

    Raises UsageError where the job was never started or the key is not set, ProviderError where the provider cannot be
    asked.
    """
    connection, ledger = tuning.connection(job.provider, job.base_url), Ledger(tuning.project)
    seen = {event.event_id for event in ledger.events(job.job_key) if event.origin == "provider"}
    remote, events = providers.load(job.provider).poll(_submitted(job), seen, connection)
    return ledger.record(job.job_key, remote, news=events), events


def cancel(tuning: Tuning, job: Job) -> Job:
    """Stop a job at the provider; one that has ended stays as it is.

    Raises UsageError where the job was never started, ProviderError where the provider does not stop it.
    """
    if job.final:
        return job
    connection = tuning.connection(job.provider, job.base_url)
    remote = providers.load(job.provider).cancel(_submitted(job), connection)
    return Ledger(tuning.project).record(job.job_key, remote, "cancel asked for")


def _submitted(job: Job) -> str:
    """The provider's id of a job; raises UsageError where it has none yet."""
    if job.provider_job_id is None:
        raise UsageError(
            f"Job {job.job_key[:12]} was meant but never started at {job.provider} (status {job.status}). The same "
            "`reroute job submit` goes on with it."
        )
    return job.provider_job_id


@dataclass(frozen=True)
class Followed:
    """How the jobs stand after a look at all that had not ended."""

    statuses: dict[str, int]
    """Jobs by the status that they have after the look."""
    events: int
    """New ones."""
    unfinished: int
    """Jobs that were submitted and never reached the provider's list: the same `job submit` goes on with each."""

    def line(self) -> str:
        """What a person reads of it in the morning."""
        if not self.statuses and not self.unfinished:
            return "no jobs to follow"
        parts = [f"{count} {status}" for status, count in sorted(self.statuses.items())]
        parts += [f"{self.unfinished} never started (repeat their `reroute job submit`)"] if self.unfinished else []
        return f"jobs: {', '.join(parts)}; {self.events} new events"


def follow(tuning: Tuning) -> Followed:
    """Ask once about each submitted job that has not ended; nothing is submitted.

    Raises PartialFailure, after all others were asked, where a provider could not be asked about a job.
    """
    waiting = [job for job in Ledger(tuning.project).jobs() if not job.final]
    submitted = [job for job in waiting if job.provider_job_id]
    statuses: Counter[str] = Counter()
    news, failed = 0, []
    for job in submitted:
        try:
            latest, events = refresh(tuning, job)
        except RerouteError as error:
            failed.append(f"{job.job_key[:12]}: {error}")
            continue
        statuses[latest.status] += 1
        news += len(events)
    if failed:
        raise PartialFailure(
            f"Following {len(submitted)} jobs: {len(failed)} could not be asked about. {' '.join(failed)}"
        )
    return Followed(dict(statuses), news, len(waiting) - len(submitted))
