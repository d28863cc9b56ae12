"""Fitting logistic models and their calibration, on groups that never stand on both sides of a split."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from reroute.tag.scores.examples import Example
from reroute.tag.scores.limits import Limits
from reroute.tag.scores.model import DIGITS, Calibration, Isotonic, Logistic, Platt, logits

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Foretold:
    """What models that had not seen an example's group said of it."""

    raw: list[float]
    """Log-odds, not calibrated."""
    calibrated: list[float]
    """Probabilities, calibrated on the other groups."""
    folds: list[int]
    """Which model said it: what two models said is not to be ranked against each other."""


def fitted(examples: Sequence[Example], limits: Limits) -> Logistic:
    """The model of all of ``examples``, calibrated on what models said of groups that they had not seen."""
    with _one_thread():
        raw = out_of_fold(examples, limits)
        return msgspec.structs.replace(logistic(examples, limits), calibration=calibration(raw, examples, limits))


def foretold(examples: Sequence[Example], limits: Limits) -> Foretold:
    """Cross-validated: each example by a model and a calibration that saw nothing of its group."""
    said, folds = [0.0] * len(examples), [0] * len(examples)
    with _one_thread():
        raw = out_of_fold(examples, limits)
        for fold, (train, test) in enumerate(_folds(examples, limits)):
            curve = calibration([raw[i] for i in train], [examples[i] for i in train], limits)
            for i in test:
                said[i], folds[i] = curve.apply(raw[i]), fold
    return Foretold(raw, said, folds)


def out_of_fold(examples: Sequence[Example], limits: Limits) -> list[float]:
    """The log-odds of each example by a model of the other folds."""
    found = [0.0] * len(examples)
    for train, test in _folds(examples, limits):
        model = logistic([examples[i] for i in train], limits)
        for i, logit in zip(test, logits(model, [examples[i] for i in test]), strict=True):
            found[i] = logit
    return found


def logistic(examples: Sequence[Example], limits: Limits) -> Logistic:
    """A logistic model with an L2 penalty; the share alone where all have one answer."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    truth, weights = _answers(examples)
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

    truth, weights = _answers(examples)
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


def _one_thread() -> AbstractContextManager[object]:
    """These problems are small: more threads only wait for each other, and sum in another order."""
    from threadpoolctl import threadpool_limits

    limited: AbstractContextManager[object] = threadpool_limits(limits=1)
    return limited


def _answers(examples: Sequence[Example]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    import numpy as np

    return np.array([int(bool(e.truth)) for e in examples]), np.array([e.weight for e in examples])


def _folds(examples: Sequence[Example], limits: Limits) -> Iterator[tuple[list[int], list[int]]]:
    """Groups split into folds; the same for the same examples in the same order."""
    from sklearn.model_selection import GroupKFold

    groups = [example.group for example in examples]
    folds = GroupKFold(min(int(limits.fit_folds), len(set(groups))))
    for train, test in folds.split(groups, groups=groups):
        yield train.tolist(), test.tolist()
