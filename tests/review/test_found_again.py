"""Grades and votes stay at what was judged, whatever a reader, a rewind or a new name of a lane does around it."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from reroute import review
from reroute.collect import collect
from reroute.export.gather import candidates
from reroute.review import journal
from reroute.review.judge.chosen import asks
from reroute.review.judge.ledger import Ledger
from reroute.review.judge.limits import Spent
from reroute.review.judge.verdict import Reply, Vote
from reroute.review.judge.words import words
from reroute.settings import Project, Settings
from reroute.storage import store
from reroute.tag import binding, episodes, labels
from reroute.tag.tagging import tag
from reroute.terminal.reviewing import screen

from .test_round import graded, with_review

HERE = Path(__file__).parent / "pulled_before"
"""Sessions that were read, graded and pulled by Reroute of 2026-11-21, and its grade journal."""
ANSWERS = {"failure": "yes", "outcome": "recovered_repair", "keep": "keep"}
Lines = list[dict]
NAMES = ("queued", "rewound", "side")
LANES = {"queued": "main", "rewound": "branch-1", "side": "agent-a1f"}
"""The lane in which each session has its failure once it has changed."""
FAILING = {"queued": "totals.py", "rewound": "migrate --all", "side": "cat checks/run.sh"}
EVIDENCE = {"queued": "python3: command not found", "rewound": "command not found", "side": "No such file"}


def lines(name: str) -> Lines:
    return [json.loads(line) for line in (HERE / f"{name}.jsonl").read_text().splitlines()]


def first(name: str) -> Lines:
    """A session as it was when it was graded: nothing was typed in the middle of it."""
    return [line for line in lines(name) if line["type"] != "attachment"]


def later(name: str) -> Lines:
    """A session as it is later: a message typed in between is read, the person went back, the agent has a name."""
    given = lines(name)
    prompt, answer = {"uuid": "again", "type": "user"}, {"parentUuid": "again", "uuid": "answer", "type": "assistant"}
    prompt |= {"parentUuid": given[3 if name == "rewound" else -1]["uuid"]}
    prompt |= {"timestamp": "2026-03-04T10:00:00.000Z", "message": {"role": "user", "content": "Count the tables."}}
    said = {"id": "msg_again", "role": "assistant", "model": "m", "content": [{"type": "text", "text": "One table."}]}
    answer |= {"timestamp": "2026-03-04T10:00:09.000Z", "message": said}
    named = [line | {"agentId": "a1f"} if line["isSidechain"] else line for line in given]
    return [*named, given[0] | prompt, given[0] | answer]


def read(project: Project, sessions: dict[str, Lines]) -> None:
    """Collect and tag sessions as they are now."""
    files = [project.root / f"{name}.jsonl" for name in sessions]
    for file, given in zip(files, sessions.values(), strict=True):
        file.write_text("".join(json.dumps(line) + "\n" for line in given))
    collect(project, files, progress=False)
    tag(project)


@pytest.fixture(scope="session")
def _pulled(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = with_review(Project(tmp_path_factory.mktemp("pulled"), Settings()), budget=4)
    read(project, {name: first(name) for name in NAMES})
    for asked in asks(project, words(project.root), "m", episodes.load(project)):
        vote = Vote("yes", "shell.error", "recovered_repair", 0.9, "it failed", "quote")
        Ledger(project).voted("r", asked, vote, Reply("", None, None, None, None, None), Spent(0, 0.0))
    review.plan(project)
    review.push(project)
    review.pull(project, graded(project, *[ANSWERS] * len(NAMES)))
    return project


@pytest.fixture(scope="session")
def _later(_pulled: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = replace(_pulled, root=tmp_path_factory.mktemp("later"))
    shutil.copytree(_pulled.root, project.root, dirs_exist_ok=True)
    read(project, {name: later(name) for name in NAMES})
    return project


@pytest.fixture
def pulled(_pulled: Project, project: Project) -> Project:
    """The sessions as they were first, with their grades and votes."""
    shutil.copytree(_pulled.root, project.root, dirs_exist_ok=True)
    return with_review(project, budget=9)


@pytest.fixture
def changed(_later: Project, project: Project) -> Project:
    """The same, once the sessions have changed."""
    shutil.copytree(_later.root, project.root, dirs_exist_ok=True)
    return with_review(project, budget=9)


def bound(project: Project) -> dict[str, dict[str, str]]:
    """By the lane of an episode: the answers about it by question."""
    with store.of(project).read() as connection:
        made = labels.across(project, connection, ["bound_grades", "current_episodes"])
    lanes = {row["episode_id"]: row["lane"] for row in made["current_episodes"].to_pylist()}
    found: dict[str, dict[str, str]] = {}
    for row in made["bound_grades"].to_pylist():
        found.setdefault(lanes[row["episode_id"]], {})[row["question"]] = row["answer"]
    return found


def votes(project: Project) -> list[dict]:
    with store.of(project).read() as connection:
        return labels.across(project, connection, ["bound_votes"])["bound_votes"].to_pylist()


def forget(project: Project, known: str) -> None:
    """Make the store one of before the judged steps were stored with the answers, or of before the lake was lost."""
    with store.of(project).write() as connection:
        for table in ("reviews", "grades", "judge_votes") if known != "with the answer" else ():
            connection.execute(f"update {table} set judged = null")
        if known == "in the lake":
            connection.execute("update grades set content_hash = null")
        elif known == "by the hash of the span":
            connection.execute(
                "update grades set content_hash = r.content_hash from reviews r where r.task_id = grades.task_id"
            )
            connection.execute("delete from trajectories where not is_current")


KNOWN = ["with the answer", "in the lake", "by the hash of the span"]


@pytest.mark.parametrize("known", KNOWN)
def test_grades_stay_whatever_is_read_around_them(changed: Project, known: str) -> None:
    forget(changed, known)
    assert bound(changed) == dict.fromkeys(LANES.values(), ANSWERS)
    kept = [one.recovery for one in candidates(changed) if one.recovery and one.recovery.grades]
    assert {(one.lane, len(one.grades), one.label) for one in kept} == {(lane, 3, "grades") for lane in LANES.values()}
    assert review.status(changed).without_episode == {}


@pytest.mark.parametrize("known", KNOWN[:2])
def test_votes_stay_too(changed: Project, known: str) -> None:
    forget(changed, known)
    lanes = {one.episode_id: one.lane for one in episodes.load(changed)}
    assert {lanes[vote["episode_id"]] for vote in votes(changed)} == set(LANES.values())


def test_what_was_graded_is_not_planned_again_at_its_new_place(changed: Project) -> None:
    assert review.plan(changed).eligible == 0


@pytest.mark.parametrize("path", ["path", "replace(path, '.jsonl', '/subagents/agent-a1f.jsonl')"])
def test_grades_stay_with_a_run_that_has_another_name_now(changed: Project, path: str) -> None:
    with store.of(changed).write() as connection:
        former = f"'former' || trajectory_id as trajectory_id, false as is_current, {path} as path"
        connection.execute(f"insert into trajectories select * replace ({former}) from trajectories where is_current")
        connection.execute("update grades set trajectory_id = 'former' || trajectory_id")
    assert bound(changed) == dict.fromkeys(LANES.values(), ANSWERS)


def test_grades_that_were_pulled_before_bind_to_what_is_read_now(project: Project) -> None:
    project.data_dir.mkdir()
    shutil.copy(HERE / "grades.jsonl", journal.path(project))
    read(project, {name: later(name) for name in NAMES[:2]})
    journal.catch_up(project)
    assert bound(project) == {LANES[name]: ANSWERS for name in NAMES[:2]}
    assert review.status(project).without_episode == {binding.NO_RUN: 3}  # of the session that is not there
    read(project, {"side": later("side")})
    assert bound(project) == dict.fromkeys(LANES.values(), ANSWERS)


@pytest.mark.parametrize("words_of", [FAILING, EVIDENCE], ids=["the failing call", "the evidence"])
def test_grades_and_votes_are_never_about_another_story(pulled: Project, words_of: dict[str, str]) -> None:
    other = {name: json.dumps(later(name)).replace(words_of[name], words_of[name][:-1] + "~", 1) for name in NAMES}
    read(pulled, {name: json.loads(text) for name, text in other.items()})
    assert len(episodes.load(pulled)) >= len(NAMES) - 1
    for known in KNOWN:
        forget(pulled, known)
        assert bound(pulled) == {}
        assert votes(pulled) == []
    status = review.status(pulled)
    assert status.without_episode == {binding.CHANGED: 9}
    assert f"9 answers without an episode: {binding.CHANGED}" in "\n".join(line.plain for line in screen(status))


def test_what_a_rewind_cut_in_two_is_still_a_failure_and_no_longer_a_recovery(pulled: Project) -> None:
    given = later("queued")
    middle = given[3]["uuid"]
    given[-2]["parentUuid"] = middle
    for line in given:
        line["parentUuid"] = middle if line["parentUuid"] == given[4]["uuid"] else line["parentUuid"]
    read(pulled, {"queued": [line for line in given if line["type"] != "attachment"]})
    with store.of(pulled).read() as connection:
        path = "path like '%queued%' and is_current"
        ((run,),) = connection.execute(f"select trajectory_id from trajectories where {path}").fetchall()
        made = labels.across(pulled, connection, ["bound_grades", "current_episodes"])
    mine = [row["episode_id"] for row in made["current_episodes"].to_pylist() if row["trajectory_id"] == run]
    found = [row["question"] for row in made["bound_grades"].to_pylist() if row["episode_id"] in mine]
    assert found == ["failure"]
    assert review.status(pulled).without_episode == {labels.SPLIT: 2}
