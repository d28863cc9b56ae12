"""Requests judged by the provider's own specification: Prism serves it and refuses whatever it does not allow."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from reroute.llm_api.errors import Rejected
from reroute.llm_api.retry import RetryPolicy
from reroute.tune.job_spec import JobOptions
from reroute.tune.ledger import Ledger
from reroute.tune.providers import Connection
from reroute.tune.providers._openai_account import account
from reroute.tune.submit import submit
from reroute.tune.tuning import Tuning
from reroute.tune.watch import cancel, refresh

from .conftest import GRADER, KEY, MakeDataset

pytestmark = pytest.mark.server

ROOT = Path(__file__).parents[2]
PRISM = Path(os.environ.get("REROUTE_PRISM", ROOT / ".tools/node_modules/.bin/prism"))
SPEC = ROOT / "tests/openai_spec/openai-finetuning.strict.openapi.json"
WHILE_ALL_WERE_OPEN = date(2026, 10, 1)
PYTHON = {"type": "python", "name": "p", "source": 'def grade(sample, item):\n    return item["reference_answer"]'}
MULTI = {"type": "multi", "name": "m", "graders": {"a": GRADER, "b": PYTHON}, "calculate_output": "a + b"}


@pytest.fixture(scope="module")
def prism() -> Iterator[str]:
    """The address of a Prism that serves the specification on a free loopback port."""
    if not PRISM.is_file():
        pytest.skip(f"Prism is not here: {PRISM} (`make test-servers` installs it, or set REROUTE_PRISM)")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(PRISM), "mock", "-h", "127.0.0.1", "-p", str(port), "--errors", str(SPEC)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=10)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail(f"Prism did not start on port {port}")


SPECS = {
    "sft": ("sft", "gpt-4.1", JobOptions(), {}),
    "sft with every setting": (
        "sft",
        "gpt-4.1",
        JobOptions(["n_epochs=3", "batch_size=8", "learning_rate_multiplier=0.5"], suffix="reroute", seed=7),
        {},
    ),
    "sft without validation": ("sft", "gpt-4.1", JobOptions(["n_epochs=auto"]), {"validation": []}),
    "dpo with every setting": ("dpo", "gpt-4.1", JobOptions(["beta=0.1", "n_epochs=2"]), {}),
    "rft with a string check": ("rft", "o4-mini", JobOptions(), {}),
    "rft with a python grader": ("rft", "o4-mini", JobOptions(), {"grader": PYTHON}),
    "rft with a multi grader and every setting": (
        "rft",
        "o4-mini",
        JobOptions(
            ["reasoning_effort=low", "compute_multiplier=1.5", "eval_interval=5", "eval_samples=2", "n_epochs=1"]
        ),
        {"grader": MULTI, "response_format": {"type": "text"}},
    ),
}


@pytest.mark.parametrize("name", SPECS)
def test_every_job_is_allowed_by_the_specification(
    tuning: Tuning, make_dataset: MakeDataset, prism: str, name: str
) -> None:
    method, model, options, more = SPECS[name]
    folder = str(make_dataset(method, **more).folder)
    options = JobOptions(options.settings, options.suffix, options.seed, base_url=prism)
    tuning = replace(tuning, today=WHILE_ALL_WERE_OPEN)
    job = submit(tuning, tuning.quote(folder, "openai", model, options))
    assert job.provider_job_id
    assert [event.event for event in Ledger(tuning.project).events(job.job_key)][-1] == "job made"


def test_watching_and_cancelling_are_allowed_by_the_specification(
    tuning: Tuning, make_dataset: MakeDataset, prism: str
) -> None:
    quote = tuning.quote(str(make_dataset().folder), "openai", "gpt-4.1", JobOptions(base_url=prism))
    job = submit(tuning, quote)
    _, events = refresh(tuning, job)
    assert events
    assert cancel(tuning, job).status


WRONG = {
    "an empty suffix": {"suffix": ""},
    "hyperparameters at the wrong level": {"method": {"type": "supervised", "hyperparameters": {"n_epochs": 2}}},
    "a multi grader that is no map": {
        "method": {"type": "reinforcement", "reinforcement": {"grader": MULTI | {"graders": GRADER}}}
    },
    "too many epochs": {"method": {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 51}}}},
}


@pytest.mark.parametrize("name", WRONG)
def test_the_judge_refuses_what_is_wrong(prism: str, quick: RetryPolicy, name: str) -> None:
    there = account(Connection(prism, KEY, quick))
    body = {"model": "gpt-4.1", "training_file": "file-1"} | WRONG[name]
    with pytest.raises(Rejected):
        there.job("Creating the job", there.client.openai.fine_tuning.jobs.with_raw_response.create, **body)
