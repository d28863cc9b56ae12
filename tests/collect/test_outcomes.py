"""Outcomes from elsewhere find their runs by any of their names."""

from __future__ import annotations

import pytest

from reroute.collect import collect
from reroute.collect.outcomes import join
from reroute.errors import ConfigError, PartialFailure, UsageError
from reroute.storage import store

SAID = """
    select t.run_id, o.outcome, o.reward, o.source
    from outcomes o
    join trajectories t using (trajectory_id)
    order by all
"""


@pytest.fixture
def collected(project, tmp_path, make, write):
    runs = [make("r1", "a", task_id="t1"), make("r2", "b", task_id="t2"), make("r3", "c", task_id="t2", reward=0.0)]
    collect(project, [write(tmp_path / "in/a.jsonl", *runs)])
    return project


def test_what_the_source_itself_states_is_an_outcome(collected, ask):
    assert ask(collected, SAID) == [("r3", "fail", 0.0, "verifier")]


def test_csv_joins_by_run_task_and_trajectory(collected, tmp_path, ask):
    (key,) = ask(collected, "select trajectory_id from trajectories where run_id = 'r3'")[0]
    path = tmp_path / "o.csv"
    path.write_text(
        "run_id,task_id,trajectory_id,outcome,reward,source,at\n"
        f"r2,,,pass,,human,2026-01-02\n,t1,,,1.0,,\n,,{key},pass,1,,2026-01-02T03:04:05Z\n"
    )
    joined = join(collected, path)
    joined.check()
    assert (joined.rows, joined.changed) == (3, 3)
    assert ask(collected, SAID) == [
        ("r1", "pass", 1.0, "verifier"),
        ("r2", "pass", None, "human"),
        ("r3", "pass", 1.0, "verifier"),
    ]


@pytest.mark.parametrize(
    ("reward", "outcome"), [("0", "fail"), ("0.5", "fail"), ("0.999", "fail"), ("1", "pass"), ("2.5", "pass")]
)
def test_a_reward_of_one_or_more_is_a_pass_and_any_less_a_fail(collected, tmp_path, ask, reward, outcome):
    path = tmp_path / "o.csv"
    path.write_text(f"run_id,reward\nr1,{reward}\n")
    join(collected, path)
    assert ("r1", outcome, float(reward), "verifier") in ask(collected, SAID)


def test_the_same_file_again_changes_nothing(collected, tmp_path, contents):
    path = tmp_path / "o.jsonl"
    path.write_text('{"run_id": "r1", "reward": 0.5, "at": "2026-01-02T03:04:05+01:00"}\n')
    assert join(collected, path).changed == 1
    before = contents(collected.data_dir)
    assert join(collected, path).changed == 0
    assert contents(collected.data_dir) == before


def test_what_was_joined_later_stands_when_the_same_file_is_read_again(collected, tmp_path, make, write, ask):
    path = tmp_path / "o.jsonl"
    path.write_text('{"run_id": "r3", "outcome": "pass"}\n')
    join(collected, path)
    with store.of(collected).write() as connection:
        connection.execute("update files set redaction_version = -1")
    assert collect(collected, [tmp_path / "in/a.jsonl"]).files_unchanged == 0
    assert ask(collected, SAID) == [("r3", "pass", None, "verifier")]
    write(tmp_path / "in/a.jsonl", make("r3", "c", task_id="t2", reward=0.25))
    collect(collected, [tmp_path / "in/a.jsonl"])
    assert ask(collected, SAID) == [("r3", "fail", 0.25, "verifier")]


def test_rows_without_a_run_and_rows_with_several_are_named(collected, tmp_path):
    path = tmp_path / "o.jsonl"
    path.write_text('{"run_id": "r9", "outcome": "pass"}\n{"task_id": "t2", "outcome": "pass"}\n')
    joined = join(collected, path)
    assert (joined.unmatched, joined.ambiguous) == (["r9"], ["t2"])
    with pytest.raises(PartialFailure, match="r9, t2"):
        joined.check()


@pytest.mark.parametrize(
    "row",
    [
        '{"run_id": "r1"}',
        '{"outcome": "pass"}',
        '{"run_id": "r1", "outcome": "won"}',
        '{"run_id"',
        '{"run_id": "r1", "reward": 1, "at": "soon"}',
    ],
)
def test_a_row_that_cannot_be_read_is_named_by_its_line_and_nothing_is_joined(collected, tmp_path, ask, row):
    path = tmp_path / "o.jsonl"
    path.write_text('{"run_id": "r1", "outcome": "pass"}\n' + row + "\n")
    with pytest.raises(ConfigError, match="line 2"):
        join(collected, path)
    assert len(ask(collected, SAID)) == 1


def test_a_file_that_is_not_there_is_a_usage_error(project, tmp_path):
    with pytest.raises(UsageError, match="there is no file"):
        join(project, tmp_path / "none.csv")
