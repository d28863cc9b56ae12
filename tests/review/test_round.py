"""The whole round: plan, push, people grade, pull, and what that changes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from reroute import review
from reroute.episode import Episode
from reroute.errors import UsageError
from reroute.export import export
from reroute.settings import Project
from reroute.storage import store
from reroute.tag import episodes
from reroute.terminal.reviewing import screen


def with_review(project: Project, **changes: object) -> Project:
    given = project.settings.review.model_copy(update=changes)
    return replace(project, settings=project.settings.model_copy(update={"review": given}))


def tasks(project: Project) -> list[dict]:
    (file,) = project.outbox.rglob("tasks.json")
    return json.loads(file.read_text())


def graded(project: Project, *answers: dict[str, str] | None, by: int = 1, at: str = "2026-03-01T10:00:00Z") -> Path:
    """Label Studio's export, the first tasks answered in order (None: skipped)."""
    items = []
    for number, (task, given) in enumerate(zip(tasks(project), answers, strict=False)):
        results = [
            {
                "from_name": name,
                "to_name": "steps",
                "type": "choices",
                "value": {"choices": [choice]},
                "origin": "manual",
            }
            for name, choice in (given or {}).items()
            if name != "comment"
        ]
        if given and "comment" in given:
            results.append({"from_name": "comment", "type": "textarea", "value": {"text": [given["comment"]]}})
        made = {
            "completed_by": by,
            "result": results,
            "was_cancelled": given is None,
            "lead_time": 20,
            "updated_at": at,
        }
        items.append({"id": number, "data": task["data"], "annotations": [made]})
    file = project.root / f"export-{by}-{at[:10]}.json"
    file.write_text(json.dumps(items))
    return file


def label(project: Project, episode_id: str) -> Episode:
    return episodes.get(project, episode_id)


def rows(project: Project, table: str) -> list[tuple]:
    with store.of(project).read() as connection:
        return connection.table(table).order("all").fetchall()


@pytest.fixture
def pushed(booked: Project) -> Project:
    project = with_review(booked, budget=6)
    review.plan(project)
    review.push(project)
    return project


def test_a_plan_fills_the_budget_and_a_second_one_adds_nothing(booked: Project) -> None:
    project = with_review(booked, budget=6)
    first = review.plan(project)
    assert (first.tasks, first.random, first.eligible) == (6, 1, 8)
    before = rows(project, "reviews")
    assert review.plan(project).tasks == 0
    assert rows(project, "reviews") == before


def test_a_push_writes_tasks_screen_and_how_to_use_them_once(pushed: Project) -> None:
    (folder,) = pushed.outbox.iterdir()
    assert sorted(path.name for path in folder.iterdir()) == ["README.txt", "episode.xml", "tasks.json"]
    assert len((folder / "README.txt").read_text().splitlines()) == 3
    written = (folder / "tasks.json").read_bytes()
    assert review.push(pushed).tasks == 0
    assert (folder / "tasks.json").read_bytes() == written


def test_the_random_share_is_shown_without_the_rules_guess(pushed: Project) -> None:
    with store.of(pushed).read() as connection:
        query = "select task_id from reviews where reason = 'random'"
        drawn = {task for (task,) in connection.execute(query).fetchall()}
    unfilled = {task["data"]["task_id"] for task in tasks(pushed) if not task["predictions"]}
    assert drawn == unfilled


def test_a_grade_that_says_no_failure_leaves_the_next_export(pushed: Project) -> None:
    episode_id = tasks(pushed)[0]["data"]["episode_id"]
    assert (label(pushed, episode_id).tier, export(pushed, "recovery-rft", dry_run=True).rows) == ("A", 3)
    review.pull(pushed, graded(pushed, *[{"failure": "no"}] * 6))
    now = label(pushed, episode_id)
    assert (now.is_failure, now.tier, now.label_source) == (False, None, "grades")
    after = export(pushed, "recovery-rft", dry_run=True)
    assert (after.rows, after.dropped) == (2, {"graded_no_failure": 6})


def test_a_grade_with_another_outcome_changes_the_label(pushed: Project) -> None:
    episode_id = tasks(pushed)[0]["data"]["episode_id"]
    review.pull(pushed, graded(pushed, {"failure": "yes", "outcome": "conceded"}))
    now = label(pushed, episode_id)
    assert (now.outcome, now.outcome_final, now.tier) == ("recovered_repair", "conceded", None)


