"""Branches, agents that share history, and calls whose end comes late: one case each."""

from __future__ import annotations

from typing import Any

import pytest

from reroute import lanes, row_format
from reroute.export import dialects
from reroute.export.candidates import Drop, Recovery
from reroute.export.gates.row_rules import line_rules
from reroute.export.rows import messages
from reroute.export.rows.row import Extent, Row
from reroute.lineage import SourcePlace
from reroute.trace import Step, number

from .trees import built, episodes


def said(role: str, text: str, lane: str = "main", **more: Any) -> Step:
    return Step(role=role, type="message", content=text, lane=lane, **more)


def called(lane: str, turn: int, **more: Any) -> Step:
    return Step(role="assistant", type="call", tool="run", arguments=f'{{"n": {turn}}}', lane=lane, turn=turn, **more)


def render(steps: list[Step]) -> list[messages.Message]:
    return messages.render(steps, reasoning="content", text_protocol=False)


def weights(row: Row | Drop) -> list[tuple[int, int]]:
    assert isinstance(row, Row)
    return [(message.first_step, message.weight) for message in row.messages if message.weight is not None]


def test_replies_of_the_lane_above_are_context_of_the_lane_that_shares_them() -> None:
    steps = number([
        said("user", "go"), called("main", 1), called("main", 2),
        said("user", "and you?", "agent-1", forked_at=2), called("agent-1", 3), called("main", 4),
    ])  # fmt: skip
    row = built(steps, "recovery-sft", next(one for one in episodes(steps) if one.lane == "agent-1"))
    assert weights(row) == [(1, 0), (2, 0), (4, 1)]


def test_a_run_whose_first_turn_was_rolled_back_is_clean_by_what_it_went_on_with() -> None:
    steps = number([
        said("user", "go", "branch-1"), called("branch-1", 1), said("user", "rather so"), called("main", 2),
        said("assistant", "Done.", turn=3),
    ])  # fmt: skip
    row = built(steps, "recovery-sft", None)
    assert weights(row) == [(3, 1), (4, 1)]


@pytest.mark.parametrize("begun_by", [{"parent_step": 1}, {"forked_at": 1}])
def test_the_work_of_an_agent_for_an_abandoned_branch_gives_no_row(begun_by: dict[str, int]) -> None:
    steps = number([
        said("user", "go"), called("branch-1", 1, forked_at=0), said("user", "look", "agent-1", **begun_by),
        called("agent-1", 2), called("agent-1", 3), said("user", "rather so"), called("main", 4),
    ])  # fmt: skip
    row = built(steps, "recovery-sft", Recovery(
        episode_id="e", kind="shell.error", episode_outcome="recovered_repair", cause="agent", tier="A",
        assisted="agent_initiated", lane="agent-1", onset=3, manifest=3, recovery=4,
    ))  # fmt: skip
    assert isinstance(row, Drop)
    assert row.rule == "abandoned_branch"


def test_a_run_in_the_background_that_failed_is_context_and_its_end_stands_where_it_was_said() -> None:
    steps = number([
        said("user", "go"), called("main", 1), called("main", 2),
        Step(role="tool", type="result", content="in the background", parent_step=2, turn=2),
        called("main", 3), said("developer", "it failed", ends_call=2, status="error"), called("main", 4),
    ])  # fmt: skip
    row = built(steps, "recovery-sft", next(one for one in episodes(steps) if (one.onset, one.recovery) == (1, 6)))
    assert weights(row) == [(1, 0), (2, 0), (4, 1), (6, 1)]
    assert isinstance(row, Row)
    assert [(m.role, m.content) for m in row.messages[-2:-1]] == [("user", "it failed")]
    dropped = built(steps, "recovery-sft", next(one for one in episodes(steps) if (one.onset, one.recovery) == (1, 2)))
    assert isinstance(dropped, Drop)
    assert dropped.rule == "recovery_fails"


def test_a_reinforcement_prompt_may_end_with_what_the_harness_says_of_a_call() -> None:
    steps = number([
        said("user", "go"), called("main", 1),
        Step(role="tool", type="result", content="in the background", parent_step=1, turn=1),
        said("developer", "it failed", ends_call=1, status="error"), called("main", 2),
    ])  # fmt: skip
    row = built(steps, "recovery-rft", next(episodes(steps)))
    assert isinstance(row, Row)
    for dialect in ("openai", "azure"):
        line, rules = dialects.named(dialect).line(row), line_rules("rft", dialects.named(dialect))
        assert [one.text for one in row_format.problems(line, rules) if one.rule == "last-message"] == []


def test_a_result_that_the_next_reply_had_not_seen_follows_where_it_was_recorded() -> None:
    steps = number([
        said("user", "go"), called("main", 1), said("assistant", "It runs.", turn=2),
        Step(role="tool", type="result", tool="run", content="done", parent_step=1, turn=1),
        said("assistant", "It is done.", turn=3),
    ])  # fmt: skip
    assert [(m.role, m.content) for m in render(steps)] == [
        ("user", "go"), ("assistant", None), ("tool", messages.STILL_RUNNING), ("assistant", "It runs."),
        ("user", "The result of run (call_1):\ndone"), ("assistant", "It is done."),
    ]  # fmt: skip


def test_a_result_in_another_lane_was_not_seen() -> None:
    steps = number([
        said("user", "go"), called("main", 1),
        Step(role="tool", type="result", content="elsewhere", parent_step=1, turn=1, lane="branch-1", forked_at=1),
        said("assistant", "And?", turn=2),
    ])  # fmt: skip
    shown = render(lanes.path(steps, "main"))
    assert [m.content for m in shown] == ["go", None, messages.NO_RESULT, "And?"]


def test_a_row_of_a_session_in_several_files_names_each_with_its_records() -> None:
    steps = number([
        said("user", "go", source_index=4), called("main", 1, source_index=7, source_pointer="/message/content/0"),
        called("main", 2, source_index=2, source_pointer="/message/content/1", file="more.jsonl"),
        said("assistant", "Done.", turn=3, source_index=5, file="more.jsonl"),
    ])  # fmt: skip
    row = built(steps, "recovery-sft", next(episodes(steps)))
    assert isinstance(row, Row)
    assert row.files == (Extent("own.jsonl", (4, 7)), Extent("more.jsonl", (2, 5)))
    assert row.places == {
        "onset": SourcePlace("own.jsonl", 7, "/message/content/0"),
        "manifest": SourcePlace("own.jsonl", 7, "/message/content/0"),
        "recovery": SourcePlace("more.jsonl", 2, "/message/content/1"),
    }
