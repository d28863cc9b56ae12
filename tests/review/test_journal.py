"""The grade journal: what people answered, a second time, from which a lost store is filled again."""

from __future__ import annotations

import json
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from reroute import content, review
from reroute.redact import load_key
from reroute.review import journal, records
from reroute.review.pull import pseudonym
from reroute.settings import Project, Settings
from reroute.storage import store

from .test_round import graded, rows, with_review

TABLES = ("reviews", "annotations", "grades")
START = datetime(2026, 3, 1, tzinfo=UTC)


def lines(project: Project) -> list[dict]:
    return [json.loads(line)["record"] for line in journal.path(project).read_text().splitlines()]


def tables(project: Project) -> dict[str, list[tuple]]:
    return {table: rows(project, table) for table in TABLES}


def refilled(project: Project) -> dict[str, list[tuple]]:
    """The tables of a store that has nothing but what the journal gives."""
    for path in (project.store_path, project.journal):
        path.unlink(missing_ok=True)
    with store.Store(project.store_path).write() as connection:
        journal.refill(connection, journal.read(project))
    return tables(project)


@pytest.fixture
def pushed(booked: Project) -> Project:
    project = with_review(booked, budget=4)
    review.plan(project)
    review.push(project)
    return project


def test_a_lost_store_has_its_tasks_answers_and_grades_again(pushed: Project) -> None:
    file = graded(pushed, {"failure": "yes", "outcome": "looped", "comment": "hm"}, None, {"failure": "no"})
    review.pull(pushed, file)
    before = tables(pushed)
    assert [len(before[table]) for table in TABLES] == [4, 3, 3]
    assert refilled(pushed) == before
    with store.of(pushed).write() as connection:
        again = journal.refill(connection, journal.read(pushed))
    assert again == journal.Refilled(0, 0, 0, 0)
    assert tables(pushed) == before


def test_a_task_that_was_planned_and_not_answered_finds_its_answer_after_the_store_was_lost(pushed: Project) -> None:
    file = graded(pushed, {"failure": "no"})
    refilled(pushed)
    assert review.pull(pushed, file).new == 1


def test_every_line_names_format_and_span_and_no_person(pushed: Project) -> None:
    review.pull(pushed, graded(pushed, {"failure": "no", "comment": "ask ann@example.org"}, by=4711))
    text = journal.path(pushed).read_text()
    assert "4711" not in text
    assert "ann@example.org" not in text
    for line in map(json.loads, text.splitlines()):
        assert (line["format"], line["format_version"]) == ("reroute.grades", 1)
        assert line["record"]["prefix_hash"]
        assert line["record"]["content_hash"]
    assert lines(pushed)[-1]["annotator"] == pseudonym(load_key(pushed.key_path), "4711")


def test_what_changes_nothing_adds_no_line(pushed: Project) -> None:
    file = graded(pushed, {"failure": "no"}, None)
    review.pull(pushed, file)
    before = journal.path(pushed).read_bytes()
    review.pull(pushed, file)
    review.plan(with_review(pushed, budget=2))
    review.push(pushed)
    assert journal.path(pushed).read_bytes() == before


def test_grades_from_before_there_was_a_journal_are_written_into_it(pushed: Project) -> None:
    review.pull(pushed, graded(pushed, {"failure": "no"}, None))
    journal.path(pushed).unlink()
    with store.of(pushed).write() as connection:
        connection.execute("update reviews set content_hash = null")
        connection.execute("update grades set content_hash = null")
    review.plan(pushed)
    assert all(line["content_hash"] for line in lines(pushed))
    before = tables(pushed)
    assert refilled(pushed) == before


