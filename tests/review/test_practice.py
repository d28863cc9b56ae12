"""Practice tasks and their answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reroute import content
from reroute.review import practice
from reroute.review.questions import questions


def test_there_are_exercises_of_each_kind_of_answer() -> None:
    found = practice.exercises()
    assert 6 <= len(found) <= 8
    assert {exercise.answers["failure"] for exercise in found} == {"yes", "no"}


@pytest.mark.parametrize("exercise", practice.exercises(), ids=lambda exercise: exercise.name)
def test_an_exercise_is_answered_in_the_words_of_the_questions(exercise: practice.Exercise) -> None:
    known = {question.name: question for question in questions()}
    assert all(known[name].answer(given) == given for name, given in exercise.answers.items())
    asked = {name for name, question in known.items() if question.required and question.asked(exercise.answers)}
    assert asked <= exercise.answers.keys()


@pytest.mark.parametrize("exercise", practice.exercises(), ids=lambda exercise: exercise.name)
def test_the_evidence_of_an_exercise_stands_in_its_steps(exercise: practice.Exercise) -> None:
    shown = {segment.step.step: segment.step.content or "" for segment in exercise.timeline.segments if segment.step}
    for evidence in exercise.timeline.episode.evidence:
        assert evidence.quote in shown[evidence.step]


def test_right_and_wrong_answers_are_distinguished(tmp_path: Path) -> None:
    def graded(name: str, **answers: str) -> dict:
        results = [{"from_name": q, "value": {"choices": [a]}} for q, a in answers.items()]
        made = {"completed_by": 1, "result": results, "created_at": "2026-01-01T00:00:00Z"}
        return {"data": {"task_id": f"practice-{name}"}, "annotations": [made]}

    file = tmp_path / "export.json"
    right = graded("1-missing-path", failure="yes", outcome="recovered_reroute")
    wrong = graded("2-grep-without-a-match", failure="yes", outcome="looped")
    file.write_text(json.dumps([right, wrong]))
    marks = practice.marks(file)
    assert sum(mark.given == mark.right for mark in marks) == 2
    assert [mark.question for mark in marks if mark.given != mark.right] == ["failure", "outcome"]


def test_practice_files_are_few_and_small() -> None:
    assert all(path.stat().st_size < 3000 for path in content.files(practice.FOLDER, "*.toml").values())
