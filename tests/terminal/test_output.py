"""What every verb writes with: one JSON encoder, one console."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from reroute.terminal.output import EVIDENCE, json, put, table, text


@dataclass(frozen=True)
class Found:
    folder: Path
    words: str


def test_json_is_one_line_that_no_terminal_acts_on() -> None:
    assert json(Found(Path("data"), "a\u202eb\x9bc\n")) == r'{"folder":"data","words":"a\u202eb\u009bc\n"}'


def test_text_of_a_trace_is_no_markup_and_no_emoji_code(capsys: pytest.CaptureFixture[str]) -> None:
    shown = table("what")
    shown.add_row(text("[red]:warning:[/red]"))
    put([text("[bold]:warning:[/bold]"), shown])
    out = capsys.readouterr().out
    assert "[bold]:warning:[/bold]" in out
    assert "[red]:warning:[/red]" in out


def test_evidence_stands_between_guillemets_where_there_is_no_colour(capsys: pytest.CaptureFixture[str]) -> None:
    put([text("cat: ", ("no such file", EVIDENCE), " and ", ("gone", EVIDENCE), ".")])
    assert capsys.readouterr().out == "cat: «no such file» and «gone».\n"
