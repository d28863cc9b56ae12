"""Killed in the middle, out of disk, in each other's way: what is committed is whole, and the next run completes it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from reroute.collect import collect
from reroute.errors import StoreBusy
from reroute.settings import CollectSettings, Project, Settings
from reroute.storage import lake

FILES = 6
KEY = b"k" * 32
PROGRAM = """
import resource, sys
from pathlib import Path
from reroute.collect import decode_worker
from reroute import collect as story
from reroute.settings import CollectSettings, Project, Settings
folder, source, beside, most = sys.argv[1:]
decode_worker.IN_PROCESS_BYTES = 0 if beside == "beside" else 1 << 40
if int(most):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(most), int(most)))
story.COMMIT_BYTES = 1 << 20
story.collect(Project(Path(folder), Settings(collect=CollectSettings(part_mb=1, workers=2))), [Path(source)])
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """Files of half a megabyte that no compression makes small: several tasks, several parts."""
    made, folder = random.Random(1), tmp_path_factory.mktemp("source")
    for number in range(FILES):
        with (folder / f"{number}.jsonl").open("w") as file:
            for run in range(60):
                text = made.randbytes(5000).hex()
                file.write(
                    f'{{"id": "r{number}-{run}", "messages": [{{"role": "user", "content": "a@b.co {text}"}}]}}\n'
                )
            file.write('{"messages": [\n')
    return folder


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, source):
    project = _project(tmp_path_factory.mktemp("undisturbed"))
    collect(project, [source])
    return project


@pytest.mark.parametrize(
    ("moment", "beside"),
    [
        ("first rows staged", "alone"),
        ("first part in place", "alone"),
        ("third part in place", "alone"),
        ("third part in place", "beside"),
    ],
)
def test_a_killed_run_followed_by_another_gives_the_tables_of_an_undisturbed_one(
    tmp_path, source, undisturbed, seen, *, moment, beside
):
    project = _project(tmp_path)
    with _started(project, source, beside) as process:
        _wait_for(moment, project, process)
        os.kill(process.pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    collect(project, [source])
    assert seen(project) == seen(undisturbed)
    assert {p.stem for p in project.lake.glob("steps/*")} == set(lake.parts(project))
    assert not (project.lake / ".staging").exists()


def test_a_disk_that_is_full_ends_with_a_clear_error_and_the_next_run_completes(tmp_path, source, undisturbed, seen):
    project = _project(tmp_path)
    with _started(project, source, "alone", most=300_000) as process:
        _, said = process.communicate()
    assert process.returncode != 0
    assert "Nothing of it was committed" in said
    assert "File too large" in said
    assert lake.parts(project) == {}
    collect(project, [source])
    assert seen(project) == seen(undisturbed)


def test_a_decoding_process_that_dies_is_reported_and_its_files_are_read_next_time(
    tmp_path, source, undisturbed, seen, monkeypatch
):
    from reroute.collect import decode_worker

    project = _project(tmp_path)
    monkeypatch.setattr(decode_worker, "IN_PROCESS_BYTES", 0)
    monkeypatch.setattr(decode_worker, "COMMAND", [sys.executable, "-c", "raise SystemExit(9)"])
    done = collect(project, [source])
    assert len(done.problems) == FILES
    monkeypatch.undo()
    assert collect(project, [source]).problems == []
    assert seen(project) == seen(undisturbed)


def test_a_second_collect_at_the_same_time_is_refused_with_the_first_ones_process_id(tmp_path, source):
    project = _project(tmp_path)
    project.data_dir.mkdir(exist_ok=True)
    hold = (
        "import sys, time; from pathlib import Path; from reroute.collect.lock import one_at_a_time\n"
        "with one_at_a_time(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", hold, str(project.data_dir)], stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        with pytest.raises(StoreBusy, match=f"process {other.pid} is collecting"):
            collect(project, [source])
        other.kill()
    assert collect(project, [source / "0.jsonl"]).new == 60


def _project(root):
    project = Project(root, Settings(collect=CollectSettings(part_mb=1)))
    project.key_path.parent.mkdir(parents=True)
    project.key_path.write_bytes(KEY)
    return project


def _started(project, source, beside, most=0):
    arguments = [str(project.root), str(source), beside, str(most)]
    return subprocess.Popen([sys.executable, "-c", PROGRAM, *arguments], stderr=subprocess.PIPE, text=True)


def _wait_for(moment, project, process):
    patterns = {
        "first rows staged": ("lake/.staging/*/*/*/*.parquet", 1),
        "first part in place": ("lake/steps/*.parquet", 1),
        "third part in place": ("lake/steps/*.parquet", 3),
    }
    pattern, count = patterns[moment]
    while process.poll() is None and len(list(project.data_dir.glob(pattern))) < count:
        time.sleep(0.002)
