"""Codex CLI rollouts: items as the model saw them, and the events that say the same to the user interface."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from reroute.trace import Step
from simulator.run import Run
from simulator.writers import _rows

NAME = "codex-cli"


_ENVIRONMENT = """<environment_context>
  <cwd>{cwd}</cwd>
  <approval_policy>on-request</approval_policy>
  <sandbox_mode>workspace-write</sandbox_mode>
  <shell>bash</shell>
</environment_context>"""


def place(run: Run) -> str:
    at = _rows.stamp(_first(run))
    day = at[:10].replace("-", "/")
    return f"codex/sessions/{day}/rollout-{at[:19].replace(':', '-')}-{run.run_id}.jsonl"


def write(run: Run, path: Path) -> int:
    lines = [*_head(run), *(line for part in _rows.parts(run.trajectory.steps) for line in _lines(run, part))]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    return 0


def _first(run: Run) -> int | None:
    return run.trajectory.steps[0].started_at


def _cwd(run: Run) -> str:
    return str(run.trajectory.metadata.get("cwd", "/workspace"))


def _head(run: Run) -> list[dict[str, Any]]:
    at = _first(run)
    repository = f"git@example.com:acme/{_cwd(run).rpartition('/')[2]}.git"
    meta = {
        "id": run.run_id,
        "timestamp": _rows.stamp(at),
        "cwd": _cwd(run),
        "originator": "codex_cli_rs",
        "cli_version": "0.58.0",
        "instructions": None,
        "git": {"branch": "main", "repository_url": repository},
    }
    environment = _ENVIRONMENT.format(cwd=_cwd(run))
    context = {"cwd": _cwd(run), "approval_policy": "on-request", "sandbox_policy": {"mode": "workspace-write"},
               "model": run.trajectory.model, "effort": "medium", "summary": "auto"}  # fmt: skip
    return [
        _line("session_meta", meta, at),
        _line("response_item", _message("user", environment), at),
        _line("turn_context", context, at),
    ]


def _lines(run: Run, part: Step | _rows.Response) -> list[dict[str, Any]]:
    if isinstance(part, _rows.Response):
        spoken = [line for step in part.said + part.calls for line in _spoken(run, step)]
        results = [_line("response_item", _result(step), step.started_at) for step in part.results]
        return [*spoken, _tokens(part), *results]
    at, text = part.started_at, part.content or ""
    if part.type == "event":
        return [_line("event_msg", {"type": "error", "message": text}, at)]
    if part.role != "user":
        return [_line("response_item", _message(part.role, text), at)]
    told = {"type": "user_message", "message": text, "kind": "plain"}
    return [_line("response_item", _message("user", text), at), _line("event_msg", told, at)]


def _spoken(run: Run, step: Step) -> list[dict[str, Any]]:
    at, text = step.started_at, step.content or ""
    if step.type == "call":
        return [_line("response_item", _call(run, step), at)]
    if step.type == "reasoning":
        item = {"type": "reasoning", "summary": [{"type": "summary_text", "text": text}], "encrypted_content": None}
        return [_line("event_msg", {"type": "agent_reasoning", "text": text}, at), _line("response_item", item, at)]
    said = {"type": "agent_message", "message": text}
    return [_line("event_msg", said, at), _line("response_item", _message("assistant", text), at)]


def _call(run: Run, step: Step) -> dict[str, Any]:
    command = _rows.command(step)
    if command is not None:
        arguments = json.dumps({"command": ["bash", "-lc", command], "workdir": _cwd(run)}, ensure_ascii=False)
        return {"type": "function_call", "name": "shell", "arguments": arguments, "call_id": step.call_id}
    return {"type": "function_call", "name": step.tool, "arguments": step.arguments, "call_id": step.call_id}


def _result(step: Step) -> dict[str, Any]:
    output = step.content or ""
    if step.exit_code is not None:
        seconds = round((step.duration_ms or 0) / 1000, 1)
        metadata = {"exit_code": step.exit_code, "duration_seconds": seconds}
        output = json.dumps({"output": output, "metadata": metadata}, ensure_ascii=False)
    return {"type": "function_call_output", "call_id": step.call_id, "output": output}


def _tokens(response: _rows.Response) -> dict[str, Any]:
    steps = response.said + response.calls
    read, wrote = steps[0].input_tokens or 0, sum(step.output_tokens or 0 for step in steps)
    usage = {"input_tokens": read, "cached_input_tokens": read * 4 // 5, "output_tokens": wrote,
             "reasoning_output_tokens": 0, "total_tokens": read + wrote}  # fmt: skip
    return _line("event_msg", {"type": "token_count", "info": {"last_token_usage": usage}}, steps[-1].started_at)


def _message(role: str, text: str) -> dict[str, Any]:
    kind = "output_text" if role == "assistant" else "input_text"
    return {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}


def _line(kind: str, payload: dict[str, Any], at: int | None) -> dict[str, Any]:
    return {"timestamp": _rows.stamp(at), "type": kind, "payload": payload}