def test_a_store_of_before_annotations_had_ids_keeps_its_grades_and_gets_a_journal(project: Project) -> None:
    project.data_dir.mkdir()
    with duckdb.connect(str(project.store_path)) as connection:
        connection.execute("create table migrations (name text primary key, applied_at timestamptz)")
        for name, file in content.files("sql/store", "*.sql").items():
            if name < "0005":
                connection.execute(file.read_text())
                connection.execute("insert into migrations values (?, now())", [name])
        connection.execute(
            "insert into reviews values "
            "('t', 'e', 'r', 'p', 1, 3, 'k', 'looped', 1, 'random', 1, 'b', now(), null, null)"
        )
        connection.execute("insert into annotations values ('t', 'p-1', false, 'hm', 2.5, now(), now())")
        connection.execute(
            "insert into grades values "
            "('g', 't', 'e', 'r', 'p', 1, 3, 'failure', 'no', 'p-1', 'manual', 2.5, now(), now())"
        )
    journal.catch_up(project)
    task, one = lines(project)
    assert (task["task_id"], one["annotator"], one["completed_by"]) == ("t", "p-1", "p-1")
    assert one["answers"] == {"failure": {"answer": "no", "origin": "manual"}}
    before = tables(project)
    assert refilled(project) == before


def test_a_crash_between_journal_and_store_loses_nothing_and_repeats_nothing(pushed: Project) -> None:
    file = graded(pushed, {"failure": "no"})
    saved = pushed.root / "before.duckdb"
    shutil.copy(pushed.store_path, saved)
    review.pull(pushed, file)
    after, written = tables(pushed), journal.path(pushed).read_bytes()
    shutil.copy(saved, pushed.store_path)
    assert review.pull(pushed, file).unchanged == 1
    assert (tables(pushed), journal.path(pushed).read_bytes()) == (after, written)


