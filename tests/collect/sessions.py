"""Runs written line by line: chat logs, and sessions of Claude Code and Codex that lie in several files."""

from __future__ import annotations

import json

SESSION = "0b1c2d3e-0000-4000-8000-000000000001"


def said(number: int, role: str, content: object, lane: str | None = None, **more: object) -> dict[str, object]:
    """One line of a Claude session, at this second; of the sub-agent ``lane``, where it is given."""
    name = f"{lane or 'm'}{number}"
    message: dict[str, object] = {"role": role, "content": content}
    if role == "assistant":
        message |= {"id": f"msg-{name}", "usage": {"input_tokens": 10, "output_tokens": 1}}
    return {
        "type": role, "uuid": name, "parentUuid": f"{lane or 'm'}{number - 1}" if number else None,
        "sessionId": SESSION, "message": message, "requestId": f"req-{name}", "cwd": "/app",
        "timestamp": f"2026-03-01T10:{number:02}:{ord(lane[0]) % 60 if lane else 0:02}Z",
    } | ({"isSidechain": True, "agentId": lane} if lane else {}) | more  # fmt: skip


def talk(turns: int, lane: str | None = None, first: int = 0) -> list[dict[str, object]]:
    """A prompt, then calls with their results, the first of them an error."""
    lines = [said(first, "user", f"Look into {lane or 'all'}.", lane)]
    for number in range(first + 1, first + 2 * turns, 2):
        call_id = f"c{lane or 'm'}{number}"
        use = {"type": "tool_use", "id": call_id, "name": "Bash", "input": {"command": f"ls {lane} {number}"}}
        back: dict[str, object] = {"type": "tool_result", "tool_use_id": call_id, "content": f"{lane} sees {number}"}
        if number == first + 1:
            back |= {"is_error": True, "content": f"Exit code 1\nls: cannot access '{lane}': Permission denied"}
        lines += [said(number, "assistant", [use], lane), said(number + 1, "user", [back], lane)]
    return lines


def rollout(thread: str, first: int, texts: str, **meta: object) -> list[dict[str, object]]:
    """A Codex thread of one message a letter, from this ordinal on."""
    lines: list[dict[str, object]] = [{"type": "session_meta", "payload": {"id": thread, "cwd": "/app"} | meta}]
    for place, text in enumerate(texts):
        part = {"type": "input_text" if place % 2 == 0 else "output_text", "text": text}
        role = "user" if place % 2 == 0 else "assistant"
        lines.append({"type": "response_item", "payload": {"type": "message", "role": role, "content": [part]}})
    return [one | {"ordinal": first + n, "timestamp": f"2026-03-01T10:00:{n:02d}Z"} for n, one in enumerate(lines)]


def chat(name: str | None, *results: str, **more: object) -> dict[str, object]:
    """One chat run: a task, then a call and its result for each of ``results``."""
    messages: list[dict[str, object]] = [{"role": "user", "content": "find it"}]
    for number, result in enumerate(results):
        function = {"name": "grep", "arguments": json.dumps({"pattern": f"p{number}"})}
        call = {"id": f"c{number}", "type": "function", "function": function}
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        messages.append({"role": "tool", "tool_call_id": f"c{number}", "content": result})
    return ({"id": name} if name else {}) | {"messages": messages} | more
