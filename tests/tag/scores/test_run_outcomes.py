"""How a run ended is what a verifier or a person said: no score stands in for it, however well the tags fit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reroute.cli import looking
from reroute.collect import collect
from reroute.report import write
from reroute.review.plan import choose
from reroute.settings import Project, Settings
from reroute.storage import publish, queries, store
from reroute.tag import episodes
from reroute.tag.tagging import relabel, tag

JUDGED, OPEN = 60, 8
REFUSED, BOOKED = "Error: payment method not found", '{"reservation_id": "R1"}'


def _run(task: int, reward: float | None) -> dict[str, object]:
    """Refused and never put right, or booked at once: the tags alone say which passed."""
    arguments = json.dumps({"flight": f"HAT{task:03}", "payment_id": f"card_{task}"})
    call = {"id": "c0", "type": "function", "function": {"name": "book_flight", "arguments": arguments}}
    messages: list[dict[str, object]] = [
        {"role": "user", "content": f"Book a flight, wish {task}."},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c0", "name": "book_flight", "content": BOOKED if task % 2 else REFUSED},
        {"role": "user", "content": f"Bye, {task}."},
    ]
    return {"task_id": task, "traj": messages} | ({} if reward is None else {"reward": reward})


@pytest.fixture
def tagged(tmp_path: Path) -> Project:
    """Judged runs that any model of the tags would rank rightly, and runs of which nobody said how they ended."""
    project = Project(tmp_path, Settings())
    runs = [_run(task, float(task % 2) if task < JUDGED else None) for task in range(JUDGED + OPEN)]
    (tmp_path / "runs.json").write_text(json.dumps(runs))
    collect(project, [tmp_path / "runs.json"], progress=False)
    tag(project)
    return project


def _scores(project: Project) -> int:
    """How many rows of outcome scores were put in, such as another version made: one an open run."""
    with store.of(project).write() as connection:
        connection.execute(
            "insert into outcome_scores select trajectory_id, version, 0.97, true, 'f', 60 from trajectories"
            " where is_current and trajectory_id not in (select trajectory_id from outcomes)"
        )
        connection.execute(
            "insert into fits select 'outcome', now(), 'f', 'logistic+platt', true, 60, 30, 60, '{}', '{}'"
        )
        return len(connection.execute("from outcome_scores").fetchall())


def _open_run(project: Project) -> str:
    with store.of(project).read() as connection:
        query = "select trajectory_id from trajectories where task like ?"
        (name,) = connection.execute(query, [f"%wish {JUDGED}.%"]).fetchall()[0]
    return name


def _shown(project: Project, capsys: pytest.CaptureFixture[str], *, as_json: bool) -> str:
    looking.show(_open_run(project), as_json=as_json, project=project.root)
    return capsys.readouterr().out


def test_tags_that_rank_every_run_rightly_make_no_score_of_an_outcome(tagged: Project) -> None:
    with store.of(tagged).read() as connection:
        assert connection.execute("from outcome_scores").fetchall() == []
        assert connection.execute("select name, calibrated from fits").fetchall() == [("failure", False)]


def test_scores_that_another_version_made_are_removed(tagged: Project) -> None:
    assert _scores(tagged) == OPEN
    relabel(tagged)
    with store.of(tagged).read() as connection:
        assert connection.execute("from outcome_scores").fetchall() == []
        assert connection.execute("select name from fits").fetchall() == [("failure",)]


@pytest.mark.parametrize("stale", [False, True])
def test_nothing_of_a_score_is_shown_of_a_run(
    tagged: Project, capsys: pytest.CaptureFixture[str], *, stale: bool
) -> None:
    if stale:
        _scores(tagged)
    head = json.loads(_shown(tagged, capsys, as_json=True).splitlines()[0])
    assert head.keys() == {"trajectory_id", "version", "task", "outcome", "outcome_source", "relatives", "suspects"}
    first = _shown(tagged, capsys, as_json=False).splitlines()[0]
    assert first == f"{_open_run(tagged)[:12]}  nobody said how it ended"


def test_nothing_of_a_score_is_published_or_in_the_report(tagged: Project) -> None:
    publish.publish(tagged)
    assert queries.ask(tagged, "from outcome_scores").rows == []
    assert queries.ask(tagged, "select name, calibrated from fits").rows == [("failure", False)]
    assert "a run passed" not in write(tagged).read_text("utf-8")


def test_no_plan_and_no_suspect_goes_by_a_score(tagged: Project) -> None:
    chosen = choose(episodes.load(tagged), 20, 0.1, 7)
    with store.of(tagged).read() as connection:
        suspects = connection.execute("from suspects order by all").fetchall()
    _scores(tagged)
    assert choose(episodes.load(tagged), 20, 0.1, 7) == chosen
    relabel(tagged)
    with store.of(tagged).read() as connection:
        assert connection.execute("from suspects order by all").fetchall() == suspects
