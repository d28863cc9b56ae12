"""Review tasks: what stands in them, and that nothing of a trace is markup."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser

import msgspec
import pytest

from reroute.episode_text.timeline import Timeline, timeline
from reroute.errors import ConfigError
from reroute.review import practice, tasks
from reroute.review.page import page
from reroute.review.questions import questions, screen
from reroute.trace import Step

HOSTILE = '<img src=x onerror=alert(1)></div></details><script>alert("x")</script>&lt;b&gt;" style="x\x1b[31m\u202e'
OURS = {"div", "span", "mark", "details", "summary"}


def story(name: str = "1-missing-path") -> Timeline:
    return next(exercise.timeline for exercise in practice.exercises() if exercise.name == name)


def hostile() -> Timeline:
    """A scene with markup in every field that a trace fills."""
    shown = story()
    steps = [
        replace_step(segment.step, content=HOSTILE * 40, tool=HOSTILE, arguments=arguments)
        for segment, arguments in zip(shown.segments, [None, '{"<b>": "<i>"}', None, None, HOSTILE, None], strict=True)
        if segment.step
    ]
    return timeline(shown.episode, steps, replace(shown.origin, task=HOSTILE * 40))


def replace_step(step: Step, **changes: object) -> Step:
    return msgspec.structs.replace(step, **changes)


class Tags(HTMLParser):
    """Collects tags, attributes and whether every tag is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: set[str] = set()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_every_byte_of_a_trace_is_escaped() -> None:
    tags = Tags()
    tags.feed(page(hostile()))
    assert (tags.seen - OURS, tags.attributes - {"style"}, tags.open) == (set(), set(), [])


def test_no_terminal_code_or_direction_override_gets_into_a_task() -> None:
    task = tasks.task(hostile(), "t", questions(), prefill=True)
    assert not {"\x1b", "\u202e"} & set(msgspec.json.encode(task).decode())


def test_long_text_is_folded_and_whole() -> None:
    shown = story()
    long = "start " + "x" * 5000 + " end"
    steps = [replace_step(segment.step, content=long) for segment in shown.segments if segment.step]
    html = page(timeline(shown.episode, steps, shown.origin))
    assert "more characters</summary>" in html
    assert html.count(" end") >= len(steps) - 2  # all but the two calls, which show their command


def test_the_evidence_is_marked() -> None:
    assert ">No such file or directory</mark>" in page(story())


def test_only_the_outcome_is_prefilled_and_only_where_it_is_asked_for() -> None:
    shown = story()
    (prediction,) = tasks.task(shown, "t", questions(), prefill=True).predictions
    assert [(result.from_name, result.value.choices) for result in prediction.result] == [
        ("outcome", ("recovered_reroute",))
    ]
    assert tasks.task(shown, "t", questions(), prefill=False).predictions == ()


def test_an_outcome_that_is_no_answer_is_not_prefilled() -> None:
    shown = story()
    unknown = replace(shown, episode=replace(shown.episode, outcome="unknown"))
    assert tasks.task(unknown, "t", questions(), prefill=True).predictions == ()


def test_a_prefill_with_an_unknown_choice_is_refused() -> None:
    with pytest.raises(ConfigError, match="outcome=great"):
        tasks.prediction({"outcome": "great"}, 1.0, questions())


def test_label_studio_takes_the_screen_the_tasks_and_the_predictions() -> None:
    from label_studio_sdk.label_interface import LabelInterface

    interface = LabelInterface(screen())
    interface.validate()
    for exercise in practice.exercises():
        made = json.loads(msgspec.json.encode(tasks.task(exercise.timeline, "t", questions(), prefill=True)))
        interface.validate_task({"data": made["data"]}, validate_regions_only=False)
        errors = [interface.validate_prediction(p, return_errors=True) for p in made["predictions"]]
        assert [error for found in errors for error in found] == []


def test_a_step_of_another_file_of_the_session_names_it_escaped() -> None:
    shown = story()
    steps = [
        replace_step(segment.step, file="a<b>.jsonl", source_index=7) for segment in shown.segments if segment.step
    ]
    made = page(timeline(shown.episode, steps, shown.origin))
    assert "a&lt;b&gt;.jsonl record 7" in made
    assert "<b>" not in made


def test_a_task_in_an_abandoned_branch_says_so() -> None:
    shown = story()
    steps = [replace_step(segment.step, lane="branch-1") for segment in shown.segments if segment.step]
    again = timeline(replace(shown.episode, lane="branch-1"), steps, shown.origin)
    asked = questions()
    assert "did not go on" in tasks.task(again, "t", asked, prefill=False).data.why
    assert "did not go on" not in tasks.task(shown, "t", asked, prefill=False).data.why
