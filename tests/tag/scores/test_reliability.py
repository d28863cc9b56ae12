"""Figures of probabilities, by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from reroute.tag.scores.examples import Example, answers
from reroute.tag.scores.fitting import out_of_fold
from reroute.tag.scores.limits import Limits
from reroute.tag.scores.model import Isotonic, sigmoid
from reroute.tag.scores.reliability import auc, auc_interval, bins, calibration_error

Draw = Callable[..., Any]  # conftest.Synthetic


def answered(*truths: bool, weights: tuple[float, ...] = ()) -> list[Example]:
    each = weights or (1.0,) * len(truths)
    return [
        Example(str(i), str(i), "v", str(i // 2), {}, truth, weight)
        for i, (truth, weight) in enumerate(zip(truths, each, strict=True))
    ]


def auc_of(examples: list[Example], said: list[float], folds: list[int]) -> float | None:
    return auc(*answers(examples), np.array(said), np.array(folds))


def test_the_auc_counts_pairs_and_ties_half() -> None:
    assert auc_of(answered(True, False, True, False), [0.9, 0.1, 0.5, 0.5], [0] * 4) == (1 + 1 + 1 + 0.5) / 4
    assert auc_of(answered(True, True), [0.1, 0.2], [0, 0]) is None


def test_the_auc_ranks_nothing_across_folds() -> None:
    assert auc_of(answered(True, False, True, False), [0.2, 0.1, 0.9, 0.8], [0, 0, 1, 1]) == 1.0
    assert auc_of(answered(True, False), [0.9, 0.1], [0, 1]) is None


def test_the_auc_counts_pairs_by_weight() -> None:
    assert auc_of(answered(True, False, False, weights=(1, 3, 1)), [0.5, 0.1, 0.9], [0] * 3) == 0.75


def test_the_calibration_error_is_the_gap_of_each_bin_by_weight() -> None:
    assert calibration_error(answered(True, False, True, True), [0.95, 0.95, 0.45, 0.45], 10) == pytest.approx(
        (2 * 0.45 + 2 * 0.55) / 4
    )
    assert calibration_error(answered(True, False, weights=(9, 1)), [0.9, 0.9], 10) == pytest.approx(0)


def test_a_probability_of_one_is_in_the_last_bin() -> None:
    (only,) = bins(answered(True, True), [1.0, 0.93], 10)
    assert (only.low, only.high, only.n, only.seen) == (0.9, 1.0, 2, 1.0)


def test_an_interval_over_tasks_is_wider_than_its_figure_and_always_the_same() -> None:
    examples, said = answered(*([True, False, True, True, False, False] * 5)), [i % 7 / 7 for i in range(30)]
    interval = auc_interval(examples, said, [0] * 30, 200)
    assert interval == auc_interval(examples, said, [0] * 30, 200)
    assert None not in (interval.low, interval.value, interval.high)
    assert interval.low < interval.value < interval.high  # type: ignore[operator]


def test_a_rising_curve_is_read_between_its_points_and_level_outside() -> None:
    curve = Isotonic((-1.0, 1.0), (0.2, 0.6))
    assert [curve.apply(x) for x in (-5, -1, 0, 1, 5)] == pytest.approx([0.2, 0.2, 0.4, 0.6, 0.6])


def test_the_sigmoid_takes_any_log_odds() -> None:
    assert (sigmoid(-1000), sigmoid(0), sigmoid(1000)) == (0, 0.5, 1)


def test_what_marks_one_task_alone_ranks_nothing_of_another(draw: Draw, numbers: Limits) -> None:
    found = [replace(e, features={f"task {e.group}": 1.0}, truth=int(e.group[-1]) % 2 == 0) for e in draw(40).examples]
    predicted = out_of_fold(found, numbers)
    assert auc_of(found, predicted.probabilities, predicted.folds) == pytest.approx(0.5, abs=0.25)
