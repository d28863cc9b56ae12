"""Which steps of runs are copies of another run's: each stands once, wherever and however they share history."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from reroute.collect.in_memory import read_in_memory
from reroute.look.relatives import Copied, relatives
from reroute.storage.lake.columns import header_rows

sys.path.insert(0, str(Path(__file__).parent))
from _written import Turn, chat, claude, codex, log, turns

BASE, OTHER = turns(0, 6), turns(100, 4)
FORKS = range(1, len(BASE) + 1)
ORDERS = [("a", "b"), ("b", "a")]
"""Names of the file of the first session and of the second."""


def own(folder: Path) -> tuple[list[int], int, dict[str, Copied]]:
    """The contents of the calls and results that are some run's own, sorted; the tokens; and what is copied."""
    (batch,) = read_in_memory([folder])
    headers = header_rows(batch.trajectories)
    places, start = {}, 0
    for header in headers:
        places[header.trajectory_id] = (0, start, header)
        start += header.steps
    copied = relatives([batch], places)
    contents, tokens = [], 0
    for row in batch.steps.select(
        ["trajectory_id", "step", "type", "content_hash", "input_tokens", "output_tokens"]
    ).to_pylist():
        one = copied.get(row["trajectory_id"])
        repeated = one is not None and row["step"] <= one.copied_through
        if not repeated and row["type"] in {"call", "result"}:
            contents.append(row["content_hash"])
        if not (repeated and one and one.stated):
            tokens += (row["input_tokens"] or 0) + (row["output_tokens"] or 0)
    return sorted(contents), tokens, copied


def once(contents: list[int], *histories: list[Turn]) -> bool:
    """Whether each turn of these histories stands exactly once."""
    different = {turn.number for history in histories for turn in history}
    return len(contents) == len(set(contents)) == 2 * len(different)


@pytest.mark.parametrize("names", ORDERS)
@pytest.mark.parametrize("fork", FORKS)
def test_a_claude_session_forked_at_any_step_has_its_own_steps_alone(
    tmp_path: Path, fork: int, names: tuple[str, str]
) -> None:
    forked = [*BASE[:fork], *OTHER]
    claude(tmp_path / f"{names[0]}.jsonl", "first", BASE)
    claude(tmp_path / f"{names[1]}.jsonl", "second", forked)
    contents, tokens, copied = own(tmp_path)
    assert once(contents, BASE, forked)
    assert tokens == 110 * (len(BASE) + len(OTHER))
    assert len(copied) == 1


@pytest.mark.parametrize("names", ORDERS)
def test_a_resumed_session_begins_with_the_one_that_it_names(tmp_path: Path, names: tuple[str, str]) -> None:
    resumed = [*BASE, *OTHER]
    claude(tmp_path / f"{names[0]}.jsonl", "first", BASE)
    claude(tmp_path / f"{names[1]}.jsonl", "second", resumed, inherited=len(BASE), inherits="first")
    contents, tokens, copied = own(tmp_path)
    assert once(contents, BASE, resumed)
    assert tokens == 110 * len(resumed)
    assert [one.copied_through for one in copied.values()] == [2 * len(BASE)]
    assert not any(one.superseded for one in copied.values()), "the first is a session of its own file"


@pytest.mark.parametrize("names", ORDERS)
@pytest.mark.parametrize("fork", FORKS)
@pytest.mark.parametrize(
    "meta",
    [
        {"forked_from_id": "first"},
        {"source": {"subagent": {"thread_spawn": {"parent_thread_id": "first", "depth": 1}}}},
    ],
    ids=["forked", "spawned"],
)
def test_a_codex_thread_that_begins_with_its_parents_history_has_its_own_steps_alone(
    tmp_path: Path, fork: int, names: tuple[str, str], meta: dict[str, object]
) -> None:
    forked = [*BASE[:fork], *OTHER]
    codex(tmp_path / f"rollout-{names[0]}.jsonl", "first", BASE)
    codex(tmp_path / f"rollout-{names[1]}.jsonl", "second", forked, **meta)
    assert once(own(tmp_path)[0], BASE, forked)


def test_a_fork_of_a_fork_shares_with_each_what_it_has_from_it(tmp_path: Path) -> None:
    second = [*BASE[:3], *OTHER]
    third = [*second[:5], *turns(200, 2)]
    claude(tmp_path / "c.jsonl", "first", BASE)
    claude(tmp_path / "b.jsonl", "second", second)
    claude(tmp_path / "a.jsonl", "third", third)
    assert once(own(tmp_path)[0], BASE, second, third)