def test_a_line_cut_off_by_a_crash_is_never_joined_to_the_next(
    pushed: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    first = graded(pushed, {"failure": "no"})
    review.pull(pushed, first)
    whole = journal.path(pushed).read_bytes()
    journal.path(pushed).write_bytes(whole[:-40])
    review.pull(pushed, graded(pushed, {"failure": "no"}, {"failure": "yes", "outcome": "looped"}))
    assert journal.path(pushed).read_bytes().startswith(whole[:-40] + b"\n")
    before = tables(pushed)
    assert refilled(pushed) == before
    assert "warning" not in capsys.readouterr().err


@pytest.mark.parametrize("damage", ["no json", "another record"])
def test_a_damaged_line_is_named_and_passed_over(
    pushed: Project, capsys: pytest.CaptureFixture[str], damage: str
) -> None:
    review.pull(pushed, graded(pushed, {"failure": "no"}))
    *head, last = journal.path(pushed).read_bytes().splitlines(keepends=True)
    bad = {"no json": b"{\xff\n", "another record": last.replace(b'"no"', b'"yes"')}[damage]
    journal.path(pushed).write_bytes(b"".join([*head, bad, head[0]]))
    found = refilled(pushed)
    assert (len(found["reviews"]), found["grades"]) == (4, [])
    assert f"grades.jsonl, line {len(head) + 1}: " in capsys.readouterr().err


def test_what_a_damaged_line_said_is_written_again_from_the_store(pushed: Project) -> None:
    review.pull(pushed, graded(pushed, {"failure": "yes", "outcome": "looped"}))
    review.pull(pushed, graded(pushed, {"failure": "no"}, at="2026-03-02T10:00:00Z"))
    *head, _ = journal.path(pushed).read_bytes().splitlines(keepends=True)
    journal.path(pushed).write_bytes(b"".join([*head, b"?\n", head[0]]))
    before = tables(pushed)
    review.plan(with_review(pushed, budget=3))
    assert tables(pushed) == before
    assert refilled(pushed) == before


class Server:
    """Label Studio as far as it matters here: tasks, their annotations, and a clock."""

    def __init__(self, project: Project) -> None:
        self.project, self.clock, self.ids = project, START, 0
        self.tasks: dict[int, dict[int, dict]] = {}

    def touch(self) -> str:
        self.clock += timedelta(minutes=1)
        return self.clock.isoformat()

    def plan(self, task: int) -> None:
        if task in self.tasks:
            return
        self.tasks[task] = {}
        about = {"episode_id": f"e{task}", "trajectory_id": f"r{task}", "prefix_hash": "p", "content_hash": f"c{task}"}
        made = records.Task(
            task_id=f"t{task}", **about, span_start=1, span_end=3, kind="k", outcome="looped", score=0.1,
            reason="random", weight=1 / 3, batch="b", planned_at=self.clock,
        )  # fmt: skip
        journal.catch_up(self.project)
        with store.of(self.project).write() as connection:
            journal.record(self.project, connection, [made])

    def answer(self, task: int, by: int, answer: str) -> None:
        self.ids += 1
        self.tasks.setdefault(task, {})[self.ids] = {"id": self.ids, "completed_by": by}
        self.change(task, self.ids, by, answer)

    def change(self, task: int, annotation: int, by: int, answer: str) -> None:
        result = {"from_name": "failure", "type": "choices", "value": {"choices": [answer]}}
        changed = {"updated_by": by, "updated_at": self.touch(), "result": [result]}
        self.tasks[task][annotation].update(changed)

    def export(self) -> None:
        items = [
            {
                "id": task,
                "data": {"task_id": f"t{task}"},
                "annotations": list(made.values()),
                "updated_at": self.touch(),
            }
            for task, made in self.tasks.items()
        ]
        file = self.project.root / "export.json"
        file.write_text(json.dumps(items))
        review.pull(self.project, file)


def cut(project: Project, count: int) -> None:
    """The last line loses some of its end, as where the power fails."""
    if journal.path(project).exists():
        data = journal.path(project).read_bytes()
        line = len(data.rstrip(b"\n").rpartition(b"\n")[2])
        journal.path(project).write_bytes(data[: len(data) - min(count, line)])


NUMBER = st.integers(0, 2)
STEPS = st.one_of(
    st.tuples(st.just("plan"), NUMBER),
    st.tuples(st.just("answer"), NUMBER, NUMBER, st.sampled_from(["yes", "no"])),
    st.tuples(st.just("change"), NUMBER, NUMBER, st.sampled_from(["yes", "no", "unclear"])),
    st.tuples(st.just("delete"), NUMBER),
    st.tuples(st.just("pull"), st.booleans()),
    st.tuples(st.just("cut"), st.integers(1, 400)),
)


def play(server: Server, step: tuple) -> None:
    """One step; ``pull`` with True: the store loses what it committed, the journal does not."""
    what, *given = step
    made = [(task, annotation) for task, all_ in server.tasks.items() for annotation in all_]
    if what == "plan":
        server.plan(*given)
    elif what == "answer" and given[0] in server.tasks:
        server.answer(*given)
    elif what == "change" and made:
        server.change(*made[given[0] % len(made)], *given[1:])
    elif what == "delete" and made:
        task, annotation = made[given[0] % len(made)]
        del server.tasks[task][annotation]
    elif what == "cut":
        cut(server.project, *given)
    elif what == "pull" and server.project.store_path.exists():
        shutil.copy(server.project.store_path, server.project.root / "before")
        server.export()
        if given[0]:
            shutil.copy(server.project.root / "before", server.project.store_path)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example([("pull", False), ("change", 0, 1, "yes"), ("pull", False), ("cut", 9)])
@example([("pull", False), ("delete", 0), ("pull", False), ("cut", 9)])
@example([("pull", False), ("delete", 0), ("pull", True), ("cut", 9), ("plan", 1)])
@given(st.lists(STEPS, min_size=3, max_size=12))
def test_whatever_happens_the_journal_fills_an_empty_store_with_what_the_store_had(steps: list[tuple]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Project(Path(folder), Settings()))
        for step in [("plan", 0), ("answer", 0, 0, "no"), *steps]:
            play(server, step)
        server.export()
        stands = {
            (task, number, one["updated_by"]) for task, all_ in server.tasks.items() for number, one in all_.items()
        }
        before = tables(server.project)
        assert len(before["grades"]) == len(stands)
        assert refilled(server.project) == before
        with store.of(server.project).write() as connection:
            assert journal.refill(connection, journal.read(server.project)) == journal.Refilled(0, 0, 0, 0)
