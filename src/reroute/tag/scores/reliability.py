"""How good probabilities are, each figure with its n: calibration, ranking, and an interval over whole groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from reroute.tag.scores.examples import Example, answers
from reroute.tag.scores.fitting import OutOfFold
from reroute.tag.scores.limits import Limits
from reroute.tag.scores.model import DIGITS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Bin(msgspec.Struct, frozen=True):
    """Examples whose probability lies in one range."""

    low: float
    high: float
    n: int
    said: float
    """Their mean probability."""
    seen: float
    """The share of them that came true."""


class Interval(msgspec.Struct, frozen=True):
    """A figure with its 95 % interval over groups drawn again; null where there is nothing to rank."""

    value: float | None
    low: float | None
    high: float | None


class Reliability(msgspec.Struct, frozen=True):
    """Figures of out-of-fold probabilities."""

    n: int
    groups: int
    auc: Interval
    brier: float
    brier_of_share: float
    """Of saying the share of all every time: what any model must be below."""
    ece: float
    """Expected calibration error: how far probability and share lie apart, over the bins."""
    ece_before: float
    """The same of the scores that were there before anything was fitted, or was calibrated."""
    bins: tuple[Bin, ...]


def reliability(
    examples: Sequence[Example], predicted: OutOfFold, before: Sequence[float], limits: Limits
) -> Reliability:
    """The figures of predictions of examples with an answer; ``before`` are the scores that they are compared with."""
    said, count = predicted.probabilities, int(limits.reliability_bins)
    brier, of_share = briers(examples, said)
    return Reliability(
        n=len(examples),
        groups=len({example.group for example in examples}),
        auc=auc_interval(examples, said, predicted.folds, int(limits.resamples)),
        brier=round(brier, DIGITS),
        brier_of_share=round(of_share, DIGITS),
        ece=calibration_error(examples, said, count),
        ece_before=calibration_error(examples, before, count),
        bins=tuple(bins(examples, said, count)),
    )


def briers(examples: Sequence[Example], said: Sequence[float]) -> tuple[float, float]:
    """The mean squared error of probabilities, and that of saying the share of all every time, by weight."""
    import numpy as np

    truth, weights = answers(examples)
    share = np.average(truth, weights=weights)
    brier, of_share = (np.average((one - truth) ** 2, weights=weights) for one in (np.array(said), share))
    return float(brier), float(of_share)


def calibration_error(examples: Sequence[Example], said: Sequence[float], count: int) -> float:
    """Expected calibration error over ``count`` bins of equal width, by weight."""
    import numpy as np

    truth, weights = answers(examples)
    p, places = _binned(said, count)
    gaps = [abs(float((weights * (p - truth))[places == place].sum())) for place in np.unique(places)]
    return round(float(sum(gaps) / weights.sum()), DIGITS)


def bins(examples: Sequence[Example], said: Sequence[float], count: int) -> list[Bin]:
    """Those of ``count`` bins of equal width that hold anything, the lowest first."""
    import numpy as np

    truth, weights = answers(examples)
    p, places = _binned(said, count)
    found = []
    for place in np.unique(places).tolist():
        here = places == place
        probability, share = (
            round(float(np.average(values[here], weights=weights[here])), DIGITS) for values in (p, truth)
        )
        found.append(Bin(place / count, (place + 1) / count, int(here.sum()), probability, share))
    return found


def auc_interval(examples: Sequence[Example], said: Sequence[float], folds: Sequence[int], resamples: int) -> Interval:
    """The AUC with its 95 % percentile interval over whole groups drawn again with replacement, by a fixed seed."""
    import numpy as np

    truth, weights = answers(examples)
    p, fold = np.array(said, dtype=np.float64), np.array(folds)
    value = auc(truth, weights, p, fold)
    if value is None:
        return Interval(None, None, None)
    groups = np.array([example.group for example in examples])
    members = [np.flatnonzero(groups == name) for name in sorted(set(groups.tolist()))]
    chance, drawn = np.random.default_rng(0), []
    for _ in range(resamples):
        rows = np.concatenate([members[i] for i in chance.integers(len(members), size=len(members))])
        drawn.append(auc(truth[rows], weights[rows], p[rows], fold[rows]))
    ranked = [one for one in drawn if one is not None]
    low, high = np.percentile(ranked, [2.5, 97.5]) if ranked else (value, value)
    return Interval(round(value, DIGITS), round(float(low), DIGITS), round(float(high), DIGITS))


def auc(
    truth: NDArray[np.float64], weights: NDArray[np.float64], p: NDArray[np.float64], folds: NDArray[np.int64]
) -> float | None:
    """How often a true example stands above a false one of its fold, ties half, by weight; None where no pair is.

    Across folds no pair counts: a model trained without one task's passes predicts less for all of its runs, which
    would rank them last. All four have one entry an example; ``truth`` is 0 or 1.
    """
    import numpy as np

    won, pairs = 0.0, 0.0
    for fold in np.unique(folds):
        here = folds == fold
        levels, places = np.unique(p[here], return_inverse=True)
        right = np.bincount(places, (weights * truth)[here], len(levels))
        wrong = np.bincount(places, (weights * (1 - truth))[here], len(levels))
        below = np.cumsum(wrong) - wrong
        won += float((right * (below + wrong / 2)).sum())
        pairs += float(right.sum() * wrong.sum())
    return won / pairs if pairs else None


def _binned(said: Sequence[float], count: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Probabilities, and the number of the bin of each; 1.0 is in the last."""
    import numpy as np

    p = np.array(said, dtype=np.float64)
    return p, np.minimum((p * count).astype(np.int64), count - 1)
