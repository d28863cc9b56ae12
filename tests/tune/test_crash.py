"""kill -9 at any step of a submission, then the same command: one job at the provider, each file once."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from reroute.tune.job_spec import JobOptions
from reroute.tune.ledger import Ledger
from reroute.tune.submit import submit
from reroute.tune.tuning import Tuning

from .conftest import MakeDataset
from .loopback import Fault, Handler, Loopback, kill

UPLOAD, CREATE = "POST /files", "POST /fine_tuning/jobs"
SCRIPT = Path(__file__).with_name("submitting.py")


def _answer_then_kill(handler: Handler) -> None:
    handler.answer(200, handler.world.jobs[-1])
    handler.wfile.flush()
    handler.kill()


def _nothing(handler: Handler) -> None:
    handler.answer(200, handler.world.files[-1])


FIRST_UPLOAD_PASSES = Fault(_nothing, after=True)
KILLS = {
    "before the first file arrived": (UPLOAD, [kill(after=False)]),
    "after the first file was accepted": (UPLOAD, [kill(after=True)]),
    "before the second file arrived": (UPLOAD, [FIRST_UPLOAD_PASSES, kill(after=False)]),
    "after the second file was accepted": (UPLOAD, [FIRST_UPLOAD_PASSES, kill(after=True)]),
    "before the call that makes the job arrived": (CREATE, [kill(after=False)]),
    "after the job was made, before its answer": (CREATE, [kill(after=True)]),
    "while the answer was read": (CREATE, [Fault(_answer_then_kill, after=True)]),
}


@pytest.mark.parametrize("moment", KILLS)
def test_a_submission_that_was_killed_goes_on_without_a_second_job(
    tuning: Tuning, make_dataset: MakeDataset, provider: Loopback, moment: str
) -> None:
    folder = str(make_dataset().folder)
    request, faults = KILLS[moment]
    provider.fault(request, *faults)
    command = [sys.executable, str(SCRIPT), str(tuning.project.root), folder, provider.url]
    process = subprocess.Popen(command)
    provider.client = process.pid
    assert process.wait(timeout=30) == -signal.SIGKILL
    quote = tuning.quote(folder, "openai", "gpt-4.1", JobOptions(base_url=provider.url))
    job = submit(tuning, quote)
    assert [made["id"] for made in provider.jobs] == [job.provider_job_id]
    assert sorted(file["filename"] for file in provider.files) == sorted(
        quote.spec.file_name(split) for split in ("train", "validation")
    )
    assert len(Ledger(tuning.project).jobs()) == 1
