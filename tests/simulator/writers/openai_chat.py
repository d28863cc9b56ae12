"""OpenAI chat messages: a conversation with a person as tau-bench writes it, anything else as a line of messages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from reroute.trace import Step
from simulator.run import Run
from simulator.writers import _rows

NAME = "openai-chat"

_TAU_RUNS = 25
"""Runs in one results file."""


def place(run: Run) -> str:
    if run.world == "airline":
        return f"tau/airline-results-{run.number // _TAU_RUNS:03d}.json"
    return f"{run.world}/runs.jsonl"


def write(run: Run, path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    messages = [message for part in _rows.parts(run.trajectory.steps) for message in _messages(part)]
    if path.suffix == ".jsonl":
        return _append_line(path, _record(run, messages))
    known = json.loads(path.read_text("utf-8")) if path.exists() else []
    path.write_text(json.dumps([*known, _tau(run, messages)], ensure_ascii=False), "utf-8")
    return len(known)


def _append_line(path: Path, value: dict[str, Any]) -> int:
    number = len(path.read_bytes().splitlines()) if path.exists() else 0
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(value, ensure_ascii=False) + "\n")
    return number


def _record(run: Run, messages: list[dict[str, Any]]) -> dict[str, Any]:
    record = {"id": run.run_id, "task_id": run.trajectory.task_id, "model": run.trajectory.model, "messages": messages}
    return record | ({"tools": json.loads(run.trajectory.tools)} if run.trajectory.tools else {})


def _tau(run: Run, messages: list[dict[str, Any]]) -> dict[str, Any]:
    reward = {} if run.passed is None else {"reward": 1.0 if run.passed else 0.0}
    info = {"task": {"user_id": run.trajectory.task_id, "instruction": run.trajectory.task}, "source": "user"}
    return {"task_id": run.trajectory.task_id, **reward, "info": info, "traj": messages, "trial": run.number % 4}


def _messages(part: Step | _rows.Response) -> list[dict[str, Any]]:
    if isinstance(part, _rows.Response):
        return [_response(part), *map(_result, part.results)]
    if part.type == "event":
        return [{"role": "assistant", "content": "", "finish_reason": "length"}]
    return [{"role": part.role, "content": part.content}]


def _response(response: _rows.Response) -> dict[str, Any]:
    said = [step.content or "" for step in response.said if step.type == "message"]
    thought = [step.content or "" for step in response.said if step.type == "reasoning"]
    message: dict[str, Any] = {"role": "assistant", "content": "\n\n".join(said) or None}
    if thought:
        message["reasoning_content"] = "\n\n".join(thought)
    if response.calls:
        message["tool_calls"] = [_call(step) for step in response.calls]
    return message


def _call(step: Step) -> dict[str, Any]:
    return {"id": step.call_id, "type": "function", "function": {"name": step.tool, "arguments": step.arguments}}


def _result(step: Step) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": step.call_id, "name": step.tool, "content": step.content}
