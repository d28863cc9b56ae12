"""Handwritten Claude Code sessions."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

Turn = tuple[str, dict[str, object], str, bool]
"""A tool, its input, what it answered, whether that is an error."""

_EDIT = {"file_path": "/w/a.py", "old_string": "x = 1", "new_string": "x = 2"}
TURNS: dict[str, Turn] = {
    "sed fails": (
        "Bash",
        {"command": "sed -n 1,9p src/upload.py"},
        "sed: can't read src/upload.py: No such file",
        True,
    ),
    "grep finds": ("Bash", {"command": "grep -n delay lib/upload.py"}, "41: retry_delay = 2.0", False),
    "edit unread": ("Edit", _EDIT, "File has not been read yet. Read it first before writing to it.", True),
    "read": ("Read", {"file_path": "/w/a.py"}, "1\tx = 1", False),
    "edit": ("Edit", _EDIT, "The file /w/a.py has been updated.", False),
    "look around": ("Bash", {"command": "ls"}, "README.md\nsrc", False),
    "hostile": ("Bash", {"command": "cat \x1b[31mx"}, "cat: \x1b]0;owned\x07x: No such file or directory\u202e", True),
}


@pytest.fixture
def session(tmp_path: Path) -> Callable[..., Path]:
    """Write a session of these turns, by their names, and return its file."""

    def write(name: str, *turns: str, folder: str = "traces", task: str = "Find the retry delay.") -> Path:
        lines = [_line(name, 0, "user", task)]
        for index, (tool, given, answer, failed) in enumerate(TURNS[turn] for turn in turns):
            use = {"type": "tool_use", "id": f"{name}-{index}", "name": tool, "input": given}
            lines.append(_line(name, 2 * index + 1, "assistant", [use]))
            result = {"type": "tool_result", "tool_use_id": f"{name}-{index}", "content": answer, "is_error": failed}
            lines.append(_line(name, 2 * index + 2, "user", [result]))
        lines.append(_line(name, 2 * len(turns) + 1, "assistant", [{"type": "text", "text": "It is 2 seconds."}]))
        path = tmp_path / folder / f"{name}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n")
        return path

    return write


def _line(name: str, index: int, role: str, content: object) -> str:
    message = {"role": role, "content": content}
    if role == "assistant":
        message |= {"id": f"{name}-m{index}", "model": "claude-x", "type": "message", "usage": {"output_tokens": 10}}
    line = {
        "type": role, "uuid": f"{name}-u{index}", "parentUuid": f"{name}-u{index - 1}" if index else None,
        "sessionId": name, "isSidechain": False, "userType": "external", "cwd": "/w", "version": "2.0.1",
        "timestamp": f"2026-03-01T10:{index // 60:02}:{index % 60:02}.000Z", "message": message,
    }  # fmt: skip
    return json.dumps(line)
