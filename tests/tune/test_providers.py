"""Every provider over its wire, as its recorded replies play it: a job is started once, followed and stopped."""

from __future__ import annotations

import pytest

from reroute.tune import providers
from reroute.tune.job_spec import JobOptions
from reroute.tune.ledger import Ledger
from reroute.tune.submit import submit
from reroute.tune.tuning import Tuning
from reroute.tune.watch import cancel, watch

from .conftest import KEY, MakeDataset
from .loopback import REPLIES


@pytest.mark.parametrize("name", providers.names())
def test_a_job_is_started_once_followed_and_stopped(tuning: Tuning, make_dataset: MakeDataset, name: str) -> None:
    folder = str(make_dataset().folder)
    with REPLIES[name]() as server:
        first, second = (
            tuning.quote(folder, name, "gpt-4.1", JobOptions(base_url=server.url, attempt=attempt))
            for attempt in (1, 2)
        )
        assert first.checked.passed
        job = submit(tuning, first)
        assert job.provider_job_id
        assert submit(tuning, first) == job
        server.statuses = ["running", "succeeded"]
        assert watch(tuning, job, lambda *_: None).status == "succeeded"
        assert cancel(tuning, submit(tuning, second)).status == "cancelled"
        assert server.keys == {f"Bearer {KEY}"}
    assert sorted(job.status for job in Ledger(tuning.project).jobs()) == ["cancelled", "succeeded"]
