"""The figures of a graded draw, and that what is kept is whole."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))
import figures

KEPT = Path(__file__).parent / "kept"


def _item(name: str, why: str = "finding", outcome: str | None = "abandoned") -> figures.Row:
    return {"item": name, "why": why, "trajectory_id": "t", "kind": "shell.error", "outcome": outcome}


def _grade(name: str, fails: str, outcome: str | None = None, grader: str = "first") -> figures.Row:
    return {"item": name, "grader": grader, "fails": fails, "outcome": outcome}


DRAW = figures.Draw(
    items=[_item("a", outcome="recovered_fix"), _item("b"), _item("c"), _item("d"), _item("e", "unflagged", None)],
    findings=[],
    grades=[
        _grade("a", "yes", "recovered_repair"),
        _grade("b", "yes", "recovered_fix"),
        _grade("c", "no"),
        _grade("d", "unclear"),
        _grade("e", "yes", "ended"),
        _grade("b", "yes", "abandoned", "adjudicated"),
    ],
)


def test_what_nobody_can_tell_is_left_out_of_the_precision() -> None:
    share = figures.failure_precision(DRAW)
    assert (share.hits, share.n) == (2, 3)


def test_the_adjudicated_grade_is_the_one_that_counts() -> None:
    share = figures.outcome_precision(DRAW, lambda item: item["item"] == "b", figures.same_outcome)
    assert (share.hits, share.n) == (1, 1)


def test_a_finding_that_is_no_failure_has_no_right_outcome() -> None:
    share = figures.outcome_precision(DRAW, lambda item: item["outcome"] == "abandoned", figures.both_open)
    assert (share.hits, share.n) == (1, 2)


def test_another_kind_of_recovery_is_a_recovery() -> None:
    share = figures.outcome_precision(DRAW, lambda item: item["item"] == "a", figures.both_recovered)
    assert (share.hits, share.n) == (1, 1)


def test_failures_among_unflagged_actions_are_missed() -> None:
    assert figures.missed(DRAW).hits == 1


def test_recall_counts_firm_findings_beside_the_failure() -> None:
    run = {"item": "r", "why": "run", "trajectory_id": "t"}
    seen = {"item": "r", "grader": "first", "failures": [{"step": 4, "explicit": True}, {"step": 40, "explicit": True}]}
    found = [
        {"trajectory_id": "t", "step": 5, "call_step": 4, "firm": True},
        {"trajectory_id": "t", "step": 41, "call_step": 40, "firm": False},
    ]
    draw = figures.Draw([run], found, [seen])
    assert figures.recall(draw, explicit=True, firm=True).hits == 1
    assert figures.recall(draw, explicit=True, firm=False).hits == 2


@pytest.mark.parametrize("name", ["development", "final"])
def test_every_item_that_was_drawn_is_graded_with_a_reason(name: str) -> None:
    draw = figures.load(KEPT, name)
    assert {item["item"] for item in draw.items} == {grade["item"] for grade in draw.grades if grade["reason"]}


def test_no_task_lies_in_both_halves() -> None:
    halves = [{item["task"] for item in figures.load(KEPT, name).items} for name in ("development", "final")]
    assert not halves[0] & halves[1]
