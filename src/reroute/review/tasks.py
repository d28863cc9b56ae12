"""Review tasks as Label Studio imports them: the data that the screen shows and the prefilled guess."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from reroute.episode_text.timeline import Timeline
from reroute.errors import ConfigError
from reroute.review.page import page
from reroute.review.questions import Question
from reroute.safe_text import one_line

SHOWN_IN = "steps"
MODEL_VERSION = "reroute-rules"
_TITLE = 160
_ASSISTED = {"user_assisted": "a person helped", "agent_initiated": "the agent's own doing"}


class Data(msgspec.Struct, frozen=True):
    """What the screen shows; ``task_id`` is how an answer finds its episode again."""

    task_id: str
    episode_id: str
    title: str
    why: str
    task: str
    steps_html: str


class Value(msgspec.Struct, frozen=True):
    choices: tuple[str, ...]


class Result(msgspec.Struct, frozen=True):
    """One prefilled control."""

    from_name: str
    to_name: str
    type: str
    value: Value


class Prediction(msgspec.Struct, frozen=True):
    model_version: str
    score: float
    result: tuple[Result, ...]


class Task(msgspec.Struct, frozen=True):
    """One episode to grade."""

    data: Data
    predictions: tuple[Prediction, ...] = ()


def task(timeline: Timeline, task_id: str, asked: Sequence[Question], *, prefill: bool) -> Task:
    """The task of one episode; ``prefill`` puts the rules' guess of the outcome in.

    The question whether anything failed is never prefilled: its hotkeys would clear the answer, and a person should not
    start from the rules' opinion.
    """
    episode = timeline.episode
    signals = ", ".join(dict.fromkeys(evidence.signal for evidence in episode.evidence))
    facts = [f"The rules see: {episode.kind}", f"signals: {signals or 'none'}"]
    facts += ["in a branch that the run did not go on from"] if timeline.abandoned else []
    facts += [_ASSISTED.get(episode.assisted, episode.assisted), "a guess only" if episode.nominated else ""]
    data = Data(
        task_id=task_id,
        episode_id=episode.episode_id,
        title=one_line(timeline.title, _TITLE),
        why=one_line(" · ".join(fact for fact in facts if fact), 300),
        task=one_line(timeline.origin.task or "", 400),
        steps_html=page(timeline),
    )
    if not prefill or not _known("outcome", episode.outcome, asked):
        return Task(data)
    return Task(data, (prediction({"outcome": episode.outcome}, episode.score, asked),))


def prediction(guess: dict[str, str], score: float, asked: Sequence[Question]) -> Prediction:
    """The prefilled controls of a task; ``guess`` has the answer by question.

    Raises ConfigError for a control or choice that the screen does not have: Label Studio would take it silently.
    """
    for name, value in guess.items():
        if not _known(name, value, asked):
            raise ConfigError(f"Prefilling {name}={value}: the questions have no such answer.")
    results = [Result(name, SHOWN_IN, "choices", Value((value,))) for name, value in guess.items()]
    return Prediction(MODEL_VERSION, score, tuple(results))


def _known(name: str, value: str, asked: Sequence[Question]) -> bool:
    """Whether a question has this value as an answer."""
    return any(question.name == name and question.answer(value) == value for question in asked)
