"""The nightly look at all jobs."""

from __future__ import annotations

import pytest

from reroute.errors import PartialFailure
from reroute.llm_api.patience import Patience
from reroute.tune import follow
from reroute.tune.desk import Desk, Wishes
from reroute.tune.ledger import Intent

from .conftest import MakeDataset
from .loopback import Loopback, status


@pytest.fixture
def two_jobs(desk: Desk, make_dataset: MakeDataset, provider: Loopback, quick: Patience) -> None:
    folder = str(make_dataset().folder)
    for attempt in (1, 2):
        quote = desk.quote(folder, "openai", "gpt-4.1", Wishes(base_url=provider.url, attempt=attempt))
        desk.submit(quote, quick)


def test_without_jobs_nothing_is_asked(desk: Desk) -> None:
    assert follow(desk.project).line() == "no jobs to follow"


@pytest.mark.usefixtures("two_jobs")
def test_each_open_job_is_asked_about_once_and_ended_ones_never_again(
    desk: Desk, provider: Loopback, quick: Patience
) -> None:
    provider.statuses = ["succeeded", "running"]
    assert follow(desk.project, quick).line() == "jobs: 1 running, 1 succeeded; 0 new events"
    asked = len(provider.requests)
    follow(desk.project, quick)
    assert len(provider.requests) == asked + 2


@pytest.mark.usefixtures("two_jobs")
def test_a_job_that_cannot_be_asked_about_is_named_after_the_others_were(
    desk: Desk, provider: Loopback, quick: Patience
) -> None:
    provider.fault("GET /fine_tuning/jobs/ftjob-2", status(404, {"message": "no such job"}))
    provider.statuses = ["succeeded"]
    with pytest.raises(PartialFailure, match="no such job"):
        follow(desk.project, quick)
    assert [job.status for job in desk.ledger.jobs()].count("succeeded") == 1


def test_an_order_that_never_started_is_told(desk: Desk) -> None:
    names = dict.fromkeys(
        ("recipe", "version", "provider", "base_url", "model", "method", "price_note", "request"), "x"
    )
    desk.ledger.intend(Intent(job_key="k1", price_usd=None, **names))
    assert "1 never started" in follow(desk.project).line()
