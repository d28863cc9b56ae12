"""An episode told beat by beat."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from reroute.episode import Episode
from reroute.episode_text.scene import Scene, scene
from reroute.review import practice
from reroute.trace import Step, number

TOLD = {exercise.name: exercise.told for exercise in practice.exercises()}


def parts(told: Scene) -> list[str]:
    return [beat.part for beat in told.beats]


def message(content: str, role: str = "assistant") -> Step:
    return Step(role=role, type="message", content=content)


def steps_of(told: Scene, *more: Step) -> list[Step]:
    return number([*(beat.step for beat in told.beats if beat.step), *more])


def test_a_recovery_is_told_from_a_little_before_to_a_little_after() -> None:
    told = TOLD["1-missing-path"]
    again = scene(told.episode, steps_of(told, message("found"), message("one"), message("two")), told.origin)
    assert parts(again) == ["before", "failure", "shown", "between", "recovery", "recovered", "after", "after"]


def test_a_claim_of_success_is_shown_however_late_it_comes() -> None:
    told = TOLD["7-done-although-it-is-not"]
    episode = replace(told.episode, close_step=1)
    work = [message("going on", "user") for _ in range(6)]
    again = scene(episode, steps_of(told, *work, message("All done!"), message("Thanks.", "user")), told.origin)
    assert parts(again)[-2:] == ["skipped", "last"]
    assert again.beats[-1].step is not None
    assert (again.beats[-1].step.content, again.beats[-2].count) == ("All done!", 5)


def test_a_long_way_between_is_shortened_and_counted() -> None:
    told = TOLD["1-missing-path"]
    first, *rest = steps_of(told)
    between = [message(str(i)) for i in range(30)]
    steps = number([first, *rest[:2], *between, *rest[3:]])
    episode: Episode = replace(told.episode, recovery_step=33, recovery_result_step=34, close_step=34)
    again = scene(episode, steps, told.origin)
    (skipped,) = [beat for beat in again.beats if beat.part == "skipped"]
    assert (skipped.count, parts(again).count("between")) == (20, 10)


def test_another_lane_is_not_part_of_the_story() -> None:
    told = TOLD["1-missing-path"]
    steps = steps_of(told)
    aside = msgspec.structs.replace(steps[3], lane="side", content="something else")
    again = scene(told.episode, [*steps[:3], aside, *steps[4:]], told.origin)
    assert "between" not in parts(again)


def test_steps_before_the_failure_leave_out_instructions_to_the_agent() -> None:
    told = TOLD["2-grep-without-a-match"]
    steps = number([message("You are an agent.", "system"), *steps_of(told)])
    episode = replace(told.episode, onset_step=2, manifest_step=3, close_step=4)
    assert [beat.step.role for beat in scene(episode, steps, told.origin).beats if beat.step][:1] == ["assistant"]
