"""End to end: canonical steps in a file of ``cases/``, the episodes that must come out beside them."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
import yaml

from reroute import content, trace
from reroute.episode import Episode
from reroute.hashes import prefix_hashes
from reroute.tag import episodes

CASES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_case_comes_out_as_its_file_says(path: Path) -> None:
    case = yaml.safe_load(path.read_text("utf-8"))
    assert case["because"], f"{path.name} does not say why"
    found = episodes.find(_table(_steps(case["steps"])))
    assert [
        _told(episode, expected) for episode, expected in zip(found.episodes, case["expect"], strict=False)
    ] == case["expect"], [(e.kind, e.outcome, e.onset_step) for e in found.episodes]
    assert len(found.episodes) == len(case["expect"]), [(e.kind, e.outcome, e.onset_step) for e in found.episodes]


def test_every_outcome_and_every_kind_has_a_case() -> None:
    expected = [row for path in CASES for row in yaml.safe_load(path.read_text("utf-8"))["expect"]]
    outcomes = content.rows("sql/lexicons/episode_outcomes.csv")
    assert {row["outcome"] for row in expected} == {row["outcome"] for row in outcomes}
    assert {row["kind"] for row in expected} == {row["kind"] for row in content.rows("sql/lexicons/kinds.csv")}


def _told(episode: Episode, expected: dict[str, object]) -> dict[str, object]:
    names = {"onset": "onset_step", "manifest": "manifest_step", "recovery": "recovery_step", "close": "close_step"}
    return {name: getattr(episode, names.get(name, name)) for name in expected}


def _steps(rows: list[dict[str, object]]) -> list[trace.Step]:
    steps: list[trace.Step] = []
    for turn, row in enumerate(rows):
        calls, first = row.get("turn", [row]), len(steps)
        steps += [_opening(call, turn) for call in calls]
        steps += [_result(call, turn, first + at) for at, call in enumerate(calls) if "result" in call]
    return trace.number(steps)


def _opening(row: dict[str, object], turn: int) -> trace.Step:
    place = {"turn": turn, "lane": row.get("lane", "main"), "started_at": row.get("at"), "forked_at": row.get("fork")}
    for name, role, kind in (
        ("user", "user", "message"),
        ("say", "assistant", "message"),
        ("think", "assistant", "reasoning"),
    ):
        if name in row:
            return trace.Step(role=role, type=kind, content=row[name], **place)
    if "ended" in row:
        stated = {"exit_code": row.get("exit"), "status": row.get("status", "unknown"), "ends_call": row["ends"]}
        return trace.Step(role="developer", type="message", content=row["ended"], **stated, **place)
    if "event" in row:
        return trace.Step(role="system", type="event", content=row["event"], **place)
    arguments = row.get("with", {"command": row["run"]} if "run" in row else {})
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return trace.Step(role="assistant", type="call", tool=row.get("call", "bash"), arguments=text, **place)


def _result(row: dict[str, object], turn: int, parent: int) -> trace.Step:
    return trace.Step(
        role="tool", type="result", turn=turn, lane=row.get("lane", "main"), tool=row.get("call", "bash"),
        content=row["result"], exit_code=row.get("exit"), status=row.get("status", "unknown"),
        http_status=row.get("http"), approval=row.get("approval"), parent_step=parent,
        approved_by=row.get("by"), ends_call=row.get("ends"),
    )  # fmt: skip


def _table(steps: list[trace.Step]) -> pa.Table:
    hashes = prefix_hashes(steps)
    rows = [
        {"trajectory_id": "t", "version": hashes[-1], "prefix_hash": prefix}
        | {name: getattr(step, name) for name in trace.Step.__struct_fields__}
        for step, prefix in zip(steps, hashes, strict=True)
    ]
    return pa.Table.from_pylist(rows, trace.steps_schema())
