"""How much of what was planted the tagger found, and how much of what it found was planted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from reroute.errors import UsageError
from reroute.operate.known_answers.answers import PlayedRun, read_answers
from reroute.operate.known_answers.matching import Pair, Placed, match, placed
from reroute.settings import Project
from reroute.shares import Share


@dataclass(frozen=True)
class Row:
    """Precision and recall of one name; ``nominated``: recall where what goes to a person counts too."""

    name: str
    precision: Share
    recall: Share
    nominated: Share


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

    def table(self) -> str:
        """All of it for a person."""
        head = f"{'':<24}{'precision':<30}{'recall':<30}{'recall with nominated':<30}"
        blocks = [
            ("failures", [self.failures]),
            ("kind", self.kinds),
            ("outcome", self.outcomes),
            ("format", self.formats),
        ]
        lines = []
        for title, rows in blocks:
            lines += ["", f"{title:<24}{head[24:]}".rstrip(), *map(_line, rows)]
        lines += ["", f"exact onset           {self.exact_onset}", f"right outcome         {self.right_outcome}"]
        lines += [f"clarified seen        {self.clarified}", "", "false friends tagged as failures"]
        lines += [f"  {name:<20}{share}" for name, share in self.friends]
        lines += [f"{self.unread} simulated runs are not in the store"] if self.unread else []
        return "\n".join(lines[1:])


def score(project: Project, answers: Path) -> Score:
    """Hold the project's episodes against the answers of the simulation that its runs come from.

    Raises UsageError where ``answers`` is no such folder, or none of its runs is in the store.
    """
    runs, known = read_answers(answers)
    found = placed(project, runs)
    if not found.runs:
        raise UsageError(
            f"Scoring against {answers}: none of its {len(runs)} runs is in the store; collect them first."
        )
    pairs = match([answer for answer in known if answer.run_id in found.runs], found.episodes)
    here = [run for run in runs if run.run_id in found.runs]
    return Score(
        failures=_row("all", pairs, _any, _any, _is_there),
        kinds=_rows(pairs, lambda p: p.answer.kind if p.answer else None, lambda p: p.kind, _same_kind),
        outcomes=_rows(pairs, lambda p: p.answer.outcome if p.answer else None, lambda p: p.outcome, _same_outcome),
        formats=_rows(pairs, lambda p: p.format, lambda p: p.format, _is_there),
        exact_onset=_of(pairs, _decided, lambda pair: pair.exact),
        right_outcome=_of(pairs, _decided, _same_outcome),
        clarified=_of(
            [p for p in pairs if p.answer and p.answer.clarified],
            _decided,
            lambda p: bool(p.found and p.found.episode.clarified),
        ),
        friends=_friends(here, found.episodes),
        unread=len(runs) - len(here),
    )


def _is_there(pair: Pair) -> bool:
    return pair.answer is not None and pair.found is not None


def _same_kind(pair: Pair) -> bool:
    return pair.answer is not None and pair.kind in pair.answer.kinds


def _same_outcome(pair: Pair) -> bool:
    return pair.answer is not None and pair.outcome in pair.answer.outcomes


def _decided(pair: Pair) -> bool:
    return _is_there(pair) and pair.found is not None and not pair.found.episode.nominated


def _rows(
    pairs: Sequence[Pair],
    planted: Callable[[Pair], str | None],
    tagged: Callable[[Pair], str | None],
    right: Callable[[Pair], bool],
) -> tuple[Row, ...]:
    names = sorted({name for pair in pairs for name in (planted(pair), tagged(pair)) if name})
    return tuple(_row(name, pairs, _named(planted, name), _named(tagged, name), right) for name in names)


def _row(
    name: str,
    pairs: Sequence[Pair],
    planted: Callable[[Pair], bool],
    tagged: Callable[[Pair], bool],
    right: Callable[[Pair], bool],
) -> Row:
    wanted = [pair for pair in pairs if pair.answer and planted(pair)]
    said = [pair for pair in pairs if pair.found and not pair.found.episode.nominated and tagged(pair)]
    return Row(
        name=name,
        precision=_of(said, _any, right),
        recall=_of(wanted, _any, lambda pair: _decided(pair) and right(pair)),
        nominated=_of(wanted, _any, lambda pair: _is_there(pair) and right(pair)),
    )


def _named(of: Callable[[Pair], str | None], name: str) -> Callable[[Pair], bool]:
    return lambda pair: of(pair) == name


def _any(_: Pair) -> bool:
    return True


def _of(pairs: Iterable[Pair], among: Callable[[Pair], bool], hit: Callable[[Pair], bool]) -> Share:
    chosen = [pair for pair in pairs if among(pair)]
    return Share(sum(map(hit, chosen)), len(chosen))


def _friends(runs: Sequence[PlayedRun], episodes: Sequence[Placed]) -> tuple[tuple[str, Share], ...]:
    onsets = defaultdict(list)
    for placed_episode in episodes:
        if not placed_episode.episode.nominated:
            onsets[placed_episode.run_id].append(placed_episode.onset)
    fooled: dict[str, list[bool]] = defaultdict(list)
    for run in runs:
        for friend in run.friends:
            fooled[friend.name].append(
                any(friend.action <= onset <= friend.last_action for onset in onsets[run.run_id])
            )
    return tuple((name, Share(sum(hits), len(hits))) for name, hits in sorted(fooled.items()))


def _line(row: Row) -> str:
    return f"  {row.name:<22}{row.precision!s:<30}{row.recall!s:<30}{row.nominated!s:<30}".rstrip()