def test_a_second_pull_changes_nothing(pushed: Project) -> None:
    file = graded(pushed, {"failure": "yes", "outcome": "looped"}, None, {"failure": "no", "comment": "a probe"})
    first = review.pull(pushed, file)
    before = rows(pushed, "grades"), rows(pushed, "annotations")
    second = review.pull(pushed, file)
    assert (first.new, first.skipped, second.new, second.changed, second.unchanged) == (3, 1, 0, 0, 3)
    assert (rows(pushed, "grades"), rows(pushed, "annotations")) == before


def test_a_changed_answer_replaces_the_old_one_and_an_old_export_does_not_bring_it_back(pushed: Project) -> None:
    old = graded(pushed, {"failure": "yes", "outcome": "looped"})
    new = graded(pushed, {"failure": "no"}, at="2026-03-02T10:00:00Z")
    review.pull(pushed, old)
    assert review.pull(pushed, new).changed == 1
    assert review.pull(pushed, old).unchanged == 1
    with store.of(pushed).read() as connection:
        assert connection.execute("select question, answer from grades").fetchall() == [("failure", "no")]


def test_an_unknown_answer_changes_nothing_at_all(pushed: Project) -> None:
    with pytest.raises(UsageError, match="task"):
        review.pull(pushed, graded(pushed, {"failure": "no"}, {"failure": "perhaps"}))
    assert rows(pushed, "grades") == rows(pushed, "annotations") == []


def test_tasks_of_another_project_are_reported_and_left_out(
    pushed: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    file = graded(pushed, {"failure": "no"}, {"failure": "no"})
    items = json.loads(file.read_text())
    items[1]["data"]["task_id"] = "somebody-elses"
    file.write_text(json.dumps(items))
    pulled = review.pull(pushed, file)
    assert (pulled.new, pulled.unknown_tasks) == (1, ("somebody-elses",))
    assert "somebody-elses" in capsys.readouterr().err


def test_people_are_kept_as_pseudonyms_and_comments_redacted(pushed: Project) -> None:
    review.pull(pushed, graded(pushed, {"failure": "no", "comment": "ask ann@example.org"}, by=4711))
    (annotation,) = rows(pushed, "annotations")
    assert annotation[1].startswith("p-")
    assert "4711" not in annotation[1]
    assert "ann@example.org" not in annotation[3]
    assert rows(pushed, "grades")[0][9] == annotation[1]


def test_what_was_graded_or_skipped_is_not_planned_again(pushed: Project) -> None:
    review.pull(pushed, graded(pushed, {"failure": "no"}, None))
    again = review.plan(pushed)
    assert (again.tasks, again.eligible) == (2, 2)
    assert review.plan(with_review(pushed, budget=50)).tasks == 0


def test_status_counts_tasks_and_says_how_far_two_people_agree(pushed: Project) -> None:
    yes, no = {"failure": "yes", "outcome": "recovered_repair"}, {"failure": "no"}
    review.pull(pushed, graded(pushed, yes, no, yes, None))
    review.pull(pushed, graded(pushed, yes, no, no, by=2))
    found = review.status(pushed)
    assert (found.planned, found.unpushed, found.graded, found.skipped, found.waiting) == (6, 0, 3, 1, 2)
    failure = next(agreed for agreed in found.agreements if agreed.question == "failure")
    assert (failure.tasks, failure.annotators, failure.same) == (3, 2, 2)
    text = "\n".join(line.plain for line in screen(found))
    assert "n = 3 tasks with two or more of 2 annotators; the same on 2" in text


def test_two_people_who_disagree_decide_nothing(pushed: Project) -> None:
    episode_id = tasks(pushed)[0]["data"]["episode_id"]
    review.pull(pushed, graded(pushed, {"failure": "yes", "outcome": "looped"}))
    review.pull(pushed, graded(pushed, {"failure": "no"}, by=2))
    assert label(pushed, episode_id).label_source == "conflict"


def test_status_of_a_project_without_reviews_is_all_zero(project: Project) -> None:
    found = review.status(project)
    assert (found.planned, found.graded, found.agreements, found.rules) == (0, 0, (), ())
