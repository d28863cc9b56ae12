"""The judge's votes measured by people's grades."""

from __future__ import annotations

from reroute.review.judge.quality import ALL, Share, quality
from reroute.review.plan import span
from reroute.settings import Project
from reroute.shares import wilson
from reroute.storage import store
from reroute.tag import episodes, labels

from .conftest import RUNS, Ask
from .loopback import Endpoint, sound

_GRADE = (
    "insert into grades (grade_id, task_id, episode_id, trajectory_id, prefix_hash, span_start, span_end, question, "
    "answer, annotator, origin, seconds, graded_at, pulled_at) "
    "values (?, 'task', ?, ?, ?, ?, ?, ?, ?, ?, 'manual', null, now(), now())"
)


def grade(project: Project, number: int, by: str = "p-1", **answers: str) -> None:
    """A person's answers about one of the episodes."""
    episode = episodes.load(project)[number]
    with store.of(project).write() as connection:
        for question, answer in answers.items():
            whose = [f"{number} {by} {question}", episode.episode_id, episode.trajectory_id, episode.prefix_hash]
            connection.execute(_GRADE, [*whose, *span(episode), question, answer, by])


def test_without_grades_there_is_nothing_to_say(ask: Ask, doubtful: Project) -> None:
    ask()
    assert quality(doubtful) == []


def test_shares_have_their_n_and_their_interval(ask: Ask, doubtful: Project) -> None:
    ask()  # yes to all, ended
    grade(doubtful, 0, failure="yes", outcome="ended")
    grade(doubtful, 1, failure="yes", outcome="abandoned")
    grade(doubtful, 2, failure="no")
    total, kind = quality(doubtful)
    assert (total.model, total.kind, kind.kind) == ("judge-1", ALL, "check.red")
    assert (total.agreement, total.precision, total.recall) == (Share(2, 3), Share(2, 3), Share(2, 2))
    assert (total.outcome, total.unclear) == (Share(1, 2), 0)
    low, high = wilson(2, 3)
    assert f"precision 0.67 [{low:.2f}, {high:.2f}] n=3" in total.line()


def test_unclear_is_counted_apart_and_misses_a_failure(ask: Ask, doubtful: Project, endpoint: Endpoint) -> None:
    endpoint.judge = lambda body: sound(body, failure="unclear")
    ask()
    grade(doubtful, 0, failure="yes")
    total = quality(doubtful)[0]
    assert (total.agreement, total.recall, total.unclear) == (Share(0, 0), Share(0, 1), 1)


def test_people_who_disagree_measure_nothing(ask: Ask, doubtful: Project) -> None:
    ask()
    grade(doubtful, 0, failure="yes")
    grade(doubtful, 0, by="p-2", failure="no")
    assert quality(doubtful) == []


def test_votes_of_several_models_meet_in_one_row_an_episode(ask: Ask, doubtful: Project, endpoint: Endpoint) -> None:
    ask()
    endpoint.judge = lambda body: sound(body, failure="no", confidence=0.6)
    ask(model="judge-2")
    with store.of(doubtful).read() as connection:
        table = labels.across(doubtful, connection, ["votes"])["votes"]
    assert table.num_rows == RUNS
    first = table.to_pylist()[0]
    assert (first["votes_for"], first["votes_against"], first["votes_unclear"], first["confidence"]) == (1, 1, 0, 0.7)
