"""How much of what was planted the tagger found, and how much of what it found was planted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reroute.errors import UsageError
from reroute.operate.known_answers.answers import PlayedRun, read_answers
from reroute.operate.known_answers.matching import Judged, Placed, match, placed
from reroute.settings import Project
from reroute.shares import Share


@dataclass(frozen=True)
class Row:
    """Precision and recall of one kind, outcome or format."""

    name: str
    precision: Share
    """Of the decided episodes of this name, those that are right."""
    recall: Share
    """Of the planted mistakes of this name, those with a decided episode that is right."""
    nominated: Share
    """Recall where episodes that only nominate, and so go to a person, count too."""


@dataclass(frozen=True)
class Score:
    """Known-answer scores of a project whose runs were simulated. Episodes that only nominate are no decisions."""

    failures: Row
    kinds: tuple[Row, ...]
    outcomes: tuple[Row, ...]
    formats: tuple[Row, ...]
    exact_onset: Share
    """Of the planted mistakes found, those whose onset is the very call."""
    right_outcome: Share
    """Of the planted mistakes found, those whose outcome is right."""
    clarified: Share
    """Of the planted mistakes found that a person's answer solved, those flagged so."""
    friends: tuple[tuple[str, Share], ...]
    """False friends by name: the share that was tagged as a failure."""
    unread: int
    """Runs of the simulation that are not in the store."""


def score(project: Project, answers: Path) -> Score:
    """Compare the project's episodes with the answers of the simulation that its runs come from.

    Raises UsageError where ``answers`` is no such folder, or none of its runs is in the store.
    """
    runs, known = read_answers(answers)
    found = placed(project, runs)
    if not found.runs:
        raise UsageError(
            f"Scoring against {answers}: none of its {len(runs)} runs is in the store; collect them first."
        )
    here = [run for run in runs if run.run_id in found.runs]
    judged: dict[str, list[Judged]] = {"failures": [], "kinds": [], "outcomes": [], "formats": []}
    exact, outcomes, clarified = [], [], []
    for pair in match([answer for answer in known if answer.run_id in found.runs], found.episodes):
        for respect, one in pair.judged().items():
            judged[respect].append(one)
        if pair.answer and pair.found and not pair.found.episode.nominated:
            exact.append(pair.exact)
            outcomes.append(pair.found.episode.outcome in pair.answer.outcomes)
            if pair.answer.clarified:
                clarified.append(pair.found.episode.clarified)
    rows = {}
    for respect, every in judged.items():
        names = {name for one in every for name in (one.planted, one.tagged) if name}
        rows[respect] = tuple(_row(name, every) for name in sorted(names))
    return Score(
        failures=_row("all", judged["failures"]),
        kinds=rows["kinds"],
        outcomes=rows["outcomes"],
        formats=rows["formats"],
        exact_onset=Share(sum(exact), len(exact)),
        right_outcome=Share(sum(outcomes), len(outcomes)),
        clarified=Share(sum(clarified), len(clarified)),
        friends=_friends(here, found.episodes),
        unread=len(runs) - len(here),
    )


def _row(name: str, judged: Sequence[Judged]) -> Row:
    planted = [one for one in judged if one.planted == name]
    tagged = [one for one in judged if one.tagged == name and one.decided]
    return Row(
        name=name,
        precision=Share(sum(one.right for one in tagged), len(tagged)),
        recall=Share(sum(one.right and one.decided for one in planted), len(planted)),
        nominated=Share(sum(one.right for one in planted), len(planted)),
    )


def _friends(runs: Sequence[PlayedRun], episodes: Sequence[Placed]) -> tuple[tuple[str, Share], ...]:
    """False friends by name: of all that were played, those on which a decided episode begins."""
    onsets = defaultdict(list)
    for one in episodes:
        if not one.episode.nominated:
            onsets[one.run_id].append(one.onset)
    fooled: dict[str, list[bool]] = defaultdict(list)
    for run in runs:
        for friend in run.friends:
            hit = any(friend.action <= onset <= friend.last_action for onset in onsets[run.run_id])
            fooled[friend.name].append(hit)
    return tuple((name, Share(sum(hits), len(hits))) for name, hits in sorted(fooled.items()))
