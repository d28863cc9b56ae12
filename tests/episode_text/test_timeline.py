"""An episode with what surrounds it, segment by segment."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from reroute.episode import Episode
from reroute.episode_text.timeline import Timeline, timeline
from reroute.review import practice
from reroute.trace import Step, number

TIMELINES = {exercise.name: exercise.timeline for exercise in practice.exercises()}


def parts(shown: Timeline) -> list[str]:
    return [segment.part for segment in shown.segments]


def message(content: str, role: str = "assistant") -> Step:
    return Step(role=role, type="message", content=content)


def steps_of(shown: Timeline, *more: Step) -> list[Step]:
    return number([*(segment.step for segment in shown.segments if segment.step), *more])


def test_a_recovery_is_shown_from_a_little_before_to_a_little_after() -> None:
    shown = TIMELINES["1-missing-path"]
    again = timeline(shown.episode, steps_of(shown, message("found"), message("one"), message("two")), shown.origin)
    assert parts(again) == ["before", "failure", "shown", "between", "recovery", "recovered", "after", "after"]


def test_a_claim_of_success_is_shown_however_late_it_comes() -> None:
    shown = TIMELINES["7-done-although-it-is-not"]
    episode = replace(shown.episode, close_step=1)
    work = [message("going on", "user") for _ in range(6)]
    again = timeline(episode, steps_of(shown, *work, message("All done!"), message("Thanks.", "user")), shown.origin)
    assert parts(again)[-2:] == ["skipped", "last"]
    assert again.segments[-1].step is not None
    assert (again.segments[-1].step.content, again.segments[-2].count) == ("All done!", 5)


def test_a_long_way_between_is_shortened_and_counted() -> None:
    shown = TIMELINES["1-missing-path"]
    first, *rest = steps_of(shown)
    between = [message(str(i)) for i in range(30)]
    steps = number([first, *rest[:2], *between, *rest[3:]])
    episode: Episode = replace(shown.episode, recovery_step=33, recovery_result_step=34, close_step=34)
    again = timeline(episode, steps, shown.origin)
    (skipped,) = [segment for segment in again.segments if segment.part == "skipped"]
    assert (skipped.count, parts(again).count("between")) == (20, 10)


def test_another_lane_is_not_part_of_the_timeline() -> None:
    shown = TIMELINES["1-missing-path"]
    steps = steps_of(shown)
    aside = msgspec.structs.replace(steps[3], lane="side", content="something else")
    again = timeline(shown.episode, [*steps[:3], aside, *steps[4:]], shown.origin)
    assert "between" not in parts(again)


def test_steps_before_the_failure_leave_out_instructions_to_the_agent() -> None:
    shown = TIMELINES["2-grep-without-a-match"]
    steps = number([message("You are an agent.", "system"), *steps_of(shown)])
    episode = replace(shown.episode, onset_step=2, manifest_step=3, close_step=4)
    assert [segment.step.role for segment in timeline(episode, steps, shown.origin).segments if segment.step][:1] == [
        "assistant"
    ]
