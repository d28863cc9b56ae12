"""A real Prefect server on loopback, a real deployment, a real worker: the night runs once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reroute import settings
from reroute.storage import publish

if TYPE_CHECKING:
    from conftest import Server

ROOT = Path(__file__).parents[2]
PREFECT = [sys.executable, "-m", "prefect"]

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of changed flows, as an operator copies them."""
    folder = tmp_path_factory.mktemp("flows")
    shutil.copytree(ROOT / "flows", folder / "flows", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "prefect.yaml", folder)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, one_trace: str) -> Path:
    """A project folder: reroute.toml and one trace."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "traces.jsonl").write_text(one_trace, "utf-8")
    (folder / "reroute.toml").write_text('[[sources]]\nname = "chats"\npath = "traces.jsonl"\n', "utf-8")
    return folder


@pytest.fixture(scope="module")
def environment(home: Path, folder: Path, server: Server, port: int) -> Iterator[dict[str, str]]:
    variables = os.environ | {
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_HOME": str(home / ".prefect"),
        "PREFECT_API_URL": server.api,
        "REROUTE_HOME": str(home),
        "REROUTE_PROJECT": str(folder),
    }
    command = [*PREFECT, "server", "start", "--host", "127.0.0.1", "--port", str(port), "--no-ui"]
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(command, env=variables, cwd=home, stdout=log, stderr=log)
        try:
            _wait_for(f"{server.api}/health", process, home / "server.log")
            yield variables
        finally:
            process.terminate()
            process.wait(30)


def test_the_deployed_night_runs_on_a_worker(
    home: Path, folder: Path, environment: dict[str, str], server: Server
) -> None:
    _prefect(home, environment, "work-pool", "create", "reroute", "--type", "process")
    deployed = _prefect(home, environment, "--no-prompt", "deploy", "--all")
    assert "nightly/nightly" in deployed
    _prefect(home, environment, "deployment", "run", "nightly/nightly")
    worker = _prefect(home, environment, "worker", "start", "--pool", "reroute", "--run-once")

    connection = publish.connect(settings.load(folder))
    count = connection.execute("select count(*) from trajectories").fetchone()
    connection.close()
    assert count == (1,), worker
    assert [run["state_type"] for run in server.runs()] == ["COMPLETED"], worker


def _prefect(home: Path, variables: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [*PREFECT, *arguments], env=variables, cwd=home, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
        else:
            return
    pytest.fail(f"the Prefect server did not answer in {seconds:g} s:\n{log.read_text()}")
