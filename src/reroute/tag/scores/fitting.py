"""Fitting logistic models and their calibration, on groups that never stand on both sides of a split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from reroute.tag.scores.examples import Example, answers
from reroute.tag.scores.limits import Limits
from reroute.tag.scores.model import DIGITS, Calibration, Isotonic, Logistic, Platt


@dataclass(frozen=True)
class OutOfFold:
    """Out-of-fold predictions: of each example by a model that was not trained on its group."""

    logits: list[float]
    """Log-odds, not calibrated."""
    probabilities: list[float]
    """Calibrated on the other groups."""
    folds: list[int]
    """Which model predicted it: the predictions of two models are not to be ranked against each other."""


def fitted(examples: Sequence[Example], limits: Limits) -> Logistic:
    """The model of all of ``examples``, calibrated on out-of-fold predictions."""
    from threadpoolctl import threadpool_limits

    # These problems are small: more threads only wait for each other, and sum in another order.
    with threadpool_limits(limits=1):
        logits = _out_of_fold_logits(examples, _folds(examples, limits), limits)
        return msgspec.structs.replace(logistic(examples, limits), calibration=calibration(logits, examples, limits))


def out_of_fold(examples: Sequence[Example], limits: Limits) -> OutOfFold:
    """Cross-validated: each example by a model and a calibration that were fitted without its group."""
    from threadpoolctl import threadpool_limits

    probabilities, numbers = [0.0] * len(examples), [0] * len(examples)
    with threadpool_limits(limits=1):
        folds = _folds(examples, limits)
        logits = _out_of_fold_logits(examples, folds, limits)
        for fold, (train, test) in enumerate(folds):
            curve = calibration([logits[i] for i in train], [examples[i] for i in train], limits)
            for i in test:
                probabilities[i], numbers[i] = curve.apply(logits[i]), fold
    return OutOfFold(logits, probabilities, numbers)


def logistic(examples: Sequence[Example], limits: Limits) -> Logistic:
    """A logistic model with an L2 penalty; the share alone where all have one answer."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    truth, weights = answers(examples)
    if truth.min() == truth.max():
        hits = float(truth.sum())
        return Logistic(float(np.log((hits + 1) / (len(truth) - hits + 1))), {})
    names = sorted({name for example in examples for name in example.features})
    matrix = np.array([[example.features.get(name, 0.0) for name in names] for example in examples])
    model = LogisticRegression(C=limits.fit_strength, max_iter=2000, tol=1e-8)
    model.fit(matrix, truth, sample_weight=weights)
    pairs = zip(names, model.coef_[0].tolist(), strict=True)
    return Logistic(round(float(model.intercept_[0]), DIGITS), {name: round(value, DIGITS) for name, value in pairs})


def calibration(raw: Sequence[float], examples: Sequence[Example], limits: Limits) -> Calibration:
    """From log-odds to probabilities: a straight line, or a rising curve where there are very many examples."""
    import numpy as np
    from sklearn.isotonic import IsotonicRegression
    from sklearn.linear_model import LogisticRegression

    truth, weights = answers(examples)
    if truth.min() == truth.max():
        return Platt(1.0, 0.0)
    if len(examples) >= limits.isotonic_min:
        curve = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(raw, truth, sample_weight=weights)
        points = zip(curve.X_thresholds_.tolist(), curve.y_thresholds_.tolist(), strict=True)
        rounded = dict(sorted((round(x, DIGITS), round(y, DIGITS)) for x, y in points))
        return Isotonic(tuple(rounded), tuple(rounded.values()))
    line = LogisticRegression(C=limits.fit_strength, tol=1e-8)
    line.fit(np.array(raw).reshape(-1, 1), truth, sample_weight=weights)
    if line.coef_[0, 0] <= 0:  # what unseen groups contradict says nothing: everyone gets the share of all
        share = float(np.average(truth, weights=weights))
        return Platt(0.0, round(float(np.log(share / (1 - share))), DIGITS))
    return Platt(round(float(line.coef_[0, 0]), DIGITS), round(float(line.intercept_[0]), DIGITS))


def _folds(examples: Sequence[Example], limits: Limits) -> list[tuple[list[int], list[int]]]:
    """Places of training and test examples, groups kept whole; the same for the same examples in the same order."""
    from sklearn.model_selection import GroupKFold

    groups = [example.group for example in examples]
    folds = GroupKFold(min(int(limits.fit_folds), len(set(groups))))
    return [(train.tolist(), test.tolist()) for train, test in folds.split(groups, groups=groups)]


def _out_of_fold_logits(
    examples: Sequence[Example], folds: Sequence[tuple[list[int], list[int]]], limits: Limits
) -> list[float]:
    """The log-odds of each example by a model of the other folds, not calibrated."""
    logits = [0.0] * len(examples)
    for train, test in folds:
        model = logistic([examples[i] for i in train], limits)
        for i in test:
            logits[i] = model.logit(examples[i])
    return logits
