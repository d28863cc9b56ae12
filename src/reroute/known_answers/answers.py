"""The answers of a simulation, as files beside its traces."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import msgspec

from reroute.errors import UsageError
from reroute.simulate.run import ANSWERS_FORMAT, ANSWERS_VERSION, Answer, Friend, Run

_LATE = 5
"""Of the runs whose outcome stands outside their trace, every fifth is never joined: its verifier did not answer."""


class PlacedAnswer(Answer, kw_only=True, frozen=True):
    """An answer with the run that it is about."""

    run_id: str
    format: str


class PlayedRun(msgspec.Struct, kw_only=True, frozen=True):
    """A run and where it lies: ``path`` relative to the folder of traces, ``record`` counted from 0 in that file."""

    run_id: str
    number: int
    world: str
    format: str
    path: str
    record: int
    task_id: str | None
    actions: int
    mistakes: int
    passed: bool | None
    friends: list[Friend]


class Manifest(msgspec.Struct, kw_only=True, frozen=True):
    """What the other files are."""

    format: str
    version: int
    seed: int
    runs: int


def write_answers(folder: Path, seed: int, runs: Sequence[Run], places: Sequence[tuple[str, int]]) -> None:
    """Write ``manifest.json``, ``answers.jsonl``, ``runs.jsonl`` and ``outcomes.csv`` (for ``reroute outcomes``)."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = Manifest(format=ANSWERS_FORMAT, version=ANSWERS_VERSION, seed=seed, runs=len(runs))
    (folder / "manifest.json").write_bytes(msgspec.json.encode(manifest) + b"\n")
    answers = [_placed(run, answer) for run in runs for answer in run.answers]
    (folder / "answers.jsonl").write_bytes(b"".join(msgspec.json.encode(answer) + b"\n" for answer in answers))
    played = [_played(run, place) for run, place in zip(runs, places, strict=True)]
    (folder / "runs.jsonl").write_bytes(b"".join(msgspec.json.encode(run) + b"\n" for run in played))
    (folder / "outcomes.csv").write_text(_outcomes(runs), "utf-8")


def read_answers(folder: Path) -> tuple[list[PlayedRun], list[PlacedAnswer]]:
    """The runs and answers of a simulation. Raises UsageError where ``folder`` holds none of this version."""
    path = folder / "manifest.json"
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise UsageError(f"Reading the answers {path}: {error}. Name the `answers` folder of a simulation.") from error
    if (manifest.format, manifest.version) != (ANSWERS_FORMAT, ANSWERS_VERSION):
        raise UsageError(
            f"Reading the answers {path}: version {manifest.version} is not {ANSWERS_VERSION}; simulate again."
        )
    runs = [msgspec.json.decode(line, type=PlayedRun) for line in (folder / "runs.jsonl").read_bytes().splitlines()]
    lines = (folder / "answers.jsonl").read_bytes().splitlines()
    return runs, [msgspec.json.decode(line, type=PlacedAnswer) for line in lines]


def _placed(run: Run, answer: Answer) -> PlacedAnswer:
    return PlacedAnswer(**msgspec.structs.asdict(answer), run_id=run.run_id, format=run.format)


def _played(run: Run, place: tuple[str, int]) -> PlayedRun:
    return PlayedRun(
        run_id=run.run_id,
        number=run.number,
        world=run.world,
        format=run.format,
        path=place[0],
        record=place[1],
        task_id=run.trajectory.task_id,
        actions=sum(step.type == "call" for step in run.trajectory.steps),
        mistakes=len(run.answers),
        passed=run.passed,
        friends=run.friends,
    )


def _outcomes(runs: Sequence[Run]) -> str:
    """Outcomes of the runs whose traces cannot say them."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["run_id", "outcome", "source"])
    for run in runs:
        told = run.format == "mini-swe-agent" or (run.format == "openai-chat" and run.world == "airline")
        if run.passed is not None and not told and run.number % _LATE:
            rows.writerow([run.run_id, "pass" if run.passed else "fail", "verifier"])
    return text.getvalue()
