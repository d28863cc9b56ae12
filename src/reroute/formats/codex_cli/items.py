"""Items of a Codex thread: what ``item_completed`` and ``codex exec --json`` state of a command, an edit or a search.

In code mode the model writes one script (tool ``exec``) that calls the tools; the items say what became of each.
"""

from __future__ import annotations

import re
import shlex
from typing import Any, NamedTuple

from reroute.formats._reading import values
from reroute.formats._reading.steps import Facts
from reroute.trace import Status

_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")
_SHELLS = {"bash", "sh", "zsh", "/bin/bash", "/bin/sh", "/bin/zsh"}
_STATUS: dict[str, Status] = {"completed": "ok", "failed": "error", "declined": "denied", "error": "error"}
SCRIPT = re.compile(r"\btools\.\w")
"""What the scripts of code mode have in them."""
SCRIPT_TOOLS = {"exec", "functions.exec"}
_FAILED = re.compile(r"\AScript (?:failed|error|timed out|terminated)")


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
    given: dict[str, Any]
    if kind == "command_execution":
        given = {"cmd": _command(item.get("command"))} | ({"workdir": item["cwd"]} if item.get("cwd") else {})
        tool, output = "exec_command", item.get("aggregated_output")
    elif kind == "mcp_tool_call":
        tool = ".".join(str(item[name]) for name in ("server", "tool") if item.get(name)) or "mcp"
        asked = item.get("arguments")
        given = asked if isinstance(asked, dict) else {"input": asked}
        output = item.get("error") or item.get("result")
    elif kind == "file_change":
        tool, given, output = "apply_patch", {"changes": item.get("changes")}, item.get("output")
    elif kind == "web_search":
        tool, given, output = "web_search", {"query": item.get("query")}, item.get("results")
    else:
        return None
    code, seconds = item.get("exit_code"), item.get("duration_ms")
    facts: Facts = {"status": _STATUS.get(str(item.get("status")), "unknown"), "record_id": values.text(item.get("id"))}
    if kind == "command_execution" and facts["status"] != "denied":
        facts["status"] = "unknown"  # the exit code says it, as in a plain call
    if facts["status"] == "denied":
        facts["approval"] = "denied"
    if isinstance(code, int):
        facts["exit_code"] = code
    if isinstance(seconds, int | float):
        facts["duration_ms"] = seconds
    return Acted(tool, values.json_text(given), values.text(output), facts)


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


def is_script(tool: str, arguments: str) -> bool:
    """Whether a call runs a script that calls the tools."""
    return tool in SCRIPT_TOOLS and bool(SCRIPT.search(arguments))


def script_failed(output: str | None) -> bool:
    """Whether the result of a script says that the script itself failed."""
    return bool(_FAILED.match(output or ""))
