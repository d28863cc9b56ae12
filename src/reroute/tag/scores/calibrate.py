"""How likely people would call an episode a failure, fitted on their grades, and which episodes that leaves open.

The rules' own score stands, and is called one, where a format has too few graded runs, and where the model is no nearer
to the grades of runs of that format that it had not seen than saying their share every time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from reroute.tag.scores.conformal import coverage, holdout, sets
from reroute.tag.scores.examples import Example, digest, known
from reroute.tag.scores.fits import Fit, Metrics, Parameters
from reroute.tag.scores.limits import Limits

FORM = 2
"""Grows when the same data would be fitted otherwise."""


def fit(examples: Sequence[Example], limits: Limits, before: Fit | None = None) -> Fit:
    """The model of the graded episodes; ``before`` itself where it was fitted on the same data.

    A family counts from ``fit_grades_min`` graded runs, and the model holds for those families on whose own unseen runs
    its mean squared error is below that of their share. Where it holds for none, nothing is calibrated, but the metrics
    of the attempt stay. Where too few runs or only one answer is there, nothing is fitted and the metrics are empty.
    """
    found = known(examples)
    data_hash = digest(found, (FORM, limits))
    if before is not None and before.data_hash == data_hash:
        return before
    runs = {example.group: example.family for example in found}
    families = [name for name, count in sorted(Counter(runs.values()).items()) if count >= limits.fit_grades_min]
    held = holdout(found, limits)
    train = known(example for example in found if example.group not in held)
    both = len({example.truth for example in train}) == 2
    parameters, metrics = Parameters(), Metrics()
    if families and both and len(runs.keys() - held) >= limits.fit_folds:
        parameters, metrics = _fitted(train, [e for e in found if e.group in held], families, limits)
    positives = sum(bool(example.truth) for example in found)
    calibrated = bool(parameters.families)
    return Fit("failure", data_hash, calibrated, len(found), positives, len(runs), parameters, metrics)


def _fitted(
    train: Sequence[Example], held: Sequence[Example], families: Sequence[str], limits: Limits
) -> tuple[Parameters, Metrics]:
    """The model of the training examples with the families that it holds for, and its metrics."""
    from reroute.tag.scores.fitting import fitted, out_of_fold
    from reroute.tag.scores.reliability import briers, reliability

    predicted = out_of_fold(train, limits)
    metrics = Metrics(reliability(train, predicted, [example.score for example in train], limits))
    checked = []
    for family in families:
        own = [i for i, example in enumerate(train) if example.family == family]
        if own:
            brier, of_share = briers([train[i] for i in own], [predicted.probabilities[i] for i in own])
            checked += [family] if brier < of_share else []
    if not checked:
        return Parameters(), metrics
    model = fitted(train, limits)
    return (
        Parameters(model, sets(model, held, limits), tuple(checked)),
        Metrics(metrics.reliability, coverage(model, held, limits)),
    )
