"""One play, recorded in each way that a program may write it down."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

Json = dict[str, object]


class Act(NamedTuple):
    """A command with what came of it, or (``code`` None) a person's words."""

    command: str
    output: str = ""
    code: int | None = None


TASK = "Run the totals on the new host."
FAILS = Act("python3 totals.py", "bash: line 1: python3: command not found", 127)
WORKS = Act("python3.12 totals.py", "42 rows written", 0)
MISSING = Act("cat notes/plan.md", "cat: notes/plan.md: No such file or directory", 1)
FOUND = Act("cat docs/plan.md", "# plan", 0)
SAID = Act("Use python3.12, it is installed.")
PLAY = (FAILS, WORKS, MISSING, FOUND)
SESSION = "0b1c2d3e-0000-4000-8000-00000000000a"
THREAD = "019a0000-0000-7000-8000-00000000000a"


def clock(number: int) -> str:
    return f"2026-03-01T10:{number // 60:02d}:{number % 60:02d}.000Z"


def write(path: Path, lines: Iterable[Json], *, array: bool = False) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    given = list(lines)
    path.write_text(json.dumps(given) if array else "".join(json.dumps(line) + "\n" for line in given))
    return path


class Claude:
    """The lines of a Claude Code session, one after another."""

    def __init__(self, session: str = SESSION, first: int = 0, **always: object) -> None:
        self.session, self.always = session, always
        self.lines: list[Json] = []
        self.last: str | None = None
        self.number = first
        self.held = 100
        """Tokens of the conversation so far, which each reply takes in."""

    def put(self, kind: str, **given: object) -> str:
        """A line that follows from the last one; its uuid."""
        self.number += 1
        uuid = f"{self.session[-4:]}-{self.number}"
        self.lines.append(
            {
                "type": kind, "uuid": uuid, "parentUuid": self.last, "sessionId": self.session, "isSidechain": False,
                "timestamp": clock(self.number), "cwd": "/srv/tally", "version": "2.1.60",
            } | self.always | given
        )  # fmt: skip
        self.last = uuid
        return uuid

    def says(self, text: object) -> str:
        return self.put("user", message={"role": "user", "content": text})

    def replies(self, blocks: Sequence[Json], **usage: int) -> str:
        name = f"{self.session[-4:]}-{self.number}"
        counts = {"input_tokens": self.held, "output_tokens": 20} | usage
        self.held += 50
        message = {"id": f"msg-{name}", "role": "assistant", "model": "claude-sonnet-4-5", "content": blocks}
        return self.put("assistant", requestId=f"req-{name}", message=message | {"usage": counts})

    def acts(self, act: Act) -> None:
        if act.code is None:
            self.says(act.command)
            return
        call = f"toolu-{self.session[-4:]}-{self.number}"
        self.replies([{"type": "tool_use", "id": call, "name": "Bash", "input": {"command": act.command}}])
        said = f"Exit code {act.code}\n{act.output}" if act.code else act.output
        self.says([{"type": "tool_result", "tool_use_id": call, "content": said, "is_error": act.code != 0}])

    def plays(self, acts: Sequence[Act], end: str = "It runs.") -> Claude:
        for act in acts:
            self.acts(act)
        self.replies([{"type": "text", "text": end}])
        return self


def claude(acts: Sequence[Act], session: str = SESSION) -> list[Json]:
    """A session as Claude Code keeps it."""
    recorded = Claude(session)
    recorded.says(TASK)
    return recorded.plays(acts).lines


def streamed(lines: Sequence[Json], *, uuids: bool = False) -> list[Json]:
    """The same as ``--output-format stream-json`` writes it."""
    kept = ("type", "message", "uuid") if uuids else ("type", "message")
    own: Json = {"session_id": SESSION, "parent_tool_use_id": None}
    first: Json = {"type": "system", "subtype": "init", "cwd": "/srv/tally", "model": "claude-sonnet-4-5"}
    last: Json = {"type": "result", "subtype": "success", "is_error": False, "total_cost_usd": 0.02}
    spoken = [{name: line[name] for name in kept} | own for line in lines]
    return [first | own, *spoken, last | own]


