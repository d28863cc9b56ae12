"""A job is followed to its end, and on from where it was."""

from __future__ import annotations

import pytest

from reroute.errors import ProviderError, UsageError
from reroute.llm_api.patience import Patience
from reroute.tune.desk import Desk, Wishes
from reroute.tune.ledger import Intent, Job
from reroute.tune.providers import Connection, RemoteEvent
from reroute.tune.watch import Pace, cancel, refresh, watch

from .conftest import KEY, MakeDataset
from .loopback import Loopback, cut, garbled, status

LOOK = "GET /fine_tuning/jobs/ftjob-1"


@pytest.fixture
def job(desk: Desk, make_dataset: MakeDataset, provider: Loopback, quick: Patience) -> Job:
    quote = desk.quote(str(make_dataset().folder), "openai", "gpt-4.1", Wishes(base_url=provider.url))
    return desk.submit(quote, quick)


@pytest.fixture
def there(provider: Loopback, quick: Patience) -> Connection:
    return Connection(provider.url, KEY, quick)


def _event(number: int, **more: object) -> dict[str, object]:
    return {
        "id": f"ev-{number}",
        "created_at": 1_790_000_000 + number,
        "level": "info",
        "message": f"step {number}",
    } | more


def test_every_event_is_told_and_kept_once_until_the_job_ends(
    desk: Desk, job: Job, provider: Loopback, there: Connection
) -> None:
    provider.events = [_event(number) for number in range(1, 6)]
    provider.statuses = ["queued", "running", "running", "succeeded"]
    told: list[str] = []

    def tell(now: Job, events: list[RemoteEvent]) -> None:
        told.extend([*(event.message for event in events), now.status])

    ended = watch(desk.project, job, there, tell)
    assert told == ["step 1", "step 2", "step 3", "step 4", "step 5", "queued", "running", "succeeded"]
    assert (ended.status, ended.fine_tuned_model) == ("succeeded", "ft:gpt-4.1:acme::1")
    kept = [event.event_id for event in desk.ledger.events(job.job_key) if event.origin == "provider"]
    assert kept == [f"ev-{number}" for number in range(1, 6)]


def test_watching_again_tells_only_what_is_new(desk: Desk, job: Job, provider: Loopback, there: Connection) -> None:
    provider.events = [_event(1), _event(2)]
    refresh(desk.project, job, there)
    provider.events.append(_event(3))
    _, fresh = refresh(desk.project, job, there)
    assert [event.id for event in fresh] == ["ev-3"]


def test_an_event_that_the_provider_repeats_is_kept_once(
    desk: Desk, job: Job, provider: Loopback, there: Connection
) -> None:
    provider.events = [_event(1), _event(1), _event(2)]
    _, fresh = refresh(desk.project, job, there)
    assert [event.id for event in fresh] == ["ev-1", "ev-2"]


def test_pauses_grow_while_nothing_happens(desk: Desk, job: Job, provider: Loopback, quick: Patience) -> None:
    pauses: list[float] = []
    provider.statuses = ["running"] * 6 + ["succeeded"]
    there = Connection(provider.url, KEY, Patience(first=0.01, sleep=pauses.append))
    watch(desk.project, job, there, lambda *_: None, Pace(first=2, longest=5))
    assert pauses == [2, 3.0, 4.5, 5, 5, 5]


@pytest.mark.parametrize(
    "fault", [status(429), status(500), cut(after=False), garbled()], ids=["429", "500", "cut", "bad"]
)
def test_a_fault_while_watching_is_lived_through(
    desk: Desk, job: Job, provider: Loopback, there: Connection, fault: object
) -> None:
    provider.fault(LOOK, fault)
    provider.statuses = ["failed"]
    assert watch(desk.project, job, there, lambda *_: None).status == "failed"


def test_a_provider_that_stays_broken_ends_the_watch_with_what_it_said(
    desk: Desk, job: Job, provider: Loopback, there: Connection
) -> None:
    provider.fault(LOOK, *(status(500, {"message": "on fire"}) for _ in range(9)))
    with pytest.raises(ProviderError, match="on fire"):
        watch(desk.project, job, there, lambda *_: None)


def test_why_a_job_failed_is_kept(desk: Desk, job: Job, provider: Loopback, there: Connection) -> None:
    provider.jobs[0]["error"] = {"code": "invalid_training_file", "message": "line 3 is bad", "param": None}
    provider.statuses = ["failed"]
    assert watch(desk.project, job, there, lambda *_: None).error == "line 3 is bad"


def test_a_status_that_is_not_known_yet_is_followed(
    desk: Desk, job: Job, provider: Loopback, there: Connection
) -> None:
    provider.statuses = ["pausing", "paused", "running", "cancelled"]
    assert watch(desk.project, job, there, lambda *_: None).status == "cancelled"


def test_cancelling_stops_the_job(desk: Desk, job: Job, provider: Loopback, there: Connection) -> None:
    assert cancel(desk.project, job, there).status == "cancelled"
    assert desk.ledger.find(job.job_key).final


def test_a_job_that_never_started_cannot_be_watched(desk: Desk, there: Connection) -> None:
    desk.ledger.intend(
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
        watch(desk.project, desk.ledger.find("k1"), there, lambda *_: None)


def test_a_job_is_found_by_the_start_of_its_key_or_id(desk: Desk, job: Job) -> None:
    assert desk.ledger.find(job.job_key[:5]) == desk.ledger.find("ftjob-1")
    with pytest.raises(UsageError, match="no job has"):
        desk.ledger.find("zzz")
