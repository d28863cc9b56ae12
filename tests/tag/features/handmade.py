"""Steps written by hand, and what features make of them."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest
import yaml

from reroute.tag.features import build
from reroute.trace import Step, number, steps_schema

HERE = Path(__file__).parent


def table(steps: list[Step], trajectory_id: str = "t1") -> pa.Table:
    """The steps as rows of a lake part."""
    rows = []
    for step in number(steps):
        fields = {name: getattr(step, name) for name in Step.__struct_fields__}
        rows.append({"trajectory_id": trajectory_id, "version": "v1", "prefix_hash": f"{step.step:x}", **fields})
    return pa.Table.from_pylist(rows, schema=steps_schema())


def steps_of(entries: list[dict[str, object]]) -> list[Step]:
    """Calls with their results, and messages, from the short form of the cases."""
    steps = [Step(role="user", type="message", content="Please fix it.")]
    for turn, entry in enumerate(entries):
        if "say" in entry:
            steps.append(Step(role=entry.get("role", "assistant"), type="message", content=entry["say"], turn=turn))
            continue
        arguments = {"command": entry["run"]} if "run" in entry else entry.get("arguments", {})
        tool = entry.get("tool", "bash")
        call = Step(role="assistant", type="call", tool=tool, arguments=json.dumps(arguments), turn=turn, call_id="c")
        steps.append(call)
        if entry.get("lost"):
            continue
        stated = {
            name: entry[name]
            for name in ("status", "exit_code", "http_status", "approval", "approved_by")
            if name in entry
        }
        content, parent = entry.get("shows", ""), len(steps) - 1
        steps.append(
            Step(role="tool", type="result", tool=tool, content=content, turn=turn, parent_step=parent, **stated)
        )
    return steps


def actions_of(entries: list[dict[str, object]]) -> list[dict[str, object]]:
    """The actions of a trajectory in the short form."""
    return build(table(steps_of(entries))).actions.to_pylist()


def notes_of(entries: list[dict[str, object]]) -> list[dict[str, object]]:
    """The notes of a trajectory in the short form, without the first request."""
    return build(table(steps_of(entries))).notes.to_pylist()[1:]


def cases(name: str) -> list[object]:
    """The cases of a YAML file, each named by its sentence."""
    found = yaml.safe_load((HERE / f"{name}.yaml").read_text("utf-8"))
    return [pytest.param(case, id=case["case"]) for case in found]
