"""The answers of a simulation, written as files beside its traces."""

from __future__ import annotations

import csv
import io
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from reroute.operate.known_answers.answers import FORMAT, VERSION, Answer, Manifest, PlacedAnswer, PlayedRun
from simulator.run import Run

_LATE = 5
"""Of the runs whose outcome stands outside their trace, every fifth is never joined: its verifier did not answer."""


def made_with() -> str:
    """What the words in traces depend on beside the seed: the Python that programs run in, and the system's tools."""
    return f"Python {sys.version_info.major}.{sys.version_info.minor} on {platform.system()}"


def write_answers(folder: Path, seed: int, runs: Sequence[Run], places: Sequence[tuple[str, int]]) -> None:
    """Write ``manifest.json``, ``answers.jsonl``, ``runs.jsonl`` and ``outcomes.csv`` (for ``reroute outcomes``)."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = Manifest(format=FORMAT, version=VERSION, seed=seed, runs=len(runs), made_with=made_with())
    (folder / "manifest.json").write_bytes(msgspec.json.encode(manifest) + b"\n")
    answers = [_placed(run, answer) for run in runs for answer in run.answers]
    (folder / "answers.jsonl").write_bytes(b"".join(msgspec.json.encode(answer) + b"\n" for answer in answers))
    played = [_played(run, place) for run, place in zip(runs, places, strict=True)]
    (folder / "runs.jsonl").write_bytes(b"".join(msgspec.json.encode(run) + b"\n" for run in played))
    (folder / "outcomes.csv").write_text(_outcomes(runs), "utf-8")


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
