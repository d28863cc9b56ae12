"""One episode in full on a terminal."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import msgspec
import pytest
from rich.console import Console

from reroute.episode_text.timeline import Timeline, timeline
from reroute.review import practice
from reroute.terminal.episode import view
from reroute.terminal.output import json

HOSTILE = "\x1b]0;owned\x07\x1b[2J\x1b[31mred [bold]not markup[/bold] {0} %s \u202e\x9b5m\x07 end"


def exercise(name: str) -> Timeline:
    return next(each.timeline for each in practice.exercises() if each.name == name)


def printed(shown: Timeline, columns: int = 100, *, colour: bool = False) -> str:
    out = StringIO()
    system = "standard" if colour else None
    console = Console(file=out, force_terminal=colour, color_system=system, markup=False, soft_wrap=True)
    for line in view(shown, columns):
        console.print(line)
    return out.getvalue()


def hostile() -> Timeline:
    """A timeline with terminal codes in every field that a trace fills."""
    shown = exercise("1-missing-path")
    steps = [
        msgspec.structs.replace(segment.step, content=HOSTILE * 30, tool=HOSTILE, arguments=f'{{"x": "{HOSTILE}"}}')
        for segment in shown.segments
        if segment.step
    ]
    origin = replace(shown.origin, task=HOSTILE, path=HOSTILE, agent=HOSTILE, model=HOSTILE)
    evidence = tuple(replace(e, quote=HOSTILE, span_start=3, span_end=60) for e in shown.episode.evidence)
    return timeline(replace(shown.episode, evidence=evidence, failed_tool=HOSTILE), steps, origin)


def test_a_stranger_sees_failure_evidence_and_recovery_in_order() -> None:
    text = printed(exercise("1-missing-path"))
    parts = [
        "sed on a missing path → grep found it", "Find where the retry delay", "✗ bash", "sed -n 1,60p src/upload.py",
        "No such file or directory", "I search for the setting", "✓ bash", "grep -rn retry_delay .",
        "upload_worker.py:41", "recovered_reroute", "no_such_file in step 2", "record 0",
    ]  # fmt: skip
    places = [text.find(part) for part in parts]
    assert -1 not in places
    assert places == sorted(places)


def test_the_evidence_is_highlighted_and_nothing_else() -> None:
    text = printed(exercise("1-missing-path"), colour=True)
    assert "\x1b[1;30;43mNo such file or directory\x1b[0m" in text


def test_in_a_pipe_there_is_no_colour() -> None:
    assert "\x1b" not in printed(exercise("3-red-then-green"))


@pytest.mark.parametrize("columns", [60, 80, 132])
def test_no_line_is_wider_than_the_terminal(columns: int) -> None:
    shown = exercise("4-amounts-do-not-add-up")
    body = [line for line in printed(shown, columns).splitlines() if line.startswith(" ")]
    assert max(map(len, body)) <= columns


def test_no_terminal_code_of_a_trace_reaches_the_terminal() -> None:
    text = printed(hostile())
    assert not set(text) & {"\x1b", "\x07", "\x9b", "\u202e"}
    assert "[bold]not markup[/bold]" in text


def test_no_terminal_code_of_a_trace_reaches_it_as_json_either() -> None:
    text = json(hostile())
    assert not set(text) & {"\x1b", "\x07", "\x9b", "\u202e"}
    assert msgspec.json.decode(text)["origin"]["path"] == HOSTILE


def test_a_long_observation_says_how_much_is_left_out_and_keeps_the_evidence() -> None:
    shown = exercise("1-missing-path")
    filler = "a long line of output\n" * 300
    content = filler + "THE EVIDENCE" + filler
    steps = [
        msgspec.structs.replace(segment.step, content=content) if segment.step.type == "result" else segment.step
        for segment in shown.segments
        if segment.step
    ]
    spot = replace(shown.episode.evidence[0], span_start=len(filler), span_end=len(filler) + 12)
    text = printed(timeline(replace(shown.episode, evidence=(spot,)), steps, shown.origin))
    assert "THE EVIDENCE" in text
    assert "more characters" in text
    assert len(text.splitlines()) < 60


def test_an_argument_that_was_corrected_stands_out() -> None:
    text = printed(exercise("4-amounts-do-not-add-up"), colour=True)
    assert "\x1b[1;32mpayments: " in text
    assert "\x1b[1;32mpassengers: " not in text


def test_an_episode_of_forty_steps_is_shown_in_a_screen() -> None:
    shown = exercise("6-round-in-circles")
    steps = [segment.step for segment in shown.segments if segment.step] * 10
    steps = [msgspec.structs.replace(step, step=number) for number, step in enumerate(steps)]
    text = printed(timeline(replace(shown.episode, close_step=len(steps) - 1), steps, shown.origin))
    assert "more steps" in text
    assert len(text.splitlines()) < 40


def test_where_the_failure_lies_in_another_file_of_the_session_that_file_is_named() -> None:
    shown = exercise("1-missing-path")
    steps = [
        msgspec.structs.replace(
            segment.step, file="agent-7.jsonl", source_index=12, source_pointer="/a/0", lane="branch-1"
        )
        for segment in shown.segments
        if segment.step
    ]
    text = printed(timeline(replace(shown.episode, lane="branch-1"), steps, shown.origin), 400)
    assert "the failure in agent-7.jsonl record 12 /a/0" in text
    assert "in an abandoned branch" in text
    assert "the failure in" not in printed(shown, 400)
    assert "in an abandoned branch" not in printed(shown, 400)
