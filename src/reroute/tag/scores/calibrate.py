"""How likely people would call an episode a failure, fitted on their grades, and which episodes that leaves open.

The rules' own score stands, and is called one, where a format has too few graded runs, and where the model is no nearer
to the grades of runs of that format that it had not seen than saying their share every time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from reroute.tag.scores.conformal import coverage, held_out, sets
from reroute.tag.scores.examples import Example, digest, known
from reroute.tag.scores.fits import Fit, Parameters, Worth
from reroute.tag.scores.limits import Limits

FORM = 2
"""Grows when the same data would be fitted otherwise."""


def fit(examples: Sequence[Example], limits: Limits, before: Fit | None = None) -> Fit:
    """The model of the graded episodes; ``before`` itself where it was fitted on the same data."""
    found = known(examples)
    data_hash = digest(found, (FORM, limits))
    if before is not None and before.data_hash == data_hash:
        return before
    runs = {example.group: example.family for example in found}
    counts = Counter(runs.values())
    families = [family for family, count in sorted(counts.items()) if count >= limits.fit_grades_min]
    held = held_out(found, limits)
    train = known(example for example in found if example.group not in held)
    enough = bool(families) and _both(train) and len(runs.keys() - held) >= limits.fit_folds
    made = (Parameters(), Worth())
    if enough:
        made = _fitted(train, [e for e in found if e.group in held], families, limits)
    calibrated = bool(made[0].families)
    return Fit("failure", data_hash, calibrated, len(found), sum(bool(e.truth) for e in found), len(runs), *made)


def _fitted(
    train: Sequence[Example], held: Sequence[Example], families: Sequence[str], limits: Limits
) -> tuple[Parameters, Worth]:
    """The model with the families that it holds for, and its figures, which stay where it holds for none."""
    from reroute.tag.scores.fitting import fitted, foretold
    from reroute.tag.scores.reliability import is_nearer, reliability

    unseen = foretold(train, limits)
    figures = reliability(train, unseen, [example.score for example in train], limits)
    checked = []
    for family in families:
        own = [i for i, example in enumerate(train) if example.family == family]
        if is_nearer([train[i] for i in own], [unseen.calibrated[i] for i in own]):
            checked.append(family)
    if not checked:
        return Parameters(), Worth(figures)
    model = fitted(train, limits)
    return Parameters(model, sets(model, held, limits), tuple(checked)), Worth(figures, coverage(model, held, limits))


def _both(examples: Sequence[Example]) -> bool:
    return len({example.truth for example in examples}) == 2
