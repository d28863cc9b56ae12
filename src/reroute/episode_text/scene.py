"""An episode with what surrounds it, beat by beat: what a person needs to see to judge it.

Shown in a terminal by ``reroute.terminal`` and in Label Studio by ``reroute.review``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from reroute.episode_text import wording
from reroute.trace import Step

if TYPE_CHECKING:
    from reroute.episode import Episode
    from reroute.storage.lake import Header

Part = Literal["before", "failure", "shown", "between", "recovery", "recovered", "after", "last", "skipped"]

_BEFORE = 2
_AFTER = 2
_BETWEEN = 10
_BY_WORDS = frozenset({"masked", "reported", "handed_off"})
"""Outcomes that are judged by what the agent says at the end."""


@dataclass(frozen=True)
class Origin:
    """Where a trajectory came from and how it ended."""

    trajectory_id: str
    format: str
    path: str
    record: int
    """0-based record of the file."""
    task: str | None
    agent: str | None = None
    model: str | None = None
    outcome: str | None = None
    """pass or fail, by somebody who could know."""


def origin(header: Header, outcome: str | None) -> Origin:
    """Where the trajectory of ``header`` came from; ``outcome`` is what somebody who could know said."""
    return Origin(
        trajectory_id=header.trajectory_id,
        format=header.format,
        path=header.path,
        record=header.source_index,
        task=header.task,
        agent=header.agent,
        model=header.model,
        outcome=outcome,
    )


@dataclass(frozen=True)
class Beat:
    """One step in its part of the story; a ``skipped`` beat stands for ``count`` steps that are left out."""

    part: Part
    step: Step | None
    spans: tuple[tuple[int, int], ...] = ()
    """Evidence in the step's content, as characters of the stored text."""
    count: int = 0


@dataclass(frozen=True)
class Scene:
    """An episode, told."""

    episode: Episode
    origin: Origin
    title: str
    beats: tuple[Beat, ...]

    @property
    def failed(self) -> Step | None:
        """The failing call."""
        return next((b.step for b in self.beats if b.part == "failure" and b.step and b.step.type == "call"), None)


def scene(episode: Episode, steps: Sequence[Step], origin: Origin) -> Scene:
    """The story of ``episode`` in its lane, from a little before the failure to a little after the end."""
    lane = [step for step in steps if step.lane == episode.lane]
    beats = (*_before(episode, lane), *_failure(episode, lane), *_rest(episode, lane))
    return Scene(episode, origin, wording.line(episode, steps), beats)


def _before(episode: Episode, lane: Sequence[Step]) -> Iterator[Beat]:
    earlier = [s for s in lane if s.step < episode.onset_step and s.role not in {"system", "developer"}]
    for step in earlier[-_BEFORE:]:
        yield Beat("before", step)


def _failure(episode: Episode, lane: Sequence[Step]) -> Iterator[Beat]:
    between = [s for s in lane if episode.onset_step < s.step < episode.manifest_step]
    for step in lane:
        if step.step == episode.onset_step:
            alone = episode.onset_step == episode.manifest_step
            yield Beat("shown" if alone and step.type != "call" else "failure", step, _spans(episode, step))
        elif step.step == episode.manifest_step:
            yield from _thinned([s for s in between if s.type != "call" or s.turn != step.turn], 2)
            yield Beat("shown", step, _spans(episode, step))


def _rest(episode: Episode, lane: Sequence[Step]) -> Iterator[Beat]:
    last = max(episode.manifest_step, episode.close_step, episode.recovery_result_step or 0)
    stop = episode.recovery_step if episode.recovery_step is not None else last + 1
    yield from _thinned([s for s in lane if episode.manifest_step < s.step < stop], _BETWEEN, episode)
    recovery = {episode.recovery_step: "recovery", episode.recovery_result_step: "recovered"}
    recovery.pop(None, None)
    for step in lane:
        if step.step == episode.recovery_step:
            yield Beat("recovery", step)
        elif step.step == episode.recovery_result_step:
            yield Beat("recovered", step)
    yield from _after(episode, [s for s in lane if s.step > last])


def _after(episode: Episode, rest: Sequence[Step]) -> Iterator[Beat]:
    """What came next, and the last word of the agent where the outcome rests on it."""
    for step in rest[:_AFTER]:
        yield Beat("after", step)
    words = [s for s in rest if s.role == "assistant" and s.type == "message" and (s.content or "").strip()]
    if episode.outcome in _BY_WORDS and words:
        between = sum(rest[_AFTER - 1].step < s.step < words[-1].step for s in rest[_AFTER:])
        if between:
            yield Beat("skipped", None, count=between)
        yield Beat("last", words[-1])


def _thinned(steps: Sequence[Step], most: int, episode: Episode | None = None) -> Iterator[Beat]:
    spare = len(steps) - most
    for index, step in enumerate(steps):
        if spare <= 1 or index < most // 2 or index >= len(steps) - (most - most // 2):
            yield Beat("between", step, _spans(episode, step) if episode else ())
        elif index == most // 2:
            yield Beat("skipped", None, count=spare)


def _spans(episode: Episode, step: Step) -> tuple[tuple[int, int], ...]:
    """The evidence in this step's content."""
    return tuple(
        (evidence.span_start, evidence.span_end)
        for evidence in episode.evidence
        if evidence.step == step.step and evidence.field == "content" and evidence.span_start < evidence.span_end
    )
