"""A real Prefect server on loopback, a real deployment, a real worker: the night runs once."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from reroute import publish, settings

ROOT = Path(__file__).parents[2]
PREFECT = [sys.executable, "-m", "prefect"]

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder as an operator has it: flows, prefect.yaml, reroute.toml and one trace."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "flows", folder / "flows", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "prefect.yaml", folder)
    messages = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hello, what can I do?"}]
    (folder / "traces.jsonl").write_text(json.dumps({"messages": messages}) + "\n", "utf-8")
    (folder / "reroute.toml").write_text('[[sources]]\nname = "chats"\npath = "traces.jsonl"\n', "utf-8")
    return folder


@pytest.fixture(scope="module")
def environment(home: Path) -> Iterator[dict[str, str]]:
    port = _free_port()
    variables = os.environ | {
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_HOME": str(home / ".prefect"),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "REROUTE_HOME": str(home),
    }
    command = [*PREFECT, "server", "start", "--host", "127.0.0.1", "--port", str(port), "--no-ui"]
    with (home / "server.log").open("wb") as log:
        server = subprocess.Popen(command, env=variables, cwd=home, stdout=log, stderr=log)
        try:
            _wait_for(f"http://127.0.0.1:{port}/api/health", server, home / "server.log")
            yield variables
        finally:
            server.terminate()
            server.wait(30)


def test_the_deployed_night_runs_on_a_worker(home: Path, environment: dict[str, str]) -> None:
    _prefect(home, environment, "work-pool", "create", "reroute", "--type", "process")
    deployed = _prefect(home, environment, "--no-prompt", "deploy", "--all")
    assert "nightly/nightly" in deployed
    _prefect(home, environment, "deployment", "run", "nightly/nightly")
    worker = _prefect(home, environment, "worker", "start", "--pool", "reroute", "--run-once")

    connection = publish.connect(settings.load(home))
    count = connection.execute("select count(*) from trajectories").fetchone()
    connection.close()
    assert count == (1,), worker
    assert _states(environment) == ["COMPLETED"], worker


def _prefect(home: Path, variables: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [*PREFECT, *arguments], env=variables, cwd=home, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def _states(variables: dict[str, str]) -> list[str]:
    request = urllib.request.Request(
        variables["PREFECT_API_URL"] + "/flow_runs/filter",
        data=b'{"flow_runs": {"state": {"type": {"not_any_": ["SCHEDULED"]}}}}',
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as reply:
        return [run["state_type"] for run in json.load(reply)]


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert server.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
        else:
            return
    pytest.fail(f"the Prefect server did not answer in {seconds:g} s:\n{log.read_text()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
