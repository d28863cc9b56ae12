"""Whose answer an annotation is, and whether it still stands: deleted ones, and ones that another person changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reroute import review
from reroute.settings import Project
from reroute.storage import store
from reroute.tag import episodes

from .test_round import rows, tasks, with_review


@pytest.fixture
def pushed(booked: Project) -> Project:
    project = with_review(booked, budget=2)
    review.plan(project)
    review.push(project)
    return project


def at(hour: int) -> str:
    return f"2026-03-01T{hour:02}:00:00.123456Z"


def annotation(number: int, by: int, answer: str | None, hour: int, **more: object) -> dict:
    """As Label Studio's JSON export has it; ``answer`` None: skipped."""
    result = {"from_name": "failure", "to_name": "steps", "type": "choices", "value": {"choices": [answer]}}
    return {
        "id": number, "completed_by": by, "updated_by": by, "result": [result] if answer else [], "lead_time": 9.5,
        "was_cancelled": answer is None, "created_at": at(1), "updated_at": at(hour), **more,
    }  # fmt: skip


def exported(project: Project, *given: dict, hour: int, task: int = 0, **more: object) -> Path:
    """The export of one of the two tasks, made at that hour or later."""
    skipped = sum(one["was_cancelled"] for one in given)
    item = {
        "id": 70 + task, "data": tasks(project)[task]["data"], "annotations": list(given), "created_at": at(0),
        "updated_at": at(hour), "total_annotations": len(given) - skipped, "cancelled_annotations": skipped, **more,
    }  # fmt: skip
    file = project.root / "export.json"
    file.write_text(json.dumps([item]))
    return file


def flattened(project: Project, number: int, by: int, answer: str, hour: int) -> Path:
    """The same in JSON-MIN, which does not say who changed an annotation last."""
    item = {
        "id": 70, "task_id": tasks(project)[0]["data"]["task_id"], "failure": answer, "annotator": by,
        "annotation_id": number, "created_at": at(1), "updated_at": at(hour), "lead_time": 9.5,
    }  # fmt: skip
    file = project.root / "min.json"
    file.write_text(json.dumps([item]))
    return file


def grades(project: Project) -> list[tuple[str, str]]:
    """Who says what, by the number of the pseudonym in the order of their answers."""
    with store.of(project).read() as connection:
        return connection.execute("select annotator, answer from grades order by graded_at, answer").fetchall()


def test_a_deleted_annotation_is_no_grade_any_more_and_a_new_one_is(pushed: Project) -> None:
    review.pull(pushed, exported(pushed, annotation(5, 1, "no", 2), hour=2))
    pulled = review.pull(pushed, exported(pushed, hour=3))
    assert (pulled.deleted, grades(pushed)) == (1, [])
    assert "1 deleted" in pulled.line()
    assert review.pull(pushed, exported(pushed, hour=3)).deleted == 0
    review.pull(pushed, exported(pushed, annotation(6, 1, "yes", 4), hour=4))
    assert [answer for _, answer in grades(pushed)] == ["yes"]


def test_a_deleted_annotation_changes_no_label_and_its_task_waits_again(pushed: Project) -> None:
    judged = tasks(pushed)[0]["data"]["episode_id"]
    review.pull(pushed, exported(pushed, annotation(5, 1, "no", 2), hour=2))
    assert episodes.get(pushed, judged).label_source == "grades"
    review.pull(pushed, exported(pushed, hour=3))
    assert episodes.get(pushed, judged).label_source == "rules"
    found = review.status(pushed)
    assert (found.graded, found.annotators, found.waiting) == (0, 0, 2)
    assert review.plan(pushed).tasks == 0


def test_one_of_two_annotations_is_deleted_and_the_other_stays(pushed: Project) -> None:
    first, second = annotation(5, 1, "no", 2), annotation(6, 2, "yes", 3)
    review.pull(pushed, exported(pushed, first, second, hour=3))
    assert review.pull(pushed, exported(pushed, second, hour=4)).deleted == 1
    assert [answer for _, answer in grades(pushed)] == ["yes"]


@pytest.mark.parametrize(
    "more",
    [
        {"annotations": None},
        {"total_annotations": 1},
        {"id": 99},  # the same task of ours in another Label Studio project
        {"created_at": at(5)},  # another Label Studio, which counts from 1 too
    ],
    ids=["no list", "a filtered list", "another task of Label Studio", "a task made later"],
)
def test_what_does_not_hold_all_of_the_very_task_deletes_nothing(pushed: Project, more: dict) -> None:
    review.pull(pushed, exported(pushed, annotation(5, 1, "no", 2), hour=2))
    assert review.pull(pushed, exported(pushed, hour=6, **more)).deleted == 0
    assert len(grades(pushed)) == 1


def test_a_filtered_export_and_json_min_say_nothing_about_what_they_do_not_hold(pushed: Project) -> None:
    first, second = annotation(5, 1, "no", 2), annotation(6, 2, "yes", 3)
    review.pull(pushed, exported(pushed, first, second, hour=3))
    review.pull(pushed, exported(pushed, annotation(7, 1, "no", 4), hour=4, task=1))
    review.pull(pushed, flattened(pushed, 6, 2, "yes", 5))
    assert len(grades(pushed)) == 3


