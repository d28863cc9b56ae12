"""What Label Studio's exports say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reroute.errors import UsageError
from reroute.review.answers import Answered, read
from reroute.review.questions import questions


def result(name: str, *choices: str, origin: str = "manual") -> dict:
    value = {"choices": list(choices)}
    return {"from_name": name, "to_name": "steps", "type": "choices", "value": value, "origin": origin}


def annotation(*results: dict, by: object = 1, **more: object) -> dict:
    return {
        "id": 5, "completed_by": by, "result": list(results), "was_cancelled": False, "lead_time": 12.5,
        "created_at": "2026-03-01T10:00:00.000000Z", "updated_at": "2026-03-01T10:05:00.000000Z", **more,
    }  # fmt: skip


def export(tmp_path: Path, *annotations: dict, task_id: str = "t1") -> Path:
    path = tmp_path / "export.json"
    path.write_text(json.dumps([{"id": 9, "data": {"task_id": task_id}, "annotations": list(annotations)}]))
    return path


def only(path: Path) -> Answered:
    (answered,) = read(path, questions())
    return answered


def test_an_annotation_is_read_with_its_person_time_and_origin(tmp_path: Path) -> None:
    given = annotation(result("failure", "yes"), result("outcome", "looped", origin="prediction-changed"))
    answered = only(export(tmp_path, given))
    assert answered.answers == {"failure": "yes", "outcome": "looped"}
    assert answered.origins == {"failure": "manual", "outcome": "prediction-changed"}
    assert (answered.task_id, answered.annotator, answered.seconds) == ("t1", "1", 12.5)
    assert answered.at.isoformat() == "2026-03-01T10:05:00+00:00"


def test_several_people_on_one_task_are_several_answers(tmp_path: Path) -> None:
    path = export(tmp_path, annotation(result("failure", "no"), by=1), annotation(result("failure", "yes"), by=2))
    assert [answered.annotator for answered in read(path, questions())] == ["1", "2"]


def test_what_was_answered_while_hidden_is_dropped(tmp_path: Path) -> None:
    given = annotation(result("failure", "no"), result("outcome", "looped"), result("keep", "keep"))
    assert only(export(tmp_path, given)).answers == {"failure": "no"}


def test_a_skipped_task_is_skipped_whatever_was_clicked(tmp_path: Path) -> None:
    answered = only(export(tmp_path, annotation(result("failure", "yes"), was_cancelled=True)))
    assert answered.skipped
    assert answered.answers == {}


def test_a_label_is_understood_as_its_value(tmp_path: Path) -> None:
    given = annotation(result("failure", "Yes"), result("outcome", "Recovered: another way"))
    assert only(export(tmp_path, given)).answers == {"failure": "yes", "outcome": "recovered_reroute"}


def test_the_account_is_the_same_whether_given_as_a_number_or_in_full(tmp_path: Path) -> None:
    in_full = {"id": 7, "email": "ann@example.org"}
    assert only(export(tmp_path, annotation(result("failure", "no"), by=in_full))).annotator == "7"


def test_json_min_says_the_same_as_json(tmp_path: Path) -> None:
    path = tmp_path / "min.json"
    item = {
        "id": 9, "task_id": "t1", "title": "x", "failure": "yes", "outcome": "looped", "keep": {"choices": ["drop"]},
        "comment": "hm", "annotator": 1, "annotation_id": 5, "lead_time": 12.5,
        "created_at": "2026-03-01T10:00:00Z", "updated_at": "2026-03-01T10:05:00Z",
    }  # fmt: skip
    path.write_text(json.dumps([item, {"id": 10, "task_id": "t2", "title": "x", "annotation_id": None}]))
    answered = only(path)
    assert answered.answers == {"failure": "yes", "outcome": "looped", "keep": "drop"}
    assert (answered.task_id, answered.annotator, answered.comment) == ("t1", "1", "hm")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ('{"id": 1}', "found one dict"),
        ("[7]", "expected a task, found int"),
        ('[{"data": {"task_id": "t1"}, "annotations": [7]}]', "task t1: not the shape"),
        ('[{"data": {"task_id": "t1"}, "annotations": [{"result": [{"value": {}}]}]}]', "task t1: not the shape"),
        ("\xff[", "not JSON"),
    ],
)
def test_what_is_no_export_is_refused_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "export.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageError, match=message):
        read(path, questions())


def test_an_unknown_choice_is_refused_with_file_task_and_what_there_is(tmp_path: Path) -> None:
    message = r"export\.json, item 0, task t1: failure is answered \['maybe'\].*yes, no, unclear"
    with pytest.raises(UsageError, match=message):
        read(export(tmp_path, annotation(result("failure", "maybe"))), questions())


def test_an_unknown_question_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no question 'mood'"):
        read(export(tmp_path, annotation(result("mood", "good"))), questions())


def test_a_missing_file_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        read(tmp_path / "none.json", questions())
