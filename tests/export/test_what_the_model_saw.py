"""Rows, timelines and windows show what a model saw: the path to a step, and nothing of any other branch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from reroute import lanes, row_format
from reroute.episode_text.timeline import timeline
from reroute.export import dialects, recipe
from reroute.export.candidates import Drop
from reroute.export.gates.row_rules import line_rules
from reroute.export.rows import cut, messages
from reroute.export.rows.row import Row
from reroute.formats import read_file
from reroute.review import practice
from reroute.review.judge.window import window
from reroute.trace import Step, Trajectory, number

from .trees import built, episodes, trees, walked

SOME = practice.exercises()[0].timeline
MOST = 100
"""Steps of a longer path that are looked at, one by one, or a few more."""
SAMPLES = sorted(
    path
    for path in (Path(__file__).parents[1] / "formats").glob("*/*")
    if path.is_file() and ".golden." not in path.name and path.suffix not in {".py", ".md"}
)


def runs(path: Path) -> list[list[Step]]:
    return [number(run.steps) for run in read_file(path)[1] if isinstance(run, Trajectory)]


def is_dead(steps: Sequence[Step], at: int) -> bool:
    """Whether step ``at`` belongs to an abandoned branch, or to the work of an agent for one."""
    back = walked(steps, at)
    if any(steps[one].lane.startswith("branch-") for one in back):
        return True
    call = steps[back[0]].parent_step
    return steps[back[0]].lane != "main" and call is not None and is_dead(steps, call)


def rendered(steps: Sequence[Step]) -> list[messages.Message]:
    return messages.render(steps, reasoning="content", text_protocol=False)


def check_contexts(steps: Sequence[Step]) -> None:
    """Of each reply, the context that a prompt shows and the one that stands above it in the whole lane."""
    for lane in {step.lane for step in steps}:
        path = lanes.path(steps, lane)
        every = 1 + len(path) // MOST
        for step in path[::-every]:
            if step.lane == lane:
                assert [one.step for one in path if one.step <= step.step] == walked(steps, step.step)
        whole = rendered(path)
        check_pairs(whole)
        for at, message in enumerate(whole):
            if message.role == "assistant":
                assert all(earlier.last_step < message.first_step for earlier in whole[:at])
        for call in [one for one in path if one.type == "call" and one.role == "assistant"][::every]:
            before = cut.before_turn(path, call.step)
            shown = rendered(before)
            check_pairs(shown)
            check_nothing_is_lost(before, shown)


def check_pairs(shown: Sequence[messages.Message]) -> None:
    """Every call is answered once, at once, in order."""
    at = 0
    for message in shown:
        if message.role == "tool":
            continue
        answers = shown[at + 1 : at + 1 + len(message.calls)]
        assert [answer.answers for answer in answers] == [call.id for call in message.calls]
        at += 1 + len(message.calls)
    assert at == len(shown)


def check_nothing_is_lost(before: Sequence[Step], shown: Sequence[messages.Message]) -> None:
    calls = {step.step for step in before if step.type == "call" and step.role == "assistant"}
    answered: set[int | None] = set()
    for step in before:
        says = step.type == "message" or (step.type == "result" and step.parent_step in calls - answered)
        if step.type == "result":
            answered.add(step.parent_step)
        if says and (text := (step.content or "").strip()):
            assert any(m.first_step <= step.step <= m.last_step and text in m.text for m in shown)


def check_rows(steps: Sequence[Step]) -> None:
    """No row holds a step of a dead branch, or of two branches; only the lane's own replies are trained."""
    dead = {step.step for step in steps if is_dead(steps, step.step)}
    for recovery in (*episodes(steps), None):
        for name in ("recovery-sft", "recovery-rft") if recovery else ("recovery-sft",):
            row = built(steps, name, recovery)
            if isinstance(row, Drop):
                assert row.rule != "not_made", row.reason
                continue
            used = {at for m in row.messages for at in (m.first_step, m.last_step, *(call.step for call in m.calls))}
            assert used.isdisjoint(dead)
            assert used <= set(walked(steps, max(used)))
            trained = {steps[m.first_step].lane for m in row.messages if m.weight == 1}
            assert trained <= {recovery.lane if recovery else next(s.lane for s in steps if s.step not in dead)}
            check_line(row, name)


def check_line(row: Row, name: str) -> None:
    """Both dialects write a conversation whose calls are paired; how it ends is for the checker of rows to say."""
    for dialect in ("openai", "azure"):
        rules = line_rules(recipe.load(name).method, dialects.named(dialect))
        wrong = row_format.problems(dialects.named(dialect).line(row), rules)
        assert [one.text for one in wrong if one.rule in {"tool-result", "content", "role"}] == []


def check_timelines(steps: Sequence[Step]) -> None:
    """A timeline and the judge's window show steps of the path of the episode's lane alone."""
    for one in episodes(steps):
        episode = replace(
            SOME.episode, lane=one.lane, onset_step=one.onset, manifest_step=one.onset, recovery_step=one.recovery,
            recovery_result_step=None, close_step=one.recovery or 0, evidence=(),
        )  # fmt: skip
        last = max(step.step for step in steps if step.lane == one.lane)
        path = [steps[at] for at in walked(steps, last)]
        shown = [segment.step for segment in timeline(episode, steps, SOME.origin).segments if segment.step]
        assert {step.step for step in shown} <= {step.step for step in path}
        assert {one.onset, one.recovery} <= {step.step for step in shown}
        lines = set(window(episode, steps, None, 6, 50_000).text.splitlines())
        unseen = {f"| {step.content}" for step in steps if step.content} - {f"| {step.content}" for step in path}
        assert lines.isdisjoint(unseen)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_samples_show_what_the_model_saw(sample: Path) -> None:
    for steps in runs(sample):
        check_contexts(steps)
        if len({step.lane for step in steps}) > 1:
            check_rows(steps)
            check_timelines(steps)


def test_real_runs_show_what_the_model_saw(traces: Path) -> None:
    for path in sorted(path for path in traces.rglob("*.json*") if path.is_file()):
        for steps in runs(path):
            check_contexts(steps)


@settings(deadline=None)
@given(trees())
def test_any_run_that_branches_shows_what_the_model_saw(steps: list[Step]) -> None:
    check_contexts(steps)
    check_rows(steps)
    check_timelines(steps)