@pytest.mark.parametrize("names", ORDERS)
@pytest.mark.parametrize("fork", FORKS)
def test_a_fork_of_what_was_abandoned_later_has_its_own_steps_alone(
    tmp_path: Path, fork: int, names: tuple[str, str]
) -> None:
    forked, instead = [*BASE[:fork], *OTHER], turns(200, 2)
    claude(tmp_path / f"{names[0]}.jsonl", "first", BASE, rewound=(2, instead))
    claude(tmp_path / f"{names[1]}.jsonl", "second", forked)
    contents, tokens, _ = own(tmp_path)
    assert once(contents, BASE, instead, forked)
    assert tokens == 110 * (len(BASE) + len(instead) + len(OTHER))


def test_a_fork_that_is_rewound_itself_has_its_own_steps_alone(tmp_path: Path) -> None:
    forked, instead = [*BASE[:4], *OTHER], turns(200, 2)
    claude(tmp_path / "a.jsonl", "first", BASE)
    claude(tmp_path / "b.jsonl", "second", forked, rewound=(2, instead))
    contents, tokens, _ = own(tmp_path)
    assert once(contents, BASE, forked, instead)
    assert tokens == 110 * (len(BASE) + len(OTHER) + len(instead))


def test_requests_that_are_logged_in_a_file_each_count_each_step_once(tmp_path: Path) -> None:
    for number, count in enumerate((4, 1, 6, 3)):
        log(tmp_path / f"{number}.jsonl", chat(BASE[:count]))
    contents, _, copied = own(tmp_path)
    assert once(contents, BASE)
    assert not any(one.superseded for one in copied.values())


@pytest.mark.parametrize("counter", [False, True], ids=["ids", "counters"])
@pytest.mark.parametrize(
    "changes",
    [{}, {"system": "Be thorough."}, {"start": 2}, {"spaced": True}],
    ids=["growing", "another system prompt", "trimmed start", "whitespace in arguments"],
)
def test_a_log_of_requests_counts_each_step_once(tmp_path: Path, changes: dict[str, object], counter: bool) -> None:
    history = [*BASE, *OTHER]
    records = [chat(history[:count], counter=counter) for count in (1, 3, 6)]
    records += [chat(history[:count], counter=counter, **changes) for count in (7, 10)]  # type: ignore[arg-type]
    log(tmp_path / "log.jsonl", *records)
    contents, _, copied = own(tmp_path)
    assert once(contents, history)
    whole = "start" not in changes
    assert sum(one.superseded for one in copied.values()) == (4 if whole else 3)


def test_a_log_in_which_reasoning_is_dropped_later_counts_each_step_once(tmp_path: Path) -> None:
    first, second = chat(BASE[:3]), chat(BASE)
    messages = first["messages"]
    assert isinstance(messages, list)
    for message in messages:
        if message["role"] == "assistant":
            message["reasoning_content"] = "I should look there."
    log(tmp_path / "log.jsonl", first, second)
    contents, _, copied = own(tmp_path)
    assert once(contents, BASE)
    assert [one.superseded for one in copied.values()] == [True]


def test_independent_tries_in_one_file_that_begin_alike_are_no_family(tmp_path: Path) -> None:
    tries = [[*BASE[:2], *turns(number, 3)] for number in (100, 200, 300)]
    log(tmp_path / "tries.jsonl", *(chat(one, counter=True) for one in tries))
    assert own(tmp_path)[2] == {}


@pytest.mark.parametrize("more", [{"task_id": "t1"}, {"reward": 1.0}, {"trial": 3}])
def test_a_beginning_with_a_task_an_outcome_or_a_trial_is_a_run_of_its_own(
    tmp_path: Path, more: dict[str, object]
) -> None:
    log(tmp_path / "log.jsonl", chat(BASE[:3], counter=True) | more, chat(BASE, counter=True))
    assert own(tmp_path)[2] == {}


@pytest.mark.parametrize("name", ["medagentbench", "tau_bench"])
def test_independent_tries_of_real_benchmarks_are_no_family(traces: Path, name: str) -> None:
    contents, _, copied = own(traces / name)
    assert contents
    assert copied == {}
