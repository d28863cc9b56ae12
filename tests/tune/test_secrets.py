"""The API key goes to the provider and nowhere else."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest

from reroute.errors import ProviderError
from reroute.llm_api.patience import Patience
from reroute.storage.publish import publish
from reroute.tune.desk import Desk

from .conftest import KEY, Ask
from .loopback import Loopback, status


def test_the_key_goes_to_the_provider_and_nowhere_else(
    desk: Desk,
    ask: Ask,
    provider: Loopback,
    quick: Patience,
    *,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(0)
    provider.fault(
        "POST /fine_tuning/jobs",
        status(401, {"message": f"Incorrect API key provided: {KEY}", "code": "invalid_api_key"}),
    )
    with pytest.raises(ProviderError) as refused:
        desk.submit(ask(), quick)
    provider.events = [{"id": "ev-1", "created_at": 1, "level": "info", "message": f"key {KEY} used"}]
    provider.statuses = ["succeeded"]
    job = desk.submit(ask(suffix="again"), quick)
    desk.watch(job.job_key, print)
    publish(desk.project)
    assert provider.keys == {f"Bearer {KEY}"}
    out = capfd.readouterr()
    told = [str(refused.value), repr(refused.value.__cause__), out.out, out.err, caplog.text]
    told += [path.read_bytes().decode("latin-1") for path in desk.project.root.rglob("*") if path.is_file()]
    told += [str(pq.read_table(path).to_pylist()) for path in desk.project.published.rglob("job*.parquet")]
    told += [str(desk.ledger.jobs()), str([desk.ledger.events(each.job_key) for each in desk.ledger.jobs()])]
    assert "key <api-key> used" in "".join(told)
    assert not [text for text in told if KEY in text]
