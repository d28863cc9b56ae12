"""Claude Code sessions: a line for each block of a response and for each result."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from reroute.trace import Step
from simulator.run import Run
from simulator.writers import _rows

NAME = "claude-code"


def place(run: Run) -> str:
    return f"claude-code/projects/{_cwd(run).replace('/', '-')}/{run.run_id}.jsonl"


def write(run: Run, path: Path) -> int:
    file = _File(run, _rows.identity(run, "lines"))
    lines = [line for part in _rows.parts(run.trajectory.steps) for line in file.lines(part)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    return 0


def _cwd(run: Run) -> str:
    return str(run.trajectory.metadata.get("cwd", "/home/dana/desk"))


@dataclass
class _File:
    run: Run
    random: Random
    parent: str | None = None

    def lines(self, part: Step | _rows.Response) -> list[dict[str, Any]]:
        if isinstance(part, _rows.Response):
            return [*self._response(part), *map(self._result, part.results)]
        if part.role in {"system", "developer"} and part.type == "message":
            return []  # the system prompt is not part of a session
        if part.type == "event":
            message = {"id": _rows.uuid(self.random), "type": "message", "role": "assistant", "model": "<synthetic>",
                       "content": [{"type": "text", "text": part.content}], "stop_reason": "stop_sequence"}  # fmt: skip
            return [self._line("assistant", part, message) | {"isApiErrorMessage": True}]
        return [self._line("user", part, {"role": "user", "content": part.content})]

    def _response(self, response: _rows.Response) -> list[dict[str, Any]]:
        message_id, request = f"msg_01{self._token()}", f"req_011{self._token()}"
        steps = response.said + response.calls
        usage = _usage(steps)
        lines = []
        for step in steps:
            message = {"id": message_id, "type": "message", "role": "assistant", "model": step.model,
                       "content": [_block(step)], "stop_reason": None, "usage": usage}  # fmt: skip
            lines.append(self._line("assistant", step, message) | {"requestId": request})
        return lines

    def _result(self, step: Step) -> dict[str, Any]:
        block: dict[str, Any] = {"tool_use_id": step.call_id, "type": "tool_result", "content": step.content}
        if step.status in {"error", "denied"}:
            block["is_error"] = True
        told = (
            f"Error: {step.content}" if step.status in {"error", "denied"} else {"stdout": step.content, "stderr": ""}
        )
        return self._line("user", step, {"role": "user", "content": [block]}) | {"toolUseResult": told}

    def _line(self, kind: str, step: Step, message: dict[str, Any]) -> dict[str, Any]:
        line = {
            "parentUuid": self.parent,
            "isSidechain": step.lane != "main",
            "userType": "external",
            "cwd": _cwd(self.run),
            "sessionId": self.run.run_id,
            "version": "2.0.55",
            "gitBranch": "main",
            "type": kind,
            "message": message,
            "uuid": _rows.uuid(self.random),
            "timestamp": _rows.stamp(step.started_at),
        }
        if step.lane != "main":
            line["agentId"] = step.lane.removeprefix("agent-")
        self.parent = str(line["uuid"])
        return line

    def _token(self) -> str:
        return "".join(self.random.choices("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", k=22))


def _block(step: Step) -> dict[str, Any]:
    if step.type == "call":
        return {"type": "tool_use", "id": step.call_id, "name": step.tool, "input": json.loads(step.arguments or "{}")}
    if step.type == "reasoning":
        return {"type": "thinking", "thinking": step.content, "signature": ""}
    return {"type": "text", "text": step.content}


def _usage(steps: list[Step]) -> dict[str, Any]:
    read = steps[0].input_tokens or 0
    return {
        "input_tokens": read - read * 4 // 5,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": read * 4 // 5,
        "output_tokens": sum(step.output_tokens or 0 for step in steps),
        "service_tier": "standard",
    }
