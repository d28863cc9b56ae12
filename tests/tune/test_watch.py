"""A job is followed to its end, and on from where it was."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reroute.errors import ProviderError, UsageError
from reroute.llm_api.retry import RetryPolicy
from reroute.tune.job_spec import JobOptions
from reroute.tune.ledger import Intent, Job, Ledger, RemoteEvent
from reroute.tune.submit import submit
from reroute.tune.tuning import Tuning
from reroute.tune.watch import PollInterval, cancel, refresh, watch

from .conftest import MakeDataset
from .loopback import Loopback, cut, garbled, status

LOOK = "GET /fine_tuning/jobs/ftjob-1"


@pytest.fixture
def job(tuning: Tuning, make_dataset: MakeDataset, provider: Loopback) -> Job:
    quote = tuning.quote(str(make_dataset().folder), "openai", "gpt-4.1", JobOptions(base_url=provider.url))
    return submit(tuning, quote)


def _event(number: int, **more: object) -> dict[str, object]:
    return {
        "id": f"ev-{number}",
        "created_at": 1_790_000_000 + number,
        "level": "info",
        "message": f"step {number}",
    } | more


def test_every_event_is_reported_and_stored_once_until_the_job_ends(
    tuning: Tuning, job: Job, provider: Loopback
) -> None:
    provider.events = [_event(number) for number in range(1, 6)]
    provider.statuses = ["queued", "running", "running", "succeeded"]
    reported: list[str] = []

    def report(now: Job, events: list[RemoteEvent]) -> None:
        reported.extend([*(event.message for event in events), now.status])

    ended = watch(tuning, job, report)
    assert reported == ["step 1", "step 2", "step 3", "step 4", "step 5", "queued", "running", "succeeded"]
    assert (ended.status, ended.fine_tuned_model) == ("succeeded", "ft:gpt-4.1:acme::1")
    stored = [event.event_id for event in Ledger(tuning.project).events(job.job_key) if event.origin == "provider"]
    assert stored == [f"ev-{number}" for number in range(1, 6)]


def test_watching_again_reports_only_what_is_new(tuning: Tuning, job: Job, provider: Loopback) -> None:
    provider.events = [_event(1), _event(2)]
    refresh(tuning, job)
    provider.events.append(_event(3))
    _, fresh = refresh(tuning, job)
    assert [event.id for event in fresh] == ["ev-3"]


def test_an_event_that_the_provider_repeats_is_stored_once(tuning: Tuning, job: Job, provider: Loopback) -> None:
    provider.events = [_event(1), _event(1), _event(2)]
    _, fresh = refresh(tuning, job)
    assert [event.id for event in fresh] == ["ev-1", "ev-2"]


def test_pauses_grow_while_nothing_happens(tuning: Tuning, job: Job, provider: Loopback) -> None:
    pauses: list[float] = []
    provider.statuses = ["running"] * 6 + ["succeeded"]
    tuning = replace(tuning, retry=RetryPolicy(first=0.01, sleep=pauses.append))
    watch(tuning, job, lambda *_: None, PollInterval(first=2, longest=5))
    assert pauses == [2, 3.0, 4.5, 5, 5, 5]


@pytest.mark.parametrize(
    "fault", [status(429), status(500), cut(after=False), garbled()], ids=["429", "500", "cut", "bad"]
)
def test_a_fault_while_watching_is_lived_through(tuning: Tuning, job: Job, provider: Loopback, fault: object) -> None:
    provider.fault(LOOK, fault)
    provider.statuses = ["failed"]
    assert watch(tuning, job, lambda *_: None).status == "failed"


def test_a_provider_that_stays_broken_ends_the_watch_with_what_it_said(
    tuning: Tuning, job: Job, provider: Loopback
) -> None:
    provider.fault(LOOK, *(status(500, {"message": "on fire"}) for _ in range(9)))
    with pytest.raises(ProviderError, match="on fire"):
        watch(tuning, job, lambda *_: None)


def test_why_a_job_failed_is_stored(tuning: Tuning, job: Job, provider: Loopback) -> None:
    provider.jobs[0]["error"] = {"code": "invalid_training_file", "message": "line 3 is bad", "param": None}
    provider.statuses = ["failed"]
    assert watch(tuning, job, lambda *_: None).error == "line 3 is bad"


def test_a_status_that_is_not_known_yet_is_followed(tuning: Tuning, job: Job, provider: Loopback) -> None:
    provider.statuses = ["pausing", "paused", "running", "cancelled"]
    assert watch(tuning, job, lambda *_: None).status == "cancelled"


def test_cancelling_stops_the_job(tuning: Tuning, job: Job, provider: Loopback) -> None:
    assert cancel(tuning, job).status == "cancelled"
    assert Ledger(tuning.project).find(job.job_key).final


def test_a_job_that_never_started_cannot_be_watched(tuning: Tuning) -> None:
    Ledger(tuning.project).intend(
        Intent(
            job_key="k1",
            recipe="r",
            version="v",
            provider="openai",
            base_url="https://h/v1",
            model="m",
            method="sft",
            price_usd=None,
            price_note="",
            request="{}",
        )
    )
    with pytest.raises(UsageError, match="never started"):
        watch(tuning, Ledger(tuning.project).find("k1"), lambda *_: None)


def test_a_job_is_found_by_the_start_of_its_key_or_id(tuning: Tuning, job: Job) -> None:
    assert Ledger(tuning.project).find(job.job_key[:5]) == Ledger(tuning.project).find("ftjob-1")
    with pytest.raises(UsageError, match="no job has"):
        Ledger(tuning.project).find("zzz")
