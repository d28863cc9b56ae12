"""How likely people would call an episode a failure, fitted on their grades, and which episodes that leaves open.

With too few graded runs the rules' own score stands, and is called one.
"""

from __future__ import annotations

from collections.abc import Sequence

from reroute.scores.conformal import coverage, held_out, sets
from reroute.scores.examples import Example, digest, known
from reroute.scores.fits import Fit, Parameters, Worth
from reroute.scores.limits import Limits

FORM = 1
"""Grows when the same data would be fitted otherwise."""


def fit(examples: Sequence[Example], limits: Limits, before: Fit | None = None) -> Fit:
    """The model of the graded episodes; ``before`` itself where it was fitted on the same data."""
    found = known(examples)
    data_hash = digest(found, (FORM, limits))
    if before is not None and before.data_hash == data_hash:
        return before
    runs = {example.group for example in found}
    kept = held_out(found, limits)
    taught = known(example for example in found if example.group not in kept)
    enough = len(runs) >= limits.fit_grades_min and _both(taught) and len(runs - kept) >= limits.fit_folds
    made = _fitted(taught, [e for e in found if e.group in kept], limits) if enough else (Parameters(), Worth())
    return Fit("failure", data_hash, enough, len(found), sum(bool(e.truth) for e in found), len(runs), *made)


def _fitted(taught: Sequence[Example], kept: Sequence[Example], limits: Limits) -> tuple[Parameters, Worth]:
    from reroute.scores.fitting import fitted, foretold
    from reroute.scores.reliability import reliability

    model = fitted(taught, limits)
    said = foretold(taught, limits)
    figures = reliability(taught, said, [example.score for example in taught], limits)
    return Parameters(model, sets(model, kept, limits)), Worth(figures, coverage(model, kept, limits))


def _both(examples: Sequence[Example]) -> bool:
    return len({example.truth for example in examples}) == 2
