"""Agreement between people."""

from __future__ import annotations

import pytest

from reroute.review.status import agreement


def test_full_agreement_is_one() -> None:
    found = agreement("failure", [("t1", "a", "yes"), ("t1", "b", "yes"), ("t2", "a", "no"), ("t2", "b", "no")])
    assert found is not None
    assert (found.alpha, found.tasks, found.annotators, found.same) == (1.0, 2, 2, 2)


def test_a_known_table_has_its_known_alpha() -> None:
    # Two people, ten units, four disagreements of two nominal values: Krippendorff's own example has 0.095.
    a, b = "0100000000", "1110010010"
    triples = [(f"t{i}", who, row[i]) for who, row in (("a", a), ("b", b)) for i in range(10)]
    found = agreement("failure", triples)
    assert found is not None
    assert found.alpha == pytest.approx(0.095, abs=0.001)


def test_without_two_people_on_a_task_there_is_no_agreement() -> None:
    assert agreement("failure", [("t1", "a", "yes"), ("t2", "b", "no")]) is None


def test_where_everybody_said_the_same_alpha_is_not_defined() -> None:
    found = agreement("failure", [("t1", "a", "yes"), ("t1", "b", "yes")])
    assert found is not None
    assert found.alpha is None
