"""From grades in the store to probabilities, what is published and the report; the grades are made up."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from reroute.cli import tagging
from reroute.collect import collect
from reroute.report import write
from reroute.settings import Project, Settings
from reroute.storage import publish, store
from reroute.tag import episodes
from reroute.tag.tagging import relabel, tag

RUNS = 30


def _run(task: int) -> dict[str, object]:
    messages: list[dict[str, object]] = [{"role": "user", "content": f"Book a flight, wish {task}."}]
    results = ["Error: payment method not found", *(['{"reservation_id": "R1"}'] if task % 3 else [])]
    for number, result in enumerate(results):
        arguments = json.dumps({"flight": f"HAT{task:03}", "payment_id": f"card_{number}"})
        call = {"id": f"c{number}", "type": "function", "function": {"name": "book_flight", "arguments": arguments}}
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        messages.append({"role": "tool", "tool_call_id": f"c{number}", "name": "book_flight", "content": result})
    return {"task_id": task, "traj": [*messages, {"role": "user", "content": f"Bye, {task}."}]}


def _grade(project: Project, count: int) -> None:
    """Made-up grades: what recovered is mostly a failure, what did not mostly is none; half were drawn at random."""
    with store.of(project).write() as connection:
        for index, one in enumerate(episodes.load(project)[:count]):
            failure = "yes" if one.local_recovered == (index % 8 > 0) else "no"
            place = [one.episode_id, one.trajectory_id, one.prefix_hash, one.onset_step, one.close_step]
            connection.execute(
                "insert into reviews (task_id, episode_id, trajectory_id, prefix_hash, span_start, span_end, kind, "
                "outcome, score, reason, weight, batch, planned_at) "
                "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'b', now())",
                [f"k{index}", *place, one.kind, one.outcome, 0.9, *(("random", 4.0), ("ambiguous", 1.0))[index % 2]],
            )
            connection.execute(
                "insert into grades (grade_id, task_id, episode_id, trajectory_id, prefix_hash, span_start, span_end, "
                "question, answer, annotator, origin, seconds, graded_at, pulled_at) "
                "values (?, ?, ?, ?, ?, ?, ?, 'failure', ?, 'ann', 'manual', 1, now(), now())",
                [f"g{index}", f"k{index}", *place, failure],
            )


def _grade_all_but(project: Project, name: str) -> None:
    _grade(project, RUNS)
    with store.of(project).write() as connection:
        connection.execute(
            "delete from grades where trajectory_id in (select trajectory_id from trajectories where format = ?)",
            [name],
        )


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("template"), Settings())
    file = project.root / "runs.json"
    file.write_text(json.dumps([_run(task) for task in range(RUNS)]))
    collect(project, [file], progress=False)
    tag(project)
    return project


@pytest.fixture
def tagged(template: Project, tmp_path: Path) -> Project:
    shutil.copytree(template.root, tmp_path / "project")
    return replace(template, root=tmp_path / "project")


def _fits(project: Project) -> dict[str, tuple[str, str]]:
    with store.of(project).read() as connection:
        return {name: rest for name, *rest in connection.execute("select name, data_hash, method from fits").fetchall()}


def test_without_grades_the_rules_score_stands_and_nothing_is_ambiguous(tagged: Project) -> None:
    found = episodes.load(tagged)
    assert {(e.probability, e.calibrated, e.ambiguous) for e in found} == {(None, False, None)}


def test_grades_make_probabilities_and_doing_it_again_changes_no_byte(tagged: Project) -> None:
    _grade(tagged, RUNS)
    relabel(tagged)
    found = episodes.load(tagged)
    assert {e.calibrated for e in found} == {True}
    assert {e.ambiguous for e in found} <= {True, False}
    assert len({e.probability for e in found}) > 1
    before = tagged.store_path.read_bytes()
    relabel(tagged)
    assert tagged.store_path.read_bytes() == before


def test_with_too_few_grades_it_stays_a_score(tagged: Project) -> None:
    _grade(tagged, 20)
    relabel(tagged)
    assert _fits(tagged)["failure"][1] == "fixed"
    assert {e.calibrated for e in episodes.load(tagged)} == {False}


def test_a_format_that_nobody_graded_has_a_score_and_no_probability(tagged: Project) -> None:
    with store.of(tagged).write() as connection:
        connection.execute("update trajectories set format = 'codex-cli' where task like '%wish 29.%'")
    _grade_all_but(tagged, "codex-cli")
    relabel(tagged)
    of_format = {e.format: (e.calibrated, e.probability is None) for e in episodes.load(tagged)}
    assert of_format == {"openai-chat": (True, False), "codex-cli": (False, True)}
    with store.of(tagged).read() as connection:
        assert connection.execute("select count(*) from probabilities").fetchall() == [(RUNS - 1,)]


def test_what_is_no_better_than_the_share_is_no_probability_and_the_report_says_why(tagged: Project) -> None:
    _grade(tagged, RUNS)
    with store.of(tagged).write() as connection:
        connection.execute("update grades set answer = if(hash(grade_id) % 2 = 0, 'yes', 'no')")
    relabel(tagged)
    assert _fits(tagged)["failure"][1] == "fixed"
    assert {(e.probability, e.calibrated) for e in episodes.load(tagged)} == {(None, False)}
    publish.publish(tagged)
    assert "no nearer than always saying the share: the rules' own score stands" in write(tagged).read_text("utf-8")


def test_a_changed_grade_is_fitted_again(tagged: Project) -> None:
    _grade(tagged, RUNS)
    relabel(tagged)
    before = _fits(tagged)
    with store.of(tagged).write() as connection:
        connection.execute(
            "update grades set answer = case answer when 'no' then 'yes' else 'no' end where grade_id = 'g0'"
        )
    relabel(tagged)
    after = _fits(tagged)
    assert after["failure"][0] != before["failure"][0]


def test_scores_and_suspects_are_published_and_the_report_shows_what_they_are_worth(tagged: Project) -> None:
    _grade(tagged, RUNS)
    relabel(tagged)
    publish.publish(tagged)
    with publish.connect(tagged) as connection:
        counts = [
            connection.execute(f"select count(*) from {name}").fetchall()[0][0]
            for name in ("suspects", "probabilities", "fits")
        ]
    open_ones = [e for e in episodes.load(tagged) if e.is_failure and not e.local_recovered]
    assert 0 < len(open_ones) < RUNS // 3  # people called the others no failure
    assert counts == [len(open_ones), RUNS, 1]
    page = write(tagged).read_text("utf-8")
    assert "How sure, and how right" in page
    assert "the rules' own score stands" not in page


def test_without_grades_the_report_says_that_there_is_a_score_and_no_probability(tagged: Project) -> None:
    publish.publish(tagged)
    assert "the rules' own score stands, which is no probability" in write(tagged).read_text("utf-8")


def test_tagging_publishes_what_it_found(tagged: Project, capsys: pytest.CaptureFixture[str]) -> None:
    tagging.tag(full_refresh=False, as_json=False, project=tagged.root)
    assert f"in {RUNS} trajectories" in capsys.readouterr().out
    with publish.connect(tagged) as connection:
        assert connection.execute("select count(*) from suspects").fetchall() == [(RUNS // 3,)]
