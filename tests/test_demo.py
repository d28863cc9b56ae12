"""The demonstration, from the empty folder to its summary."""

from __future__ import annotations

from pathlib import Path

import pytest

from reroute import pipeline
from reroute.operate import demo
from reroute.operate.known_answers.answers import read_answers
from reroute.terminal import demo as screen
from reroute.terminal.output import put

TRACES = Path(__file__).parent / "formats" / "openai-chat"


def test_the_summary_says_what_was_collected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = demo.prepare(tmp_path / "demo", traces=TRACES)
    pipeline.run(project)
    put(screen.summary(project, demo.summarize(project)))
    shown = capsys.readouterr().out
    headings = ("Collected", "Found", "For review", "Exported", "Where it lies")
    assert [heading for heading in headings if heading not in shown] == []
    assert "nothing found\n" in shown


def test_without_traces_there_are_200_runs_with_their_answers(tmp_path: Path) -> None:
    project = demo.prepare(tmp_path / "demo", traces=None)
    (source,) = project.settings.sources
    assert (project.root / source.outcomes).is_file()
    runs, answers = read_answers(project.root / "simulated" / "answers")
    assert len(runs) == 200
    assert all((project.root / source.path / run.path).is_file() for run in runs)
    assert {answer.run_id for answer in answers} < {run.run_id for run in runs}
