"""What the yield was, honestly: how far from the target, and what would close the gap."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from reroute.export.candidates import Candidate, Drop
from reroute.export.recipe import Recipe

ENOUGH_GRADES = 10
ASSUMED_SHARE = 0.5
"""Share of graded episodes that are taken, as long as too few are graded to know."""


def note(recipe: Recipe, rows: int, candidates: Sequence[Candidate], drops: Sequence[Drop]) -> str:
    """One sentence on the yield: "17 rows; 100 need about 500 more runs or 40 grades"."""
    if rows >= recipe.target:
        return f"{rows} rows; the recipe asks for {recipe.target}."
    missing = recipe.target - rows
    runs = len({candidate.run.trajectory_id for candidate in candidates})
    more = f"more runs (none of these {runs} gave a row, so how many cannot be said)"
    if rows:
        # Two digits are all that such an estimate knows.
        needed = missing * runs / rows
        unit = int(10 ** max(0, len(str(int(needed))) - 2))
        more = f"about {ceil(needed / unit) * unit:,} more runs"
    ways = [more]
    if waiting := sum(drop.rule == "not_graded" for drop in drops):
        graded = [c.recovery for c in candidates if c.recovery and c.recovery.label == "grades"]
        taken = [recovery for recovery in graded if recovery.tier is not None and recovery.keep is not False]
        share = len(taken) / len(graded) if len(graded) >= ENOUGH_GRADES and taken else ASSUMED_SHARE
        grades = f"about {_plural(ceil(missing / share), 'grade')} ({waiting} episodes wait for one)"
        if ceil(missing / share) > waiting:
            of_these = f"(about {round(waiting * share)} rows)"
            grades = f"fewer with the {_plural(waiting, 'grade')} that are waited for {of_these}"
        ways.append(grades)
    return f"{_plural(rows, 'row')}; {recipe.target} need {' or '.join(ways)}."


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
