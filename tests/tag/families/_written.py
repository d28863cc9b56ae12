"""Sessions that share history, written as each harness writes them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

TASK = "Find the retry delay."


@dataclass(frozen=True)
class Turn:
    """A command and what it showed."""

    number: int
    """Unique among all turns: of its ids and times."""
    command: str
    result: str
    failed: bool = False

    @property
    def call_id(self) -> str:
        return f"toolu_01Kq7Rw{self.number:03}Zx"


def turns(first: int, count: int, fails: Sequence[int] = ()) -> list[Turn]:
    """Turns numbered from ``first`` on; each of ``fails`` reads a file that is not there, and the next one finds it."""
    made = []
    for number in range(first, first + count):
        name = f"src/part_{number}.py"
        if number in fails:
            made.append(Turn(number, f"cat {name}", f"cat: {name}: No such file or directory", failed=True))
        elif number - 1 in fails:
            name = f"part_{number - 1}.py"
            made.append(Turn(number, f"find . -name {name}", f"./lib/{name}"))
        else:
            made.append(Turn(number, f"grep -n delay {name}", f"{number}: delay = {number}"))
    return made


def claude(
    path: Path,
    session: str,
    shown: Sequence[Turn],
    *,
    inherited: int = 0,
    inherits: str | None = None,
    rewound: tuple[int, Sequence[Turn]] | None = None,
) -> Path:
    """A Claude Code session; the first turns keep the session id ``inherits``, as in a file that was resumed.

    ``rewound``: after all turns, the agent is taken back to where so many were done, and goes on with others.
    """
    lines = [_claude_line(inherits or session, 0, "user", TASK)]
    for at, turn in enumerate([*shown, *(rewound[1] if rewound else ())]):
        owner = inherits if inherits and at < inherited else session
        use = {"type": "tool_use", "id": turn.call_id, "name": "Bash", "input": {"command": turn.command}}
        lines.append(_claude_line(owner, 2 * turn.number + 1, "assistant", [use]))
        result = {
            "type": "tool_result", "tool_use_id": turn.call_id, "content": turn.result, "is_error": turn.failed,
        }  # fmt: skip
        lines.append(_claude_line(owner, 2 * turn.number + 2, "user", [result]))
    for at, line in enumerate(lines):
        line["parentUuid"] = lines[at - 1]["uuid"] if at else None
    if rewound:
        lines[2 * len(shown) + 1]["parentUuid"] = lines[2 * rewound[0]]["uuid"]
    return _lines(path, lines)


def codex(path: Path, session: str, shown: Sequence[Turn], **meta: object) -> Path:
    """A Codex rollout, whose times are those of its own writing."""
    lines: list[dict[str, object]] = [
        {"type": "session_meta", "payload": {"id": session, "cwd": "/w", "cli_version": "0.150.0", **meta}},
        _item(type="message", role="user", content=[{"type": "input_text", "text": TASK}]),
    ]
    for turn in shown:
        arguments = json.dumps({"command": ["bash", "-lc", turn.command]})
        output = json.dumps({"output": turn.result, "metadata": {"exit_code": int(turn.failed)}})
        lines.append(_item(type="function_call", name="shell", call_id=turn.call_id, arguments=arguments))
        lines.append(_item(type="function_call_output", call_id=turn.call_id, output=output))
    hour = 10 + len(path.name) % 8
    for at, line in enumerate(lines):
        line["timestamp"] = f"2026-03-01T{hour}:{at // 60:02}:{at % 60:02}.000Z"
    return _lines(path, lines)


def chat(
    shown: Sequence[Turn], *, system: str = "Be brief.", start: int = 0, counter: bool = False, spaced: bool = False
) -> dict[str, object]:
    """One record of a log of requests, from turn ``start`` on."""
    messages: list[dict[str, object]] = [{"role": "system", "content": system}]
    messages += [] if start else [{"role": "user", "content": TASK}]
    for turn in shown[start:]:
        name = f"call_{turn.number}" if counter else turn.call_id
        arguments = json.dumps({"command": turn.command, "timeout": 5}, indent=2 if spaced else None)
        call = {"id": name, "type": "function", "function": {"name": "bash", "arguments": arguments}}
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        messages.append({"role": "tool", "tool_call_id": name, "content": turn.result})
    return {"messages": messages}


def log(path: Path, *records: dict[str, object]) -> Path:
    """A file of these records."""
    return _lines(path, list(records))


def _claude_line(session: str, place: int, role: str, content: object) -> dict[str, object]:
    message: dict[str, object] = {"role": role, "content": content}
    if role == "assistant":
        usage = {"input_tokens": 100, "output_tokens": 10}
        message |= {"id": f"msg_01Hb5Tq{place:04}", "model": "claude-x", "type": "message", "usage": usage}
    return {
        "type": role, "uuid": f"0c9a4f52-6d0e-4b7b-9d55-{place:012}", "sessionId": session, "isSidechain": False,
        "userType": "external", "cwd": "/w", "version": "2.0.1", "requestId": f"req_01Mn{place:04}",
        "timestamp": f"2026-03-01T10:{place // 60:02}:{place % 60:02}.000Z", "message": message,
    }  # fmt: skip


def _item(**payload: object) -> dict[str, object]:
    return {"type": "response_item", "payload": payload}


def _lines(path: Path, lines: Sequence[dict[str, object]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path
