"""The API key goes to the endpoint and nowhere else."""

from __future__ import annotations

import pytest

from reroute.settings import Project
from reroute.storage.publish import publish

from .conftest import KEY, Ask, rows
from .loopback import Endpoint, Reply, sound


def test_the_key_goes_to_the_endpoint_and_nowhere_else(
    ask: Ask,
    doubtful: Project,
    endpoint: Endpoint,
    *,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(0)
    endpoint.judge = lambda body: sound(body, reason=f"I was sent {KEY}")
    endpoint.replies = [Reply(status=500, error={"message": f"crashed with {KEY}"}), Reply(text=f"not JSON {KEY}")]
    said = ask()
    endpoint.refuses = lambda _: Reply(status=401, error={"message": f"Incorrect API key provided: {KEY}"})
    refused = ask(model="judge-2")
    publish(doubtful)
    assert endpoint.keys == {f"Bearer {KEY}"}
    out = capfd.readouterr()
    seen = [repr(said), repr(refused), out.out, out.err, caplog.text]
    seen += [path.read_bytes().decode("latin-1") for path in doubtful.root.rglob("*") if path.is_file()]
    seen += [str(rows(doubtful, "from judge_requests")), str(rows(doubtful, "from judge_votes"))]
    assert "I was sent <api-key>" in "".join(seen)
    assert not [text for text in seen if KEY in text]
