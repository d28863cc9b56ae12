"""What the yield was, honestly: how far from the target, and what would close the gap."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from reroute.export.candidates import Candidate, Drop
from reroute.export.recipe import Recipe

ENOUGH_GRADES = 10
ASSUMED_KEPT = 0.5
"""Share of graded episodes that are kept, as long as too few are graded to know."""


def note(recipe: Recipe, rows: int, candidates: Sequence[Candidate], drops: Sequence[Drop]) -> str:
    """One sentence on the yield: "17 rows; 100 need about 500 more runs or 40 grades"."""
    if rows >= recipe.target:
        return f"{rows} rows; the recipe asks for {recipe.target}."
    missing = recipe.target - rows
    ways = [_runs(missing, rows, candidates), _grades(missing, candidates, drops)]
    return f"{_plural(rows, 'row')}; {recipe.target} need {' or '.join(way for way in ways if way)}."


def _runs(missing: int, rows: int, candidates: Sequence[Candidate]) -> str:
    runs = len({candidate.run.trajectory_id for candidate in candidates})
    if not rows:
        return f"more runs (none of these {runs} gave a row, so how many cannot be said)"
    return f"about {_round(missing * runs / rows):,} more runs"


def _grades(missing: int, candidates: Sequence[Candidate], drops: Sequence[Drop]) -> str | None:
    waiting = sum(drop.rule == "not_graded" for drop in drops)
    if not waiting:
        return None
    graded = [c.recovery for c in candidates if c.recovery and c.recovery.label == "grades"]
    kept = [recovery for recovery in graded if recovery.tier is not None and recovery.keep is not False]
    share = len(kept) / len(graded) if len(graded) >= ENOUGH_GRADES and kept else ASSUMED_KEPT
    needed = ceil(missing / share)
    if needed <= waiting:
        return f"about {_plural(needed, 'grade')} ({waiting} episodes wait for one)"
    return f"fewer with the {_plural(waiting, 'grade')} that are waited for (about {round(waiting * share)} rows)"


def _round(number: float) -> int:
    """Two digits are all that such an estimate knows."""
    unit = int(10 ** max(0, len(str(int(number))) - 2))
    return ceil(number / unit) * unit


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
