"""The nightly look at all jobs."""

from __future__ import annotations

import pytest

from reroute.errors import PartialFailure
from reroute.tune.job_spec import JobOptions
from reroute.tune.ledger import Intent, Ledger
from reroute.tune.submit import submit
from reroute.tune.tuning import Tuning
from reroute.tune.watch import follow

from .conftest import MakeDataset
from .loopback import Loopback, status


@pytest.fixture
def two_jobs(tuning: Tuning, make_dataset: MakeDataset, provider: Loopback) -> None:
    folder = str(make_dataset().folder)
    for attempt in (1, 2):
        quote = tuning.quote(folder, "openai", "gpt-4.1", JobOptions(base_url=provider.url, attempt=attempt))
        submit(tuning, quote)


def test_without_jobs_nothing_is_asked(tuning: Tuning) -> None:
    assert follow(tuning).line() == "no jobs to follow"


@pytest.mark.usefixtures("two_jobs")
def test_each_open_job_is_asked_about_once_and_ended_ones_never_again(tuning: Tuning, provider: Loopback) -> None:
    provider.statuses = ["succeeded", "running"]
    assert follow(tuning).line() == "jobs: 1 running, 1 succeeded; 0 new events"
    asked = len(provider.requests)
    follow(tuning)
    assert len(provider.requests) == asked + 2


@pytest.mark.usefixtures("two_jobs")
def test_a_job_that_cannot_be_asked_about_is_named_after_the_others_were(tuning: Tuning, provider: Loopback) -> None:
    provider.fault("GET /fine_tuning/jobs/ftjob-2", status(404, {"message": "no such job"}))
    provider.statuses = ["succeeded"]
    with pytest.raises(PartialFailure, match="no such job"):
        follow(tuning)
    assert [job.status for job in Ledger(tuning.project).jobs()].count("succeeded") == 1


def test_a_job_that_never_started_is_counted(tuning: Tuning) -> None:
    names = dict.fromkeys(
        ("recipe", "version", "provider", "base_url", "model", "method", "price_note", "request"), "x"
    )
    Ledger(tuning.project).intend(Intent(job_key="k1", price_usd=None, **names))
    assert "1 never started" in follow(tuning).line()
