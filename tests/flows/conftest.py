"""What the tests against a real Prefect server share."""

from __future__ import annotations

import json
import socket
import urllib.request
from typing import Any

import pytest


@pytest.fixture(scope="module")
def port() -> int:
    """A free port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def one_trace() -> str:
    """A JSON Lines file of one short run."""
    messages = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hello, what can I do?"}]
    return json.dumps({"messages": messages}) + "\n"


class Server:
    """A Prefect server, asked over its API."""

    def __init__(self, port: int) -> None:
        self.api = f"http://127.0.0.1:{port}/api"

    def runs(self) -> list[dict[str, Any]]:
        """Every flow run that is no longer waiting for its time."""
        body = b'{"flow_runs": {"state": {"type": {"not_any_": ["SCHEDULED"]}}}}'
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.api}/flow_runs/filter", data=body, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as reply:
            return list(json.load(reply))


@pytest.fixture(scope="module")
def server(port: int) -> Server:
    return Server(port)
