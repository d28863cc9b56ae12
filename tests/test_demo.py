"""The demonstration on a person's own traces, from the empty folder to its summary."""

from __future__ import annotations

from pathlib import Path

import pytest

from reroute import demo, nightly

TRACES = Path(__file__).parent / "formats" / "openai-chat"


def test_the_summary_tells_what_was_collected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = demo.prepare(tmp_path / "demo", traces=TRACES, runs=0)
    nightly.run(project)
    demo.summary(project)
    told = capsys.readouterr().out
    headings = ("Collected", "Found", "For review", "Exported", "Where it lies")
    assert [heading for heading in headings if heading not in told] == []
    assert "nothing found\n" in told
