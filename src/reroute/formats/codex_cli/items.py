"""Items of a Codex thread: what ``item_completed`` and ``codex exec --json`` state of a command, an edit or a search.

In code mode the model writes one script (tool ``exec``) that calls the tools; the items say what became of each.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from typing import Any, NamedTuple

from reroute.formats._reading import bounds, values
from reroute.formats._reading.steps import Facts
from reroute.trace import Status

_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")
_SHELLS = {"bash", "sh", "zsh", "/bin/bash", "/bin/sh", "/bin/zsh"}
_STATUS: dict[str, Status] = {"completed": "ok", "failed": "error", "declined": "denied", "error": "error"}
_ENDS = {
    "exec_command_end": "command_execution", "patch_apply_end": "file_change", "mcp_tool_call_end": "mcp_tool_call",
}  # fmt: skip
ENDS = frozenset(_ENDS)
"""Events by which a call ends: beside its result, and for a call inside a script instead of one."""


class Acted(NamedTuple):
    """An item that is a call with its result."""

    tool: str
    arguments: str
    content: str | None
    facts: Facts


def kind_of(item: dict[str, Any]) -> str:
    """The item's type as ``codex exec --json`` writes it: ``CommandExecution`` is ``command_execution``."""
    return _CAPITAL.sub("_", str(item.get("type") or "")).lower()


def said(item: dict[str, Any]) -> str | None:
    """The text of an item that is a message or reasoning."""
    for name in ("text", "content", "summary_text", "message"):
        if given := item.get(name):
            return values.content(given)[0]
    return None


def acted(item: dict[str, Any]) -> Acted | None:
    """The call and result that the item is; None for another item."""
    kind = kind_of(item)
    if kind not in _CALLS:
        return None
    tool, given, output = _CALLS[kind](item)
    code, seconds = item.get("exit_code"), milliseconds(item.get("duration_ms", item.get("duration")))
    status = _STATUS.get(str(item.get("status")), "unknown")
    if kind == "command_execution" and status != "denied":
        status = "unknown"  # the exit code says it, as in a plain call
    if isinstance(output, dict) and (output.get("isError") is True or output.get("is_error") is True):
        status = "error"
    facts: Facts = {"status": status, "record_id": values.text(item.get("id"))}
    if status == "denied":
        facts["approval"] = "denied"
    if isinstance(code, int):
        facts["exit_code"] = code
    if seconds is not None:
        facts["duration_ms"] = seconds
    parts = output.get("content") if isinstance(output, dict) else output
    text, media = values.content(output if parts is None else parts)
    return Acted(tool, values.json_text(given), text, facts | {"media": media})


def ended(event: dict[str, Any]) -> dict[str, Any]:
    """An event by which a call ends (``exec_command_end`` and the like), as the item that newer releases write."""
    kind = _ENDS[str(event.get("type"))]
    item = {"type": kind, "id": event.get("call_id")} | event | {"type": kind}
    if kind == "file_change":
        item["status"] = event.get("status") or ("completed" if event.get("success") is True else "failed")
    elif kind == "mcp_tool_call":
        invocation, result = event.get("invocation"), event.get("result")
        item |= invocation if isinstance(invocation, dict) else {}
        went = isinstance(result, dict) and "Ok" in result
        item |= {"status": "completed" if went else "failed", "type": kind, "id": event.get("call_id")}
        item["result"] = result.get("Ok", result.get("Err")) if isinstance(result, dict) else result
    return item


def milliseconds(duration: object) -> float | None:
    """A duration that is a number of milliseconds, or seconds and nanoseconds."""
    if isinstance(duration, dict):
        whole, rest = bounds.count(duration.get("secs")), bounds.count(duration.get("nanos"))
        if whole is not None and rest is not None:
            return whole * 1_000 + rest / 1_000_000
        return None
    return duration if bounds.is_number(duration) else None


def _executed(item: dict[str, Any]) -> tuple[str, dict[str, Any], Any]:
    given = {"cmd": _command(item.get("command"))} | ({"workdir": item["cwd"]} if item.get("cwd") else {})
    return "exec_command", given, item.get("aggregated_output")


def _asked(item: dict[str, Any]) -> tuple[str, dict[str, Any], Any]:
    """A call of a server's tool, or of one that the client brings."""
    tool = ".".join(str(item[name]) for name in ("server", "tool") if item.get(name)) or "mcp"
    asked, error = item.get("arguments"), item.get("error")
    said = error.get("message", error) if isinstance(error, dict) else error
    output = said or item.get("result") or item.get("content_items")
    return tool, asked if isinstance(asked, dict) else {"input": asked}, output


def _asked_agent(item: dict[str, Any]) -> tuple[str, dict[str, Any], Any]:
    """A call that starts, addresses or awaits another agent; what it gets is the state of those agents."""
    given = {name: item[name] for name in ("prompt", "receiver_thread_ids") if item.get(name)}
    tool = _CAPITAL.sub("_", str(item.get("tool") or "collab")).lower()
    return tool, given, item.get("error") or item.get("agents_states")


_CALLS: dict[str, Callable[[dict[str, Any]], tuple[str, dict[str, Any], Any]]] = {
    "command_execution": _executed,
    "mcp_tool_call": _asked,
    "dynamic_tool_call": _asked,
    "collab_agent_tool_call": _asked_agent,
    "collab_tool_call": _asked_agent,
    "file_change": lambda item: ("apply_patch", {"changes": item.get("changes")}, item.get("output") or _printed(item)),
    "web_search": lambda item: ("web_search", {"query": item.get("query")}, item.get("results")),
}
"""Tool, arguments and output of the items that are calls."""


def _printed(item: dict[str, Any]) -> str | None:
    """What an edit printed."""
    parts = (item.get("stdout"), item.get("stderr"))
    return "\n".join(part for part in parts if isinstance(part, str) and part) or None


def _command(command: Any) -> str:
    if isinstance(command, list):
        words = [str(word) for word in command]
        shell = len(words) == 3 and words[0] in _SHELLS and words[1].startswith("-")
        return words[2] if shell else shlex.join(words)
    text = str(command or "")
    try:
        words = shlex.split(text)
    except ValueError:
        return text
    return words[2] if len(words) == 3 and words[0] in _SHELLS and words[1] in {"-c", "-lc"} else text
