"""mini-swe-agent trajectories: prose with one fenced block, then what the shell printed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reroute.trace import Step
from simulator.run import Run
from simulator.shell.mini import FORMAT_ERROR
from simulator.writers import _rows

NAME = "mini-swe-agent"

_RAW = ("Please always provide EXACTLY ONE action", "Command not executed.", "diff --git ")
_SYSTEM = """You are a helpful assistant that can interact multiple times with a computer shell to solve tasks.
Your response must contain exactly ONE bash code block with ONE command (or commands connected with && or ||).
"""
_BEFORE, _AFTER = (
    "<pr_description>\nConsider the following PR description:\n",
    "\n</pr_description>\n\n<instructions>\n",
)
_RULES = "Fix the issue in non-test files. Submit with `echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT`.\n</instructions>"


def place(run: Run) -> str:
    return f"mini-swe-agent/{run.trajectory.task_id}.traj.json"


def write(run: Run, path: Path) -> int:
    steps = run.trajectory.steps
    cut = next((step.content for step in steps if step.type == "event"), None)
    agent = {"system_template": _SYSTEM, "instance_template": f"{_BEFORE}{{{{task}}}}{_AFTER}{_RULES}",
             "step_limit": 250, "cost_limit": 3.0}  # fmt: skip
    value = {
        "info": {
            "exit_status": cut or "Submitted",
            "submission": "",
            "model_stats": {"instance_cost": 0.0, "api_calls": len({s.turn for s in steps})},
            "mini_version": "1.15.0",
            "config": {
                "agent": agent,
                "model": {"model_name": run.trajectory.model},
                "environment": {"cwd": "/testbed"},
            },
        },
        "messages": [{"role": "system", "content": _SYSTEM}, *_messages(run)],
        "trajectory_format": "mini-swe-agent-1",
        "instance_id": run.trajectory.task_id,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2), "utf-8")
    _verdict(run, path.parent / "resolved.json")
    return 0


def _verdict(run: Run, path: Path) -> None:
    """The verifier's list beside the files, where it has something to say of this run."""
    if run.passed is not None:
        known = json.loads(path.read_text("utf-8")) if path.exists() else {}
        path.write_text(json.dumps(known | {run.trajectory.task_id: run.passed}, indent=1, sort_keys=True), "utf-8")


def _messages(run: Run) -> Iterator[dict[str, Any]]:
    asked = False
    for part in _rows.parts(run.trajectory.steps):
        if isinstance(part, _rows.Response):
            yield from _response(run, part)
        elif part.role == "user" and not asked:
            asked = True
            yield {"role": "user", "content": f"{_BEFORE}{part.content}{_AFTER}{_RULES}"}


def _response(run: Run, response: _rows.Response) -> Iterator[dict[str, Any]]:
    """One message for each call, but a refused response as it was: all its blocks, and one refusal."""
    prose = "\n\n".join(step.content or "" for step in response.said if step.type == "message")
    results = {result.parent_step: result for result in response.results}
    refused = len(response.calls) > 1 and all(_raw(result) for result in response.results)
    groups = [response.calls] if refused or not response.calls else [[call] for call in response.calls]
    for number, group in enumerate(groups):
        text = "\n\n".join([prose if number == 0 else "", *map(_fenced, group)]).strip()
        first = (response.said + response.calls)[0] if number == 0 else group[0]
        yield {"role": "assistant", "content": text, "extra": {"response": _reply(run, first, text)}}
        if not group:
            yield {"role": "user", "content": FORMAT_ERROR.format(0)}
        elif group[0].step in results:
            yield {"role": "user", "content": _observation(results[group[0].step])}


def _fenced(call: Step) -> str:
    command = _rows.command(call)
    return f"```bash\n{command if command is not None else _foreign(call)}\n```"


def _foreign(call: Step) -> str:
    return f"{call.tool} <<'JSON'\n{call.arguments}\nJSON"


def _observation(result: Step) -> str:
    if _raw(result):
        return result.content or ""
    failed = result.status in {"error", "denied"}
    code = result.exit_code if result.exit_code is not None else int(failed)
    text = result.content or ""
    return f"<returncode>{code}</returncode>\n<output>\n{text}{'' if text.endswith(chr(10)) else chr(10)}</output>"


def _raw(result: Step) -> bool:
    """Whether the harness itself speaks, without the frame that it puts around a command's output."""
    return (
        result.tool == "bash" and result.exit_code is None and (not result.content or result.content.startswith(_RAW))
    )


def _reply(run: Run, first: Step, text: str) -> dict[str, Any]:
    wrote = len(text) // 4
    usage = {
        "prompt_tokens": first.input_tokens or 0,
        "completion_tokens": wrote,
        "total_tokens": (first.input_tokens or 0) + wrote,
    }
    return {
        "id": f"gen-{run.number}-{first.step}",
        "model": run.trajectory.model,
        "object": "chat.completion",
        "created": (first.started_at or 0) // 1_000_000,
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
        "usage": usage,
    }