class Codex:
    """The lines of a Codex rollout, one after another."""

    def __init__(self, thread: str = THREAD) -> None:
        self.lines: list[Json] = []
        self.put("session_meta", id=thread, cwd="/srv/tally", originator="codex_cli_rs", cli_version="0.150.0")
        self.put("turn_context", cwd="/srv/tally", approval_policy="never", model="gpt-6-codex", effort="low")

    def put(self, kind: str, /, **payload: object) -> None:
        self.lines.append({"timestamp": clock(len(self.lines)), "type": kind, "payload": payload})

    def event(self, kind: str, /, **payload: object) -> None:
        self.put("event_msg", type=kind, **payload)

    def says(self, text: str) -> None:
        self.put("response_item", type="message", role="user", content=[{"type": "input_text", "text": text}])

    def replies(self, text: str) -> None:
        self.put("response_item", type="message", role="assistant", content=[{"type": "output_text", "text": text}])
        self.counts()

    def counts(self) -> None:
        usage = {"input_tokens": 100, "cached_input_tokens": 0, "output_tokens": 20, "reasoning_output_tokens": 0}
        self.event("token_count", info={"last_token_usage": usage})

    def acts(self, act: Act, folder: str | None = "/srv/tally") -> None:
        call = f"call-{len(self.lines)}"
        given = json.dumps({"cmd": act.command} | ({"workdir": folder} if folder else {}))
        self.put("response_item", type="function_call", name="exec_command", arguments=given, call_id=call)
        self.counts()
        said = f"Process exited with code {act.code}\nOutput:\n{act.output}"
        self.put("response_item", type="function_call_output", call_id=call, output=said)

    def acts_somewhere(self, act: Act) -> None:
        """A call that does not name its folder, as no line of ``codex exec --json`` does."""
        self.acts(act, None)

    def acts_by_script(self, act: Act) -> None:
        """Code mode: the model writes a script, and an item says what became of the command in it."""
        call = f"call-{len(self.lines)}"
        script = f"const r = await tools.exec_command({json.dumps({'cmd': act.command})});\ntext(r.output);"
        self.put("response_item", type="custom_tool_call", name="exec", input=script, call_id=call)
        self.counts()
        self.event("item_completed", item=executed(act, call))
        said = [{"type": "input_text", "text": f"Script completed\nOutput:\n{act.output}"}]
        self.put("response_item", type="custom_tool_call_output", call_id=call, output=said)

    def acts_by_script_alone(self, act: Act) -> None:
        """Code mode in a file that leaves items out: the script's text is all that states the command."""
        call = f"call-{len(self.lines)}"
        script = (
            f"const r = await tools.exec_command({{cmd: {json.dumps(act.command)}, workdir: '/srv/tally'}});\ntext(r)"
        )
        self.put("response_item", type="custom_tool_call", name="exec", input=script, call_id=call)
        self.counts()
        printed = json.dumps({"exit_code": act.code, "output": act.output})
        said = [{"type": "input_text", "text": part} for part in ("Script completed\nOutput:\n", printed)]
        self.put("response_item", type="custom_tool_call_output", call_id=call, output=said)

    def acts_with_an_end(self, act: Act) -> None:
        """The output alone says nothing of the exit code: an event does."""
        call = f"call-{len(self.lines)}"
        given = json.dumps({"cmd": act.command, "workdir": "/srv/tally"})
        self.put("response_item", type="function_call", name="exec_command", arguments=given, call_id=call)
        self.counts()
        ended = {"command": ["bash", "-lc", act.command], "aggregated_output": act.output, "exit_code": act.code}
        self.event(
            "exec_command_end", call_id=call, source="agent", status="failed" if act.code else "completed", **ended
        )
        self.put("response_item", type="function_call_output", call_id=call, output=act.output)


def executed(act: Act, name: str) -> Json:
    """A command as an item."""
    return {
        "type": "CommandExecution", "id": f"item-{name}", "command": ["bash", "-lc", act.command], "cwd": "/srv/tally",
        "status": "failed" if act.code else "completed", "exit_code": act.code, "aggregated_output": act.output,
    }  # fmt: skip


def codex(acts: Sequence[Act], way: str = "acts", end: str = "It runs.") -> list[Json]:
    """A rollout; ``way`` is the method that records each command."""
    recorded = Codex()
    recorded.says(TASK)
    for act in acts:
        getattr(recorded, way)(act)
    recorded.replies(end)
    return recorded.lines


def flat(lines: Sequence[Json]) -> list[Json]:
    """A rollout as the first releases of 2025 wrote it: each line the item itself."""
    head: Json = {"id": THREAD, "timestamp": clock(0), "instructions": None}
    return [head, *(line["payload"] for line in lines if line["type"] == "response_item")]  # type: ignore[list-item]


def exec_json(acts: Sequence[Act], end: str = "It runs.") -> list[Json]:
    """The same as ``codex exec --json`` writes it."""
    lines: list[Json] = [{"type": "thread.started", "thread_id": THREAD}, {"type": "turn.started"}]
    for number, act in enumerate(acts):
        item = {
            "id": f"item_{number}", "type": "command_execution", "command": f"bash -lc {json.dumps(act.command)}",
            "aggregated_output": act.output, "exit_code": act.code, "status": "failed" if act.code else "completed",
        }  # fmt: skip
        lines.append({"type": "item.completed", "item": item})
    lines.append({"type": "item.completed", "item": {"id": "item_x", "type": "agent_message", "text": end}})
    return [*lines, {"type": "turn.completed", "usage": {"input_tokens": 500, "output_tokens": 100}}]
