"""A lost outbox: the same tasks can be written again."""

from __future__ import annotations

import json
import shutil

import pytest

from reroute import review
from reroute.settings import Project
from reroute.terminal.reviewing import screen

from .test_round import graded, rows, tasks, with_review


@pytest.fixture
def pushed(booked: Project) -> Project:
    project = with_review(booked, budget=4)
    review.plan(project)
    review.push(project)
    return project


def test_a_lost_outbox_is_named_and_written_again_as_it_was(pushed: Project) -> None:
    assert review.status(pushed).lost_files == {}
    (file,) = pushed.outbox.rglob("tasks.json")
    before, planned = file.read_bytes(), rows(pushed, "reviews")
    shutil.rmtree(pushed.outbox)
    found = review.status(pushed)
    assert found.lost_files == {file.relative_to(pushed.data_dir).as_posix(): 4}
    assert "`reroute review push --again`" in "\n".join(line.plain for line in screen(found))
    assert review.push(pushed).tasks == 0
    assert review.push(pushed, again=True).tasks == 4
    assert (file.read_bytes(), rows(pushed, "reviews")) == (before, planned)
    assert sorted(path.name for path in file.parent.iterdir()) == ["README.txt", "episode.xml", "tasks.json"]
    assert review.status(pushed).lost_files == {}


def test_a_damaged_file_is_named_and_what_was_answered_is_not_written_again(pushed: Project) -> None:
    (file,) = pushed.outbox.rglob("tasks.json")
    review.pull(pushed, graded(pushed, {"failure": "no"}, None))
    written = tasks(pushed)
    file.write_bytes(file.read_bytes()[:-100])
    assert list(review.status(pushed).lost_files.values()) == [2]
    review.push(pushed, again=True)
    assert tasks(pushed) == written[2:]


def test_what_a_batch_gets_later_does_not_overwrite_what_it_had(pushed: Project) -> None:
    """A task whose episode the rules did not find when its batch was pushed, and find again now."""
    from reroute.storage import store

    (file,) = pushed.outbox.rglob("tasks.json")
    before = file.read_bytes()
    late = json.loads(before)[0]["data"]["task_id"]
    with store.of(pushed).write() as connection:
        connection.execute("update reviews set pushed_at = null, outbox_file = null where task_id = ?", [late])
    (pushed.data_dir / "grades.jsonl").unlink(missing_ok=True)
    review.push(pushed)
    assert file.read_bytes() == before
    (other,) = set(pushed.outbox.rglob("tasks.json")) - {file}
    assert [task["data"]["task_id"] for task in json.loads(other.read_bytes())] == [late]
