"""A simulation is the same bytes for the same seed, and its answers point at the right calls."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from reroute.errors import UsageError
from reroute.operate.known_answers.answers import read_answers
from simulator import play, simulate


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("simulated")
    simulate(8, folder, seed=11)
    return folder


def test_the_same_seed_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    simulate(8, tmp_path, seed=11)
    assert contents(tmp_path) == contents(folder)


def test_traces_say_nothing_of_this_machine_or_of_the_answers(folder: Path) -> None:
    text = b"".join(contents(folder / "traces").values())
    for word in (b"reroute-simulate-", str(Path.home()).encode() + b"/", b"reroute", b"onset", b"recovered_"):
        assert word not in text


def test_answers_point_at_calls() -> None:
    for run in (play(number, seed=3) for number in range(10)):
        steps = run.trajectory.steps
        calls = [step.step for step in steps if step.type == "call"]
        for answer in run.answers:
            assert steps[answer.onset_step].type == "call"
            assert calls[answer.onset_action] == answer.onset_step
            assert steps[answer.manifest_step].parent_step == answer.onset_step
            assert (
                answer.recovery_step is None
                or calls[answer.recovery_action or 0] == answer.recovery_step > answer.onset_step
            )


def test_runs_name_their_files_and_outcomes_their_runs(folder: Path) -> None:
    runs, answers = read_answers(folder / "answers")
    assert all((folder / "traces" / run.path).is_file() for run in runs)
    assert {answer.run_id for answer in answers} <= {run.run_id for run in runs}
    rows = list(csv.DictReader((folder / "answers/outcomes.csv").open(encoding="utf-8")))
    assert {row["run_id"] for row in rows} <= {run.run_id for run in runs}


def test_a_folder_with_traces_is_left_alone(folder: Path) -> None:
    with pytest.raises(UsageError, match="is there already"):
        simulate(1, folder)
