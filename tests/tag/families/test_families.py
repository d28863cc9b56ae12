"""Runs that share history, in a project: one failure is one episode, its tokens count once, in whatever order."""

from __future__ import annotations

import contextlib
import io
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from reroute.collect import collect
from reroute.export import compose, gather, recipe
from reroute.look import look, lookup
from reroute.operate import status
from reroute.settings import Project, Settings
from reroute.storage import lake, publish, store
from reroute.tag import endings, episodes, tagging
from reroute.terminal import episode as shown
from reroute.terminal.output import put

sys.path.insert(0, str(Path(__file__).parent))
from _written import chat, claude, codex, log, turns

BASE = turns(0, 6, fails=(2,))
FORK = [*BASE[:4], *turns(100, 4, fails=(101,))]
"""Begins with the failure of ``BASE`` and its recovery, then has one of its own."""
OPEN = [*BASE[:3], *turns(200, 3)]
"""Begins with the failure of ``BASE`` alone."""
THREAD = [*FORK[:6], *turns(300, 2)]
TABLES = {
    "families": "select * from families order by all",
    "labels": "select * from labels order by all",
    "own_runs": "select * from own_runs order by all",
}


def write(folder: Path) -> list[Path]:
    """Three sessions of one family, two threads of another, and a log in which one record begins another."""
    records = turns(400, 5, fails=(401,))
    return [
        claude(folder / "a.jsonl", "first", BASE),
        claude(folder / "fork.jsonl", "fork", FORK),
        claude(folder / "open.jsonl", "open", OPEN),
        codex(folder / "rollout-z.jsonl", "thread", THREAD),
        codex(folder / "rollout-a.jsonl", "spawned", [*THREAD[:7], *turns(500, 2)], forked_from_id="thread"),
        log(folder / "log.jsonl", chat(records[:3]), chat(records)),
    ]


def tagged(root: Path, nights: Sequence[Sequence[Path]]) -> Project:
    """A project that collected and tagged these files, night by night."""
    project = Project(root, Settings())
    for night in nights:
        collect(project, list(night))
        tagging.tag(project)
    return project


def tables(project: Project) -> dict[str, list[tuple[Any, ...]]]:
    with store.of(project).read() as connection:
        return {name: connection.execute(query).fetchall() for name, query in TABLES.items()}


def ask(project: Project, query: str) -> list[tuple[Any, ...]]:
    with store.of(project).read() as connection:
        return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write(tmp_path_factory.mktemp("written"))


