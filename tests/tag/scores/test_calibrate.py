"""The probability of a failure, on synthetic grades with known probabilities."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from statistics import mean
from typing import Any

import pytest

from reroute.tag.scores import calibrate
from reroute.tag.scores.conformal import holdout
from reroute.tag.scores.examples import Example
from reroute.tag.scores.fits import Fit, read
from reroute.tag.scores.limits import Limits
from reroute.tag.scores.model import Isotonic, Platt

Draw = Callable[..., Any]  # conftest.Synthetic


def graded(examples: list[Example], which: set[str]) -> list[Example]:
    """The same, but nobody graded the others."""
    return [e if e.id in which else replace(e, truth=None, at_random=False, weight=1.0) for e in examples]


def test_below_25_graded_runs_the_rules_score_stands(draw: Draw, numbers: Limits) -> None:
    found = draw(24).examples
    fit = calibrate.fit(found, numbers)
    assert (fit.method, fit.calibrated, fit.groups) == ("fixed", False, 24)
    assert [fit.p(e) for e in found] == [e.score for e in found]
    assert {fit.ambiguous(fit.p(e)) for e in found} == {None}


def test_with_one_answer_alone_the_rules_score_stands(draw: Draw, numbers: Limits) -> None:
    assert not calibrate.fit([replace(e, truth=True) for e in draw(60).examples], numbers).calibrated


@pytest.mark.parametrize("seed", range(5))
def test_answers_that_nothing_predicts_make_no_probability_and_the_figures_stay(
    draw: Draw, numbers: Limits, seed: int
) -> None:
    chance = random.Random(seed)
    found = [replace(e, truth=chance.random() < 0.5) for e in draw(60, seed).examples]
    fit = calibrate.fit(found, numbers)
    assert (fit.method, fit.calibrated) == ("fixed", False)
    assert [fit.p(e) for e in found] == [e.score for e in found]
    assert fit.metrics.reliability is not None
    assert fit.metrics.reliability.brier >= fit.metrics.reliability.brier_of_share


def test_a_family_with_too_few_graded_runs_keeps_the_rules_score(draw: Draw, numbers: Limits) -> None:
    found = [replace(e, family="rare" if e.group >= "t0-00080" else "often") for e in draw(100).examples]
    fit = calibrate.fit(found, numbers)
    assert fit.calibrated
    assert fit.parameters.families == ("often",)
    assert all((fit.p(e) == e.score) == (e.family == "rare") for e in found)


def test_a_family_that_the_others_turn_around_keeps_the_rules_score(draw: Draw, numbers: Limits) -> None:
    """What speaks for a failure in five runs of six speaks against it in the sixth."""
    turned = {f"t0-{index:05}" for index in range(0, 240, 6)}
    found = [
        replace(e, family="turned", truth=not e.truth) if e.group in turned else replace(e, family="straight")
        for e in draw(240).examples
    ]
    assert calibrate.fit(found, numbers).parameters.families == ("straight",)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_calibration_error_falls(draw: Draw, numbers: Limits, seed: int) -> None:
    trained, fresh = draw(120, seed), draw(400, seed + 100)
    fit = calibrate.fit(trained.examples, numbers)
    assert fit.metrics.reliability is not None
    assert fit.metrics.reliability.ece < fit.metrics.reliability.ece_before / 2
    off = mean(abs(fit.p(e) - fresh.p[e.id]) for e in fresh.examples)
    assert off < mean(abs(e.score - fresh.p[e.id]) for e in fresh.examples) / 3


def test_every_figure_has_its_n_and_is_measured_on_the_runs_of_the_fit(draw: Draw, numbers: Limits) -> None:
    found = draw(100).examples
    metrics = calibrate.fit(found, numbers).metrics
    assert metrics.reliability is not None
    assert metrics.coverage is not None
    assert (metrics.reliability.groups, metrics.reliability.n, metrics.coverage.groups, metrics.coverage.n) == (
        50,
        200,
        50,
        200,
    )
    assert sum(one.n for one in metrics.reliability.bins) == 200


def test_a_rising_curve_only_above_a_thousand_grades(draw: Draw, numbers: Limits) -> None:
    few, many = (calibrate.fit(draw(groups).examples, numbers).parameters.model for groups in (200, 700))
    assert few is not None
    assert isinstance(few.calibration, Platt)
    assert many is not None
    assert isinstance(many.calibration, Isotonic)
    assert all(low <= high for low, high in pairwise(many.calibration.shares))


def test_the_sets_hold_the_truth_as_often_as_promised(draw: Draw, numbers: Limits) -> None:
    held = []
    for seed in range(24):  # the promise is about the mean over draws of the grades
        sets, fresh = calibrate.fit(draw(100, seed).examples, replace(numbers, resamples=1)), draw(200, seed + 50)
        assert sets.parameters.sets is not None
        held += [sets.parameters.sets.holds(sets.p(e), truth=bool(e.truth)) for e in fresh.examples]
    assert mean(held) >= 1 - numbers.conformal_alpha - 0.02


def test_an_answer_that_is_alone_in_its_set_is_mostly_right(draw: Draw, numbers: Limits) -> None:
    fit, fresh = calibrate.fit(draw(200).examples, numbers), draw(500, 9)
    sure = [e for e in fresh.examples if not fit.ambiguous(fit.p(e))]
    assert 0.1 < len(sure) / len(fresh.examples) < 0.9
    assert mean((fit.p(e) > 0.5) == e.truth for e in sure) > mean((fit.p(e) > 0.5) == e.truth for e in fresh.examples)


def test_the_runs_of_the_sets_teach_the_model_nothing(draw: Draw, numbers: Limits) -> None:
    found = draw(80).examples
    held = holdout(found, numbers)
    turned = [replace(e, truth=not e.truth) if e.group in held else e for e in found]
    one, other = (calibrate.fit(examples, numbers).parameters for examples in (found, turned))
    assert len(held) == 40
    assert one.model == other.model
    assert one.sets != other.sets


def test_grades_that_were_not_drawn_at_random_calibrate_no_sets(draw: Draw, numbers: Limits) -> None:
    fit = calibrate.fit([replace(e, at_random=False) for e in draw(80).examples], numbers)
    assert fit.calibrated
    assert {fit.ambiguous(p / 10) for p in range(11)} == {True}
    assert fit.metrics.coverage is None


def test_only_runs_with_a_grade_drawn_at_random_are_in_the_holdout(draw: Draw, numbers: Limits) -> None:
    drawn = {f"t0-{index:05}" for index in range(0, 80, 4)}
    held = holdout([replace(e, at_random=e.group in drawn) for e in draw(80).examples], numbers)
    assert len(held) == len(drawn) * numbers.conformal_share
    assert held <= drawn


def test_other_grades_of_a_run_in_the_holdout_neither_calibrate_the_sets_nor_test_them(
    draw: Draw, numbers: Limits
) -> None:
    found = [replace(e, at_random=index % 4 < 2) for index, e in enumerate(draw(100).examples)]
    held = holdout(found, numbers)
    turned = [replace(e, truth=not e.truth) if e.group in held and not e.at_random else e for e in found]
    one, other = (calibrate.fit(examples, numbers) for examples in (found, turned))
    assert one.parameters.sets is not None
    assert one.parameters == other.parameters
    assert one.metrics.coverage == other.metrics.coverage


def biased(draw: Draw) -> tuple[list[Example], float]:
    """Grades of every episode that failed of some runs, and of a tenth of the others, which stand for ten each."""
    population, chance = draw(600, 3).examples, random.Random(1)
    taken = {e.id: 1.0 if e.truth else 10.0 for e in population if e.truth or chance.random() < 0.1}
    drawn = [replace(e, weight=taken[e.id], at_random=False) for e in population if e.id in taken]
    return drawn, mean(bool(e.truth) for e in population)


def test_a_biased_draw_is_made_good_by_its_weights(draw: Draw, numbers: Limits) -> None:
    drawn, share = biased(draw)
    fresh = draw(400, 77).examples
    by_weight, by_count = (
        calibrate.fit(examples, numbers) for examples in (drawn, [replace(e, weight=1.0) for e in drawn])
    )
    weighted, naive = (mean(fit.p(e) for e in fresh) for fit in (by_weight, by_count))
    assert abs(weighted - share) < 0.05
    assert naive - share > 0.3


def test_on_the_same_data_the_fit_stays_as_it_is(draw: Draw, numbers: Limits) -> None:
    found = draw(30).examples
    fit = calibrate.fit(found, numbers)
    assert calibrate.fit(found[::-1], numbers, fit) is fit
    assert calibrate.fit(found, numbers) == fit
    assert read(fit.row()) == fit


def test_what_nobody_graded_changes_no_fit(draw: Draw, numbers: Limits) -> None:
    found = draw(40).examples
    some = graded(found, {e.id for e in found[:120]})
    assert calibrate.fit(some, numbers) == calibrate.fit(found[:120], numbers)


def changed(found: list[Example], numbers: Limits, **changes: object) -> Fit:
    return calibrate.fit([replace(found[0], **changes), *found[1:]], numbers)


def test_a_grade_that_changes_makes_another_fit(draw: Draw, numbers: Limits) -> None:
    found = draw(30).examples
    fit = calibrate.fit(found, numbers)
    others = [
        changed(found, numbers, truth=not found[0].truth),
        changed(found, numbers, weight=7.0),
        changed(found, numbers, features={"firm": 1.0, "new": 1.0}),
        calibrate.fit(found, replace(numbers, conformal_alpha=0.2)),
    ]
    assert len({fit.data_hash, *(other.data_hash for other in others)}) == 5
