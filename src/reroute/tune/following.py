"""A look at every job that has not ended, once, as the nightly run takes it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from reroute.errors import PartialFailure, RerouteError
from reroute.llm_api.patience import Patience
from reroute.settings import Project
from reroute.tune import capabilities
from reroute.tune.ledger import Ledger
from reroute.tune.submit import connection
from reroute.tune.watch import refresh


@dataclass(frozen=True)
class Followed:
    """How the jobs stand after the look."""

    statuses: dict[str, int]
    events: int
    """New ones."""
    unfinished: int
    """Orders that were given and never reached the provider's list: the same `job submit` goes on with each."""

    def line(self) -> str:
        """What a person reads of it in the morning."""
        if not self.statuses and not self.unfinished:
            return "no jobs to follow"
        told = [f"{count} {status}" for status, count in sorted(self.statuses.items())]
        told += [f"{self.unfinished} never started (repeat their `reroute job submit`)"] if self.unfinished else []
        return f"jobs: {', '.join(told)}; {self.events} new events"


def follow(project: Project, patience: Patience | None = None) -> Followed:
    """Ask once about each submitted job that has not ended; nothing is submitted.

    Raises PartialFailure, after all others were asked, where a provider could not be asked about a job.
    """
    waiting = [job for job in Ledger(project).jobs() if not job.final]
    submitted = [job for job in waiting if job.provider_job_id]
    statuses: Counter[str] = Counter()
    news, failed = 0, []
    for job in submitted:
        try:
            there = connection(job.provider, job.base_url, capabilities.load(), patience)
            now, events = refresh(project, job, there)
        except RerouteError as error:
            failed.append(f"{job.job_key[:12]}: {error}")
            continue
        statuses[now.status] += 1
        news += len(events)
    if failed:
        raise PartialFailure(
            f"Following {len(submitted)} jobs: {len(failed)} could not be asked about. {' '.join(failed)}"
        )
    return Followed(dict(statuses), news, len(waiting) - len(submitted))
