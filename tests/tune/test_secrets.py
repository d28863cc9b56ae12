"""The API key goes to the provider and nowhere else."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest

from reroute.errors import ProviderError
from reroute.storage.publish import publish
from reroute.tune.ledger import Ledger
from reroute.tune.submit import submit
from reroute.tune.tuning import Tuning
from reroute.tune.watch import watch

from .conftest import KEY, Ask
from .loopback import Loopback, status


def test_the_key_goes_to_the_provider_and_nowhere_else(
    tuning: Tuning,
    ask: Ask,
    provider: Loopback,
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
        submit(tuning, ask())
    provider.events = [{"id": "ev-1", "created_at": 1, "level": "info", "message": f"key {KEY} used"}]
    provider.statuses = ["succeeded"]
    job = submit(tuning, ask(suffix="again"))
    watch(tuning, job, print)
    publish(tuning.project)
    assert provider.keys == {f"Bearer {KEY}"}
    out = capfd.readouterr()
    texts = [str(refused.value), repr(refused.value.__cause__), out.out, out.err, caplog.text]
    texts += [path.read_bytes().decode("latin-1") for path in tuning.project.root.rglob("*") if path.is_file()]
    texts += [str(pq.read_table(path).to_pylist()) for path in tuning.project.published.rglob("job*.parquet")]
    texts += [
        str(Ledger(tuning.project).jobs()),
        str([Ledger(tuning.project).events(each.job_key) for each in Ledger(tuning.project).jobs()]),
    ]
    assert "key <api-key> used" in "".join(texts)
    assert not [text for text in texts if KEY in text]
