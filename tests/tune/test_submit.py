"""A job is started once, whatever the provider does in between."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from reroute.errors import GateFailed, ProviderError, UsageError
from reroute.llm_api.openai_client import retry_after
from reroute.storage import store
from reroute.tune.job_spec import JobOptions
from reroute.tune.ledger import Ledger
from reroute.tune.submit import _alone, submit
from reroute.tune.tuning import Tuning

from .conftest import Ask, MakeDataset
from .loopback import Fault, Loopback, cut, cut_body, garbled, slow, status

CREATE = "POST /fine_tuning/jobs"
UPLOAD = "POST /files"


def test_a_job_is_made_with_its_files_and_recorded(tuning: Tuning, ask: Ask, provider: Loopback) -> None:
    quote = ask()
    job = submit(tuning, quote)
    assert (job.provider_job_id, job.status) == ("ftjob-1", "validating_files")
    sent = {file["id"]: provider.contents[file["id"]] for file in provider.files}
    assert sent[job.training_file] == quote.spec.dataset.path("train").read_bytes()
    assert sent[job.validation_file] == quote.spec.dataset.path("validation").read_bytes()
    events = [event.event for event in Ledger(tuning.project).events(job.job_key)]
    assert events == ["intended", "file uploaded", "file uploaded", "creating", "job made"]


def test_the_request_has_settings_in_the_method_and_no_null(tuning: Tuning, ask: Ask, provider: Loopback) -> None:
    job = submit(tuning, ask(settings=["n_epochs=2", "batch_size=auto"], seed=7))
    body = provider.jobs[0]
    assert "suffix" not in body
    assert body["method"] == {
        "type": "supervised",
        "supervised": {"hyperparameters": {"n_epochs": 2, "batch_size": "auto"}},
    }
    assert body["metadata"]["reroute_job_key"] == job.job_key
    assert body["seed"] == 7


def test_the_same_order_is_not_sent_twice(tuning: Tuning, ask: Ask, provider: Loopback) -> None:
    first = submit(tuning, ask())
    requests = len(provider.requests)
    assert submit(tuning, ask()) == first
    assert len(provider.requests) == requests


def test_an_order_whose_row_was_lost_is_found_at_the_provider_and_not_paid_twice(
    tuning: Tuning, ask: Ask, provider: Loopback
) -> None:
    first = submit(tuning, ask())
    with store.of(tuning.project).write() as connection:
        connection.execute("delete from jobs")
        connection.execute("delete from job_events")
    again = submit(tuning, ask())
    assert (len(provider.jobs), again.provider_job_id) == (1, first.provider_job_id)
    assert [event.event for event in Ledger(tuning.project).events(again.job_key)] == ["intended", "job found"]


def test_the_same_order_at_a_higher_attempt_is_another_job(tuning: Tuning, ask: Ask, provider: Loopback) -> None:
    submit(tuning, ask())
    submit(tuning, ask(attempt=2))
    assert len(provider.jobs) == 2


OPEN_ANSWERS = {
    "cut after the job was accepted": cut(after=True),
    "cut in the middle of the answer": cut_body(),
    "answer that is not JSON": garbled(),
    "500 after the job was accepted": status(500, after=True),
    "504 after the job was accepted": status(504, after=True),
    "no answer for longer than the time-out": slow(1.5),
}


@pytest.mark.parametrize("name", OPEN_ANSWERS)
def test_a_job_that_was_accepted_without_a_readable_answer_is_found_in_the_list(
    tuning: Tuning, ask: Ask, provider: Loopback, name: str
) -> None:
    provider.fault(CREATE, OPEN_ANSWERS[name])
    job = submit(replace(tuning, retry=replace(tuning.retry, timeout=1.0)), ask())
    assert job.provider_job_id == "ftjob-1"
    assert len(provider.jobs) == 1


def test_a_job_that_appears_in_the_list_late_is_still_found(tuning: Tuning, ask: Ask, provider: Loopback) -> None:
    provider.fault(CREATE, cut(after=True))
    provider.hides_jobs_for = 1
    submit(tuning, ask())
    assert len(provider.jobs) == 1


def test_a_cut_before_the_job_was_made_is_not_repeated_blindly_but_by_the_next_run(
    tuning: Tuning, ask: Ask, provider: Loopback
) -> None:
    provider.fault(CREATE, cut(after=False))
    with pytest.raises(ProviderError, match="Run the same command again"):
        submit(tuning, ask())
    assert provider.count(CREATE) == 1
    assert Ledger(tuning.project).jobs()[0].creating_at is not None
    assert submit(tuning, ask()).provider_job_id == "ftjob-1"
    assert (len(provider.jobs), provider.count(UPLOAD)) == (1, 2)


def test_a_500_without_a_job_is_tried_again_after_a_look(tuning: Tuning, ask: Ask, provider: Loopback) -> None:
    provider.fault(CREATE, status(500), status(503))
    assert submit(tuning, ask()).provider_job_id == "ftjob-1"
    assert len(provider.jobs) == 1


def test_429_waits_as_long_as_the_provider_asks(tuning: Tuning, ask: Ask, provider: Loopback) -> None:
    waits: list[float] = []
    tuning = replace(tuning, retry=replace(tuning.retry, longest=30.0, sleep=waits.append))
    provider.fault(CREATE, status(429, headers={"retry-after": "7"}), status(429, headers={"retry-after": "11"}))
    assert submit(tuning, ask()).provider_job_id == "ftjob-1"
    assert waits == [7.0, 11.0]


def test_429_that_asks_for_an_hour_ends_the_run_and_says_so(tuning: Tuning, ask: Ask, provider: Loopback) -> None:
    provider.fault(CREATE, status(429, headers={"retry-after": "3600"}))
    with pytest.raises(ProviderError, match="3600 s"):
        submit(tuning, ask())
    assert provider.count(CREATE) == 1


@pytest.mark.parametrize(("value", "seconds"), [("7", 7), ("-3", 0)])
def test_retry_after_is_read_as_seconds(value: str, seconds: float) -> None:
    assert retry_after({"retry-after": value}) == seconds


def test_retry_after_is_read_as_a_date() -> None:
    in_an_hour = format_datetime(datetime.now(UTC) + timedelta(hours=1))
    assert retry_after({"retry-after": in_an_hour}) == pytest.approx(3600, abs=100)


@pytest.mark.parametrize("headers", [{}, {"retry-after": "soon"}, {"retry-after": ""}], ids=str)
def test_a_retry_after_that_says_nothing_is_passed_over(headers: dict[str, str]) -> None:
    assert retry_after(headers) is None


def test_what_stopped_a_submission_is_recorded(tuning: Tuning, ask: Ask, provider: Loopback) -> None:
    provider.fault(UPLOAD, status(400, {"message": "this account takes no files"}))
    with pytest.raises(ProviderError):
        submit(tuning, ask())
    [job] = Ledger(tuning.project).jobs()
    last = Ledger(tuning.project).events(job.job_key)[-1]
    assert (last.event, "takes no files" in str(last.detail), "takes no files" in str(job.error)) == (
        "stopped",
        True,
        True,
    )


def test_an_exhausted_quota_is_not_asked_again(tuning: Tuning, ask: Ask, provider: Loopback) -> None:
    provider.fault(CREATE, status(429, {"message": "quota", "code": "insufficient_quota"}))
    with pytest.raises(ProviderError, match="insufficient_quota"):
        submit(tuning, ask())
    assert provider.count(CREATE) == 1


def test_403_training_not_available_is_explained_with_alternatives(
    tuning: Tuning, ask: Ask, provider: Loopback
) -> None:
    provider.fault(CREATE, status(403, {"message": "Training is not available.", "code": "training_not_available"}))
    with pytest.raises(ProviderError, match=r"does not let this organisation start.*azure, fireworks, together"):
        submit(tuning, ask())
    job = Ledger(tuning.project).jobs()[0]
    assert (job.status, job.provider_job_id) == ("refused", None)
    assert provider.count(CREATE) == 1


def test_a_refusal_is_tried_again_by_the_next_run_with_the_files_that_are_there(
    tuning: Tuning, ask: Ask, provider: Loopback
) -> None:
    provider.fault(CREATE, status(400, {"message": "bad seed"}))
    with pytest.raises(ProviderError, match="bad seed"):
        submit(tuning, ask())
    assert submit(tuning, ask()).provider_job_id == "ftjob-1"
    assert provider.count(UPLOAD) == 2


@pytest.mark.parametrize("fault", [cut(after=True), status(500, after=True), garbled()], ids=["cut", "500", "garbled"])
def test_a_file_that_was_accepted_without_an_answer_is_not_uploaded_again(
    tuning: Tuning, ask: Ask, provider: Loopback, fault: object
) -> None:
    provider.fault(UPLOAD, fault)
    submit(tuning, ask())
    assert len(provider.files) == 2


def test_azure_waits_until_files_are_processed_and_sends_the_tier_at_the_top(
    tuning: Tuning, make_dataset: MakeDataset, provider: Loopback
) -> None:
    provider.file_statuses = ["pending", "running", "processed"]
    options = JobOptions(base_url=provider.url, tier="Developer")
    quote = tuning.quote(str(make_dataset("rft").folder), "azure", "o4-mini", options)
    submit(tuning, quote)
    first_look, made = provider.requests.index("GET /files/file-1"), provider.requests.index(CREATE)
    assert first_look < made
    assert provider.jobs[0]["trainingType"] == "Developer"


def test_a_file_that_azure_cannot_process_ends_before_a_job_is_made(
    tuning: Tuning, ask: Ask, provider: Loopback
) -> None:
    provider.file_statuses = ["pending", "error"]
    with pytest.raises(ProviderError, match="cannot use the uploaded"):
        submit(tuning, ask("azure"))
    assert not provider.jobs


def test_a_multi_grader_keeps_its_map_both_ways(tuning: Tuning, make_dataset: MakeDataset, provider: Loopback) -> None:
    one = {"type": "string_check", "name": "a", "input": "{{sample.output_text}}", "reference": "x", "operation": "eq"}
    grader = {"type": "multi", "name": "both", "graders": {"a": one, "b": one | {"name": "b"}}, "calculate_output": "a"}
    quote = tuning.quote(
        str(make_dataset("rft", grader=grader).folder), "azure", "o4-mini", JobOptions(base_url=provider.url)
    )
    job = submit(tuning, quote)
    assert provider.jobs[0]["method"]["reinforcement"]["grader"] == grader
    assert json.loads(job.response)["method"]["reinforcement"]["grader"] == grader


def test_errors_of_the_preflight_keep_everything_from_being_sent(
    tuning: Tuning, make_dataset: MakeDataset, provider: Loopback
) -> None:
    found = make_dataset("rft")
    quote = tuning.quote(str(found.folder), "openai", "o4-mini", JobOptions(base_url=provider.url))
    with pytest.raises(GateFailed, match="shut down on 2026-10-23"):
        submit(tuning, quote)
    assert not provider.requests
    assert not Ledger(tuning.project).jobs()


def test_a_job_in_flight_is_found_even_after_its_model_was_shut_down(
    tuning: Tuning, ask: Ask, provider: Loopback
) -> None:
    provider.fault(CREATE, cut(after=True))
    provider.hides_jobs_for = 99
    with pytest.raises(ProviderError):
        submit(tuning, ask())
    provider.hides_jobs_for = 0
    later = replace(tuning, today=tuning.today.replace(year=2028))
    folder = ask().spec.dataset.folder
    quote = later.quote(str(folder), "openai", "gpt-4.1", JobOptions(base_url=provider.url))
    assert submit(later, quote).provider_job_id == "ftjob-1"


def test_a_second_process_with_the_same_order_is_sent_away(tuning: Tuning, ask: Ask, provider: Loopback) -> None:
    quote = ask()
    with _alone(tuning.project, quote.spec), pytest.raises(ProviderError, match="another process"):
        submit(tuning, quote)
    assert not provider.requests


def test_a_missing_key_is_named_and_nothing_is_sent(
    tuning: Tuning, ask: Ask, provider: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(UsageError, match="OPENAI_API_KEY is not set"):
        submit(tuning, ask())
    assert not provider.requests


def test_intent_stands_in_the_store_before_anything_is_sent(tuning: Tuning, ask: Ask, provider: Loopback) -> None:
    seen: list[int] = []
    provider.fault(UPLOAD, Fault(lambda handler: (seen.append(len(Ledger(tuning.project).jobs())), handler.reset())))
    submit(tuning, ask())
    assert seen == [1]