def test_an_older_export_neither_deletes_nor_brings_back(pushed: Project) -> None:
    first, second = annotation(5, 1, "no", 2), annotation(6, 2, "yes", 3)
    review.pull(pushed, exported(pushed, first, second, hour=3))
    assert review.pull(pushed, exported(pushed, first, hour=2)).deleted == 0
    review.pull(pushed, exported(pushed, first, hour=4))
    before = rows(pushed, "annotations"), rows(pushed, "grades")
    assert review.pull(pushed, exported(pushed, first, second, hour=3)).unchanged == 2
    assert (rows(pushed, "annotations"), rows(pushed, "grades")) == before


def test_an_annotation_that_is_there_again_in_a_newer_export_is_a_grade_again(pushed: Project) -> None:
    given = annotation(5, 1, "no", 2)
    review.pull(pushed, exported(pushed, given, hour=2))
    review.pull(pushed, exported(pushed, hour=3))
    assert review.pull(pushed, exported(pushed, given, hour=4)).new == 1
    assert len(grades(pushed)) == 1
    assert review.pull(pushed, exported(pushed, hour=3)).deleted == 0


def test_a_grade_is_of_who_changed_it_last(pushed: Project) -> None:
    review.pull(pushed, exported(pushed, annotation(5, 1, "no", 2), annotation(6, 2, "no", 3), hour=3))
    (ann, _), (bob, _) = grades(pushed)
    changed = annotation(5, 1, "yes", 4, updated_by=2)
    assert review.pull(pushed, exported(pushed, changed, annotation(6, 2, "no", 3), hour=4)).changed == 1
    assert grades(pushed) == [(bob, "no"), (bob, "yes")]
    with store.of(pushed).read() as connection:
        asked = "select completed_by, annotator from annotations where label_studio_id = '5'"
        assert connection.execute(asked).fetchall() == [(ann, bob)]
    assert review.status(pushed).answers == {"failure: yes": 1}
    assert episodes.get(pushed, tasks(pushed)[0]["data"]["episode_id"]).is_failure


def test_of_two_annotations_that_became_one_persons_the_later_one_holds_as_a_whole(pushed: Project) -> None:
    looped = {"from_name": "outcome", "type": "choices", "value": {"choices": ["looped"]}}
    first = annotation(5, 1, "yes", 2)
    first["result"].append(looped)
    review.pull(pushed, exported(pushed, {**first, "updated_by": 2}, annotation(6, 2, "no", 3), hour=3))
    assert review.status(pushed).answers == {"failure: no": 1}
    judged = episodes.get(pushed, tasks(pushed)[0]["data"]["episode_id"])
    assert (judged.is_failure, judged.outcome_final) == (False, judged.outcome)


def test_two_people_with_an_annotation_each_stay_two(pushed: Project) -> None:
    review.pull(pushed, exported(pushed, annotation(5, 1, "no", 2), annotation(6, 2, "yes", 3), hour=3))
    assert len({who for who, _ in grades(pushed)}) == 2
    (agreed,) = review.status(pushed).agreements
    assert (agreed.tasks, agreed.same) == (1, 0)


def test_an_annotation_of_the_same_number_from_another_label_studio_is_another_one(pushed: Project) -> None:
    review.pull(pushed, exported(pushed, annotation(5, 1, "no", 2), hour=2))
    other = annotation(5, 2, "yes", 7, created_at=at(6))
    assert review.pull(pushed, exported(pushed, other, hour=7, created_at=at(5))).new == 1
    assert [answer for _, answer in grades(pushed)] == ["no", "yes"]


def test_an_export_that_does_not_say_who_changed_it_leaves_it_with_who_did(pushed: Project) -> None:
    review.pull(pushed, flattened(pushed, 5, 1, "no", 2))
    ((ann, _),) = grades(pushed)
    review.pull(pushed, exported(pushed, annotation(5, 1, "no", 2, updated_by=2), hour=2))
    ((bob, _),) = grades(pushed)
    assert ann != bob
    review.pull(pushed, flattened(pushed, 5, 1, "no", 3))
    assert grades(pushed) == [(bob, "no")]
    review.pull(pushed, flattened(pushed, 5, 1, "yes", 4))
    assert grades(pushed) == [(ann, "yes")]


def test_what_was_pulled_without_ids_is_the_same_annotation_once_an_export_has_them(pushed: Project) -> None:
    given = annotation(5, 1, "no", 2)
    without = {name: value for name, value in given.items() if name != "id"}
    review.pull(pushed, exported(pushed, without, hour=2))
    assert review.pull(pushed, exported(pushed, given, hour=2)).unchanged == 1
    changed = annotation(5, 1, "yes", 3, updated_by=2)
    assert review.pull(pushed, exported(pushed, changed, hour=3)).changed == 1
    assert [answer for _, answer in grades(pushed)] == ["yes"]
    assert review.pull(pushed, exported(pushed, hour=4)).deleted == 1
