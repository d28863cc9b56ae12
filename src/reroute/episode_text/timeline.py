"""An episode with what surrounds it, segment by segment: what a person needs to see to judge it.

Shown in a terminal by ``reroute.terminal`` and in Label Studio by ``reroute.review``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from reroute import lanes
from reroute.episode_text import wording
from reroute.trace import Header, Step

if TYPE_CHECKING:
    from reroute.episode import Episode

Part = Literal["before", "failure", "shown", "between", "recovery", "recovered", "after", "last", "skipped"]

_BEFORE = 2
_AFTER = 2
_BETWEEN = 10
_BY_WORDS = frozenset({"masked", "reported", "handed_off"})
"""Episode outcomes that are judged by what the agent says at the end."""


@dataclass(frozen=True)
class Origin:
    """The source of a trajectory and how it ended."""

    trajectory_id: str
    format: str
    path: str
    record: int
    """0-based record of the file."""
    task: str | None
    agent: str | None = None
    model: str | None = None
    run_outcome: str | None = None
    """pass or fail, by somebody who could know."""


def origin(header: Header, run_outcome: str | None) -> Origin:
    """The origin of the trajectory of ``header``; ``run_outcome`` is what somebody who could know said."""
    return Origin(
        trajectory_id=header.trajectory_id,
        format=header.format,
        path=header.path,
        record=header.source_index,
        task=header.task,
        agent=header.agent,
        model=header.model,
        run_outcome=run_outcome,
    )


@dataclass(frozen=True)
class Segment:
    """One step and its part in the timeline; a ``skipped`` segment stands for ``count`` steps that are left out."""

    part: Part
    step: Step | None
    spans: tuple[tuple[int, int], ...] = ()
    """Evidence in the step's content, as characters of the stored text."""
    count: int = 0


@dataclass(frozen=True)
class Timeline:
    """An episode and the segments that show it, in the order of the steps."""

    episode: Episode
    origin: Origin
    title: str
    """The episode in one line."""
    segments: tuple[Segment, ...]
    abandoned: bool = False
    """Whether the run did not go on from where the episode is."""

    @property
    def onset(self) -> Step | None:
        """The step with which the episode begins."""
        steps = (segment.step for segment in self.segments)
        return next((step for step in steps if step and step.step == self.episode.onset_step), None)

    @property
    def failed(self) -> Step | None:
        """The failing call."""
        failures = (segment.step for segment in self.segments if segment.part == "failure")
        return next((step for step in failures if step and step.type == "call"), None)


def timeline(episode: Episode, steps: Sequence[Step], origin: Origin) -> Timeline:
    """The timeline of ``episode``, from a little before the failure to a little after the end.

    It shows the path of the episode's lane, and nothing of any other lane; ``steps`` are all steps of the run.
    """
    lane = lanes.path(steps, episode.lane)
    last = max(episode.manifest_step, episode.close_step, episode.recovery_result_step or 0)
    segments = [*_until_evidence(episode, lane)]
    # What was tried after the evidence, the recovery step and its result.
    stop = episode.recovery_step if episode.recovery_step is not None else last + 1
    tried = [s for s in lane if episode.manifest_step < s.step < stop]
    segments += _thinned(episode, tried, _BETWEEN, evidence=True)
    for step in lane:
        if step.step == episode.recovery_step:
            segments.append(Segment("recovery", step))
        elif step.step == episode.recovery_result_step:
            segments.append(Segment("recovered", step))
    # What comes next, and the last words of the agent where the episode outcome rests on them.
    rest = [s for s in lane if s.step > last]
    segments += (Segment("after", step) for step in rest[:_AFTER])
    words = [s for s in rest if s.role == "assistant" and s.type == "message" and (s.content or "").strip()]
    if episode.outcome in _BY_WORDS and words:
        between = sum(rest[_AFTER - 1].step < s.step < words[-1].step for s in rest[_AFTER:])
        if between:
            segments.append(Segment("skipped", None, count=between))
        segments.append(Segment("last", words[-1]))
    dead = episode.lane in lanes.abandoned(steps)
    return Timeline(episode, origin, wording.line(episode, steps), tuple(segments), dead)


def _until_evidence(episode: Episode, lane: Sequence[Step]) -> Iterator[Segment]:
    """What comes before, the failure step, and the evidence step."""
    earlier = [s for s in lane if s.step < episode.onset_step and s.role not in {"system", "developer"}]
    for step in earlier[-_BEFORE:]:
        yield Segment("before", step)
    between = [s for s in lane if episode.onset_step < s.step < episode.manifest_step]
    for step in lane:
        if step.step == episode.onset_step:
            alone = episode.onset_step == episode.manifest_step
            yield Segment("shown" if alone and step.type != "call" else "failure", step, _spans(episode, step))
        elif step.step == episode.manifest_step:
            yield from _thinned(episode, [s for s in between if s.type != "call" or s.turn != step.turn], 2)
            yield Segment("shown", step, _spans(episode, step))


def _thinned(episode: Episode, steps: Sequence[Step], most: int, *, evidence: bool = False) -> Iterator[Segment]:
    """The first and last of ``steps``, at most ``most``, and between them the count of those that are left out."""
    spare = len(steps) - most
    for index, step in enumerate(steps):
        if spare <= 1 or index < most // 2 or index >= len(steps) - (most - most // 2):
            yield Segment("between", step, _spans(episode, step) if evidence else ())
        elif index == most // 2:
            yield Segment("skipped", None, count=spare)


def _spans(episode: Episode, step: Step) -> tuple[tuple[int, int], ...]:
    """The evidence in this step's content."""
    return tuple(
        (evidence.span_start, evidence.span_end)
        for evidence in episode.evidence
        if evidence.step == step.step and evidence.field == "content" and evidence.span_start < evidence.span_end
    )
