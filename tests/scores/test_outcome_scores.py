"""The outcome score, on synthetic runs with known probabilities."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from reroute.scores.examples import Example
from reroute.scores.fits import Fit
from reroute.scores.limits import Limits
from reroute.scores.outcome_scores import fit, fixed_weights

Draw = Callable[..., Any]  # conftest.Synthetic


def fitted(examples: Sequence[Example], numbers: Limits) -> Fit:
    return fit(examples, numbers, fixed_weights())


def run(**features: float) -> Example:
    return Example("r", "r", "v", "k", features)


def test_with_too_few_runs_the_weights_are_fixed_and_it_is_a_score(draw: Draw, numbers: Limits) -> None:
    found = draw(9).examples
    assert len(found) < numbers.fit_runs_min
    made = fitted(found, numbers)
    assert (made.method, made.calibrated) == ("fixed", False)
    assert made.p(run()) == 0.5
    assert made.p(run(**{"open episodes": 1.0})) < made.p(run(**{"recovered episodes": 1.0})) < 0.5


def test_with_too_few_of_one_outcome_the_weights_are_fixed(draw: Draw, numbers: Limits) -> None:
    found = [replace(e, truth=index < 5) for index, e in enumerate(draw(30).examples)]
    assert not fitted(found, numbers).calibrated


def test_with_too_few_tasks_the_weights_are_fixed(draw: Draw, numbers: Limits) -> None:
    found = [replace(e, group=str(index % 3)) for index, e in enumerate(draw(30).examples)]
    assert not fitted(found, numbers).calibrated


def test_what_tells_the_outcome_is_found(draw: Draw, numbers: Limits) -> None:
    made = fitted(draw(80).examples, numbers)
    assert made.calibrated
    assert made.worth.reliability is not None
    auc = made.worth.reliability.auc
    assert auc.low is not None
    assert auc.low > 0.6
    assert made.worth.reliability.brier < made.worth.reliability.brier_of_share


def test_what_tells_one_task_from_another_foretells_nothing(draw: Draw, numbers: Limits) -> None:
    found = [replace(e, features={f"task {e.group}": 1.0}, truth=int(e.group[-1]) % 2 == 0) for e in draw(40).examples]
    made = fitted(found, numbers)
    assert made.worth.reliability is not None
    assert made.worth.reliability.auc.value == pytest.approx(0.5, abs=0.25)


def test_outcomes_that_change_make_another_fit(draw: Draw, numbers: Limits) -> None:
    found = draw(20).examples
    made = fitted(found, numbers)
    assert fit(found, numbers, fixed_weights(), made) is made
    assert fitted([replace(found[0], truth=not found[0].truth), *found[1:]], numbers).data_hash != made.data_hash