@pytest.fixture(scope="module")
def family(files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Project:
    return tagged(tmp_path_factory.mktemp("project"), [files])


def test_one_failure_is_one_episode(family: Project) -> None:
    rows = ask(
        family,
        "select t.run_id, e.goal, l.outcome_final from labels as l join episodes as e using (episode_id, version)"
        " join trajectories as t on l.trajectory_id = t.trajectory_id and t.is_current order by all",
    )
    failed = sorted((run or "log", re.findall(r"part_\d+", str(goal))[0], outcome) for run, goal, outcome in rows)
    assert failed == [
        ("first", "part_2", "recovered_reroute"), ("fork", "part_101", "recovered_reroute"),
        ("log", "part_401", "recovered_reroute"), ("thread", "part_101", "ended"),
        ("thread", "part_2", "recovered_reroute"),
    ]  # fmt: skip


def test_tokens_and_steps_count_once(family: Project) -> None:
    per_reply = {"first": 6, "fork": 4, "open": 3}
    rows = ask(
        family,
        "select t.run_id, o.input_tokens, o.output_tokens, o.steps from own_runs as o join trajectories as t"
        " using (trajectory_id, version) where t.format = 'claude-code' order by all",
    )
    expected = [(run, 100 * n, 10 * n, 2 * n + (run == "first")) for run, n in per_reply.items()]
    assert rows == expected
    publish.publish(family)
    assert status.status(family).figures.runs == 6
    assert status.status(family).figures.episodes == 5


@pytest.mark.parametrize("order", [1, -1], ids=["as written", "the other way round"])
def test_files_may_arrive_in_any_order_over_any_nights(
    family: Project, files: list[Path], tmp_path: Path, order: int
) -> None:
    nights = [[file] for file in files[::order]]
    assert tables(tagged(tmp_path, nights)) == tables(family)


def test_where_nothing_changed_nothing_is_read_again(family: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tables(family)
    monkeypatch.setattr(lake, "read_rows", None)
    tagging._find_families(family)
    assert tables(family) == before


def test_a_person_who_says_how_a_run_ended_changes_no_family_of_a_declared_parent(
    files: list[Path], tmp_path: Path
) -> None:
    project = tagged(tmp_path, [files[3:5]])
    before = ask(project, "select * exclude (basis) from families order by all")
    with store.of(project).write() as connection:
        connection.execute(
            "insert into outcomes select trajectory_id, 'pass', null, 'human', null, now() from trajectories"
        )
    tagging.relabel(project)
    assert len(before) == 2
    assert ask(project, "select * exclude (basis) from families order by all") == before


def test_a_run_that_is_shown_names_its_relatives_and_how_what_was_open_at_the_fork_ended(family: Project) -> None:
    names = dict(ask(family, "select run_id, trajectory_id from trajectories where run_id is not null"))
    ending = endings.ending(family, str(names["first"]))
    found = {one.trajectory_id: one for one in ending.relatives}
    assert found.keys() == {names["fork"], names["open"]}
    assert found[names["fork"]] == endings.Relative(str(names["fork"]), "copy", 8, ())
    assert (found[names["open"]].copied_through, len(found[names["open"]].episodes)) == (6, 1)
    (back,) = endings.ending(family, str(names["fork"])).relatives
    assert back == endings.Relative(str(names["first"]), "owner", 8, ())
    with contextlib.redirect_stdout(io.StringIO()) as out:
        put(shown.ending_lines(ending, 120))
    assert f"{str(names['fork'])[:12]}: begins with this run's history, through its step 8" in out.getvalue()
    assert lookup.named(family, str(names["open"])).ending is not None


def test_an_export_trains_no_copied_step_and_separates_no_relatives(family: Project, files: list[Path]) -> None:
    with store.of(family).write() as connection:
        connection.execute("delete from outcomes")
        connection.execute(
            "insert into outcomes select trajectory_id, 'pass', null, 'human', null, now() from trajectories"
            " where format = 'claude-code'"
        )
    tagging.relabel(family)
    found = gather.candidates(family)
    runs = {one.run.trajectory_id: one.run for one in found}
    groups = {run.family_id: {r.group for r in runs.values() if r.family_id == run.family_id} for run in runs.values()}
    assert all(len(group) == 1 for name, group in groups.items() if name)
    names = dict(ask(family, "select trajectory_id, run_id from trajectories"))
    clean = {c.run.trajectory_id for c in found if c.recovery is None}
    assert clean, "the forks, whose failure is the owner's"
    plan = recipe.load("recovery-sft")
    made = compose.compose(
        family, replace_select(plan, tiers=("A", "B", "C"), near_duplicate=1.0, clean_share=0.0), found
    )
    through = dict(ask(family, "select trajectory_id, copied_through from families where copied_through is not null"))
    trained = [
        (names[run], step, step > through.get(run, -1)) for line in made.lines for run, step in line.row.trained_steps
    ]
    assert {drop.candidate for drop in made.drops if drop.rule == "copied_run"} >= clean
    assert trained
    assert all(own for _, _, own in trained)


def replace_select(plan: recipe.Recipe, **changed: object) -> recipe.Recipe:
    return plan.model_copy(update={"select": plan.select.model_copy(update=changed)})


def test_a_look_counts_as_a_project_does(family: Project, files: list[Path]) -> None:
    looked = look([files[0].parent])
    assert looked.sessions == 6
    assert looked.steps == ask(family, "select sum(steps)::int from own_runs")[0][0]
    found = sorted(e.episode_id for e in looked.firm)
    assert found == sorted(e.episode_id for e in episodes.load(family) if not e.nominated)
