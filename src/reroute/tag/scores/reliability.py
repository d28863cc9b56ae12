"""How good probabilities are, each figure with its n: calibration, ranking, and an interval over whole groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from reroute.tag.scores.examples import Example
from reroute.tag.scores.fitting import Foretold
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
    """Figures of probabilities that were made without seeing the example's group."""

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
    examples: Sequence[Example], foretold: Foretold, before: Sequence[float], limits: Limits
) -> Reliability:
    """The figures of what was foretold of examples with an answer; ``before`` is what it is compared with."""
    said = foretold.calibrated
    truth, weights, p = _arrays(examples, said)
    brier, of_share = _briers(truth, weights, p)
    return Reliability(
        n=len(examples),
        groups=len({example.group for example in examples}),
        auc=auc_interval(examples, said, foretold.folds, int(limits.resamples)),
        brier=_rounded(brier),
        brier_of_share=_rounded(of_share),
        ece=calibration_error(examples, said, int(limits.reliability_bins)),
        ece_before=calibration_error(examples, before, int(limits.reliability_bins)),
        bins=tuple(bins(examples, said, int(limits.reliability_bins))),
    )


def is_nearer(examples: Sequence[Example], said: Sequence[float]) -> bool:
    """Whether probabilities lie nearer to the truth, by their mean squared error, than saying its share every time."""
    brier, of_share = _briers(*_arrays(examples, said)) if examples else (0.0, 0.0)
    return brier < of_share


def calibration_error(examples: Sequence[Example], said: Sequence[float], count: int) -> float:
    """Expected calibration error over ``count`` bins of equal width, by weight."""
    import numpy as np

    truth, weights, p = _arrays(examples, said)
    places = _places(p, count)
    gaps = [abs(float((weights * (p - truth))[places == place].sum())) for place in np.unique(places)]
    return _rounded(sum(gaps) / weights.sum())


def bins(examples: Sequence[Example], said: Sequence[float], count: int) -> list[Bin]:
    """The bins that hold anything."""
    import numpy as np

    truth, weights, p = _arrays(examples, said)
    places, found = _places(p, count), []
    for place in np.unique(places).tolist():
        here = places == place
        told, came = (_rounded(np.average(values[here], weights=weights[here])) for values in (p, truth))
        found.append(Bin(place / count, (place + 1) / count, int(here.sum()), told, came))
    return found


def auc(examples: Sequence[Example], said: Sequence[float], folds: Sequence[int]) -> float | None:
    """How often a true example stands above a false one of its fold, ties half, by weight; None where no pair is.

    Across folds no pair counts: a model taught without one task's passes says less of all, which ranks them last.
    """
    import numpy as np

    return _auc(*_arrays(examples, said), np.array(folds))


def auc_interval(examples: Sequence[Example], said: Sequence[float], folds: Sequence[int], resamples: int) -> Interval:
    """The AUC with its 95 % percentile interval over whole groups drawn again with replacement, by a fixed seed."""
    import numpy as np

    truth, weights, p = _arrays(examples, said)
    fold = np.array(folds)
    value = _auc(truth, weights, p, fold)
    if value is None:
        return Interval(None, None, None)
    groups = np.array([example.group for example in examples])
    members = [np.flatnonzero(groups == name) for name in sorted(set(groups.tolist()))]
    chance, drawn = np.random.default_rng(0), []
    for _ in range(resamples):
        rows = np.concatenate([members[i] for i in chance.integers(len(members), size=len(members))])
        drawn.append(_auc(truth[rows], weights[rows], p[rows], fold[rows]))
    kept = [one for one in drawn if one is not None]
    low, high = np.percentile(kept, [2.5, 97.5]) if kept else (value, value)
    return Interval(_rounded(value), _rounded(low), _rounded(high))


def _auc(
    truth: NDArray[np.float64], weights: NDArray[np.float64], p: NDArray[np.float64], folds: NDArray[np.int64]
) -> float | None:
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


def _briers(truth: NDArray[np.float64], weights: NDArray[np.float64], p: NDArray[np.float64]) -> tuple[float, float]:
    import numpy as np

    share = np.average(truth, weights=weights)
    brier, of_share = (np.average((one - truth) ** 2, weights=weights) for one in (p, share))
    return float(brier), float(of_share)


def _places(p: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    import numpy as np

    return np.minimum((p * count).astype(np.int64), count - 1)


def _arrays(
    examples: Sequence[Example], said: Sequence[float]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    import numpy as np

    truth = np.array([float(bool(example.truth)) for example in examples])
    return truth, np.array([example.weight for example in examples]), np.array(said, dtype=np.float64)


def _rounded(value: float | np.floating) -> float:
    return round(float(value), DIGITS)
