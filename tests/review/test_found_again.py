"""Grades and votes stay at what was judged, whatever a reader, a rewind or a new name of a lane does around it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
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
from reroute.settings import Project
from reroute.storage import store
from reroute.tag import binding, episodes, labels
from reroute.tag.tagging import tag
from reroute.terminal.reviewing import screen

from .test_round import graded, with_review

HERE = Path(__file__).parent / "pulled_before"
"""Sessions that were read, graded and pulled by Reroute of 2026-11-21, and its grade journal."""
ANSWERS = {"failure": "yes", "outcome": "recovered_repair", "keep": "keep"}
Lines = list[dict]


def lines(name: str) -> Lines:
    return [json.loads(line) for line in (HERE / f"{name}.jsonl").read_text().splitlines()]


def read(project: Project, name: str, given: Lines) -> Project:
    """Collect and tag a session as it is now."""
    file = project.root / f"{name}.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in given))
    collect(project, [file], progress=False)
    tag(project)
    return project


def without_queued(given: Lines) -> Lines:
    return [line for line in given if line["type"] != "attachment"]


def rewound(given: Lines) -> Lines:
    """The person goes back to before the last prompt, and asks for something else."""
    again = {
        "parentUuid": given[3]["uuid"], "uuid": "again", "type": "user", "timestamp": "2026-03-02T10:00:00.000Z",
        "message": {"role": "user", "content": "Leave the migration. Count the tables."},
    }  # fmt: skip
    said = {"id": "msg_again", "role": "assistant", "model": "m", "content": [{"type": "text", "text": "One table."}]}
    answer = {"parentUuid": "again", "uuid": "answer", "type": "assistant", "message": said}
    return [*given, given[0] | again, given[0] | answer | {"timestamp": "2026-03-02T10:00:09.000Z"}]


def agent_named(given: Lines) -> Lines:
    return [line | {"agentId": "a1f"} if line["isSidechain"] else line for line in given]


def same(given: Lines) -> Lines:
    return given


CHANGES: dict[str, tuple[Callable[[Lines], Lines], Callable[[Lines], Lines]]] = {
    "queued": (without_queued, same),
    "rewound": (same, rewound),
    "side": (same, agent_named),
}
"""How each session was when it was graded, and how it is later."""


@pytest.fixture(params=CHANGES)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


def pulled(project: Project, name: str) -> Project:
    """A project with the session as it was first, and its episode graded."""
    project = with_review(read(project, name, CHANGES[name][0](lines(name))), budget=4)
    review.plan(project)
    review.push(project)
    review.pull(project, graded(project, ANSWERS))
    return project


def grown(project: Project, name: str) -> Lines:
    return CHANGES[name][1](lines(name))


def bound(project: Project) -> dict[str, tuple[str, str]]:
    """By question: the answer, and the lane of the episode that it is about."""
    with store.of(project).read() as connection:
        made = labels.across(project, connection, ["bound_grades", "current_episodes"])
    lanes = {row["episode_id"]: row["lane"] for row in made["current_episodes"].to_pylist()}
    return {row["question"]: (row["answer"], lanes[row["episode_id"]]) for row in made["bound_grades"].to_pylist()}


def forget(project: Project, known: str) -> None:
    """Make the store one of before the judged steps were stored with the answers, or of before the lake was lost."""
    with store.of(project).write() as connection:
        for table in ("reviews", "grades") if known != "with the answer" else ():
            connection.execute(f"update {table} set judged = null")
        if known == "in the lake":
            connection.execute("update grades set content_hash = null")
        elif known == "by the hash of the span":
            connection.execute("delete from trajectories where not is_current")


LANES = {"queued": "main", "rewound": "branch-1", "side": "agent-a1f"}


@pytest.mark.parametrize("known", ["with the answer", "in the lake", "by the hash of the span"])
def test_a_grade_stays_whatever_is_read_around_it(project: Project, name: str, known: str) -> None:
    pulled(project, name)
    before = bound(project)
    assert {question: answer for question, (answer, _) in before.items()} == ANSWERS
    read(project, name, grown(project, name))
    forget(project, known)
    assert bound(project) == {question: (answer, LANES[name]) for question, answer in ANSWERS.items()}
    (kept,) = [one.recovery for one in candidates(project) if one.recovery and one.recovery.grades]
    assert (len(kept.grades), kept.lane, kept.label) == (3, LANES[name], "grades")
    status = review.status(project)
    assert status.without_episode == {}
    assert review.plan(with_review(project, budget=9)).eligible == 0


def test_grades_that_were_pulled_before_bind_to_what_is_read_now(project: Project, name: str) -> None:
    project.data_dir.mkdir()
    shutil.copy(HERE / "grades.jsonl", journal.path(project))
    read(project, name, grown(project, name))
    journal.catch_up(project)
    assert bound(project) == {question: (answer, LANES[name]) for question, answer in ANSWERS.items()}
    assert review.status(project).without_episode == {binding.NO_RUN: 6}  # of the other two sessions


FAILING = {
    "queued": ("totals.py", "totals.pz"),
    "rewound": ("migrate --all", "migrate --alk"),
    "side": ("cat checks", "cat checkt"),
}
EVIDENCE = {
    "queued": ("not found", "not fount"),
    "rewound": ("not found", "not fount"),
    "side": ("No such file", "no such file"),
}


@pytest.mark.parametrize("changed", [FAILING, EVIDENCE], ids=["the failing call", "the evidence"])
@pytest.mark.parametrize("known", ["with the answer", "in the lake", "by the hash of the span", "pulled before"])
def test_a_grade_is_never_about_another_story(
    project: Project, name: str, changed: dict[str, tuple[str, str]], known: str
) -> None:
    if known == "pulled before":
        project.data_dir.mkdir()
        shutil.copy(HERE / "grades.jsonl", journal.path(project))
    else:
        pulled(project, name)
    other = json.loads(json.dumps(grown(project, name)).replace(*changed[name], 1))
    read(project, name, other)
    journal.catch_up(project)
    forget(project, known)
    assert episodes.load(project)
    assert bound(project) == {}
    status = review.status(project)
    assert status.without_episode[binding.CHANGED] == 3
    assert f"3 answers without an episode: {binding.CHANGED}" in "\n".join(line.plain for line in screen(status))


def test_what_a_rewind_cut_in_two_is_still_a_failure_and_no_longer_a_recovery(project: Project) -> None:
    given = lines("queued")
    pulled(project, "queued")
    back = {
        "parentUuid": given[3]["uuid"], "uuid": "again", "type": "user", "timestamp": "2026-03-01T10:00:00.000Z",
        "message": {"role": "user", "content": "Stop. Which python is there?"},
    }  # fmt: skip
    for line in given:
        line["parentUuid"] = given[3]["uuid"] if line["parentUuid"] == given[4]["uuid"] else line["parentUuid"]
    read(project, "queued", [*without_queued(given), given[0] | back])
    found = bound(project)
    assert {question: answer for question, (answer, _) in found.items()} == {"failure": "yes"}
    assert review.status(project).without_episode == {labels.SPLIT: 2}


@pytest.mark.parametrize("known", ["with the vote", "in the lake"])
def test_a_vote_stays_too(project: Project, name: str, known: str) -> None:
    read(project, name, CHANGES[name][0](lines(name)))
    (asked,) = asks(project, words(project.root), "m", episodes.load(project))
    vote = Vote("yes", "shell.error", "recovered_repair", 0.9, "it failed", "quote")
    Ledger(project).voted("r", asked, vote, Reply("", None, None, None, None), Spent(0, 0.0))
    read(project, name, grown(project, name))
    if known == "in the lake":
        with store.of(project).write() as connection:
            connection.execute("update judge_votes set judged = null")
    with store.of(project).read() as connection:
        (row,) = labels.across(project, connection, ["bound_votes"])["bound_votes"].to_pylist()
    assert (row["verdict"], episodes.get(project, row["episode_id"]).lane) == ("yes", LANES[name])
    read(project, name, json.loads(json.dumps(grown(project, name)).replace(*FAILING[name], 1)))
    with store.of(project).read() as connection:
        assert labels.across(project, connection, ["bound_votes"])["bound_votes"].num_rows == 0
