"""Practice: handmade episodes with their answers, for people who begin to grade."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from reroute import content
from reroute.episode import Episode, Evidence
from reroute.episode_text.timeline import Origin, Timeline, timeline
from reroute.errors import ConfigError
from reroute.review.answers import read
from reroute.review.questions import questions
from reroute.review.tasks import Task, task
from reroute.trace import Step, number

FOLDER = "labeling/practice"


class _Episode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: str
    outcome: str
    onset: int
    manifest: int
    signal: str
    quote: str
    recovery: int | None = None
    recovery_result: int | None = None
    failures: int = 1


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: str
    format_version: int
    task: str
    because: str
    answers: dict[str, str]
    episode: _Episode
    steps: list[Step]


@dataclass(frozen=True)
class Exercise:
    """One practice task: what to look at, the right answers, and why they are right."""

    name: str
    timeline: Timeline
    answers: dict[str, str]
    because: str


@dataclass(frozen=True)
class Mark:
    """One answer of one person to one exercise, and the right one."""

    exercise: str
    annotator: str
    question: str
    given: str | None
    """None where the person gave no answer."""
    right: str
    because: str


def exercises(root: Path | None = None) -> list[Exercise]:
    """Every exercise in order of its file name. Raises ConfigError where a file is not what it should be."""
    found = []
    for name, path in content.files(FOLDER, "*.toml", root).items():
        try:
            given = msgspec.toml.decode(path.read_bytes(), type=_File)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"Reading the practice task {path}: {error}.") from error
        stem = name.removesuffix(".toml")
        steps = number(given.steps)
        origin = Origin(trajectory_id=stem, format="practice", path=name, record=0, task=given.task)
        shown = timeline(_episode(stem, given.episode, steps), steps, origin)
        found.append(Exercise(stem, shown, given.answers, given.because))
    return found


def tasks(root: Path | None = None) -> list[Task]:
    """The exercises as Label Studio tasks, nothing prefilled."""
    asked = questions(root)
    return [task(exercise.timeline, f"practice-{exercise.name}", asked, prefill=False) for exercise in exercises(root)]


def marks(file: Path, root: Path | None = None) -> list[Mark]:
    """Every answer in an export of practice tasks beside the right one; `keep` is taste and is not marked."""
    by_task = {f"practice-{exercise.name}": exercise for exercise in exercises(root)}
    found = []
    for answered in read(file, questions(root)):
        exercise = by_task.get(answered.task_id)
        if exercise is None or answered.skipped:
            continue
        for question in ("failure", "outcome"):
            right, given = exercise.answers.get(question), answered.answers.get(question)
            if right is not None or given is not None:
                expected = right or "(not asked)"
                found.append(Mark(exercise.name, answered.annotator, question, given, expected, exercise.because))
    return found


def _episode(stem: str, given: _Episode, steps: list[Step]) -> Episode:
    """The episode of an exercise as the rules would have found it, with ``stem`` for every id."""
    onset, close = steps[given.onset], given.recovery_result or given.recovery or len(steps) - 1
    start = max(0, (steps[given.manifest].content or "").find(given.quote))
    evidence = Evidence(given.manifest, "content", given.quote, given.signal, start, start + len(given.quote))
    return Episode(
        episode_id=stem,
        trajectory_id=stem,
        version=stem,
        lane=onset.lane,
        kind=given.kind,
        outcome=given.outcome,
        outcome_final=given.outcome,
        local_recovered=given.outcome.startswith("recovered"),
        onset_step=given.onset,
        manifest_step=given.manifest,
        reroute_step=given.recovery,
        recovery_step=given.recovery,
        recovery_result_step=given.recovery_result,
        close_step=close,
        failed_tool=onset.tool,
        repair_tool=steps[given.recovery].tool if given.recovery is not None else None,
        actions=sum(step.type == "call" for step in steps[given.onset : close + 1]),
        failures=given.failures,
        looped=given.outcome == "looped",
        prefix_hash=stem,
        evidence=(evidence,),
        **_NOT_ASKED,
    )


_NOT_ASKED: dict[str, Any] = {
    "cause": "agent",
    "assisted": "agent_initiated",
    "clarified": False,
    "nominated": False,
    "score": 1.0,
    "detect_step": None,
    "goal": (),
    "failed_signature": None,
    "repair_signature": None,
    "error_template": None,
    "tokens_open": None,
    "cost_open_usd": None,
    "hinted": False,
    "near_miss": False,
    "lost_call": False,
    "failed_at": None,
}
"""What an exercise does not ask about."""
