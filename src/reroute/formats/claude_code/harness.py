"""What Claude Code's harness writes: its words in a person's place, and what it states of a tool's result."""

from __future__ import annotations

import re
from typing import Any

from reroute.formats._reading import values
from reroute.formats._reading.steps import Facts

_HARNESS = re.compile(
    r"\A\s*(?:<system-reminder>|<local-command-|Caveat: The messages below were generated|<environment_context>"
    r"|<task-notification>|<bash-(?:std|input)|This session is being continued from a previous conversation)"
)
INTERRUPTED = "[Request interrupted by user"
"""What a text begins with that marks where a person stopped the agent."""
_COMMAND = re.compile(r"<command-name>(.*?)</command-name>", re.DOTALL)
_ARGUMENTS = re.compile(r"<command-args>(.*?)</command-args>", re.DOTALL)
_LOCAL = {
    "/clear", "/compact", "/config", "/context", "/cost", "/doctor", "/exit", "/help", "/hooks", "/ide", "/login",
    "/logout", "/mcp", "/memory", "/model", "/permissions", "/resume", "/status", "/agents", "/add-dir", "/usage",
}  # fmt: skip
_REJECTED = re.compile(r"\A(?:Error: )?The user doesn't want to (?:proceed|take this action)")
_DENIED = re.compile(r"\APermission to use .{1,200} (?:has been denied|with command .* has been denied)", re.DOTALL)
_NOT_GRANTED = re.compile(r"\AClaude requested permissions? to .* but you haven't granted it yet", re.DOTALL)
_EXIT = re.compile(r"\A(?:<tool_use_error>)?(?:Error: )?(?:Command failed with )?[Ee]xit code:? (\d{1,10})\b")
_HTTP = re.compile(r"\bAPI Error:? ?\(?(\d{3})\b|\"status\":(\d{3})\b|\bRequest failed with status code (\d{3})\b")


def injected(text: str) -> bool:
    """Whether the harness wrote the text, or it is a command to the program that the agent need not follow."""
    return bool(_HARNESS.match(text)) or _command(text) in _LOCAL


def grouped(blocks: list[dict[str, Any] | str]) -> list[list[dict[str, Any] | str]]:
    """A person's blocks together, each of the harness's alone."""
    own: list[dict[str, Any] | str] = []
    groups: list[list[dict[str, Any] | str]] = []
    for block in blocks:
        text = block if isinstance(block, str) else block.get("text")
        if isinstance(text, str) and (_HARNESS.match(text) or text.startswith(INTERRUPTED)):
            groups.append([block])
        else:
            own.append(block)
    return ([own] if own else []) + groups


def request(text: str) -> str | None:
    """What a person asks the agent: a slash command with its arguments, or the words."""
    if (name := _command(text)) is None:
        return text.strip() or None
    given = _ARGUMENTS.search(text)
    return f"{name} {given.group(1).strip() if given else ''}".strip()


def result(block: dict[str, Any]) -> tuple[str | None, Facts]:
    """Content of a ``tool_result`` block, and what the harness states. Without ``is_error`` it is none, as the
    Messages API defines.
    """
    given = block.get("content")
    text, media = values.text_and_media(given if isinstance(given, list) else [] if given is None else [given])
    said, facts = text or "", Facts(media=media)
    if block.get("is_error") is not True:
        facts["status"] = "ok"
    elif _REJECTED.match(said):
        facts |= {"status": "denied", "approval": "denied", "approved_by": "human"}
    elif _DENIED.match(said):
        facts |= {"status": "denied", "approval": "denied", "approved_by": "policy"}
    elif _NOT_GRANTED.match(said):
        facts |= {"status": "denied", "approval": "requested"}
    else:
        code = _EXIT.match(said)
        facts |= {"status": "error", "exit_code": int(code.group(1)) if code else None}
        facts["http_status"] = http_status(said)
    return text, facts


def http_status(text: str) -> int | None:
    """The status of a failed request, where the text begins with or names it as such."""
    found = _HTTP.search(text[:2000])
    return int(next(filter(None, found.groups()))) if found else None


def _command(text: str) -> str | None:
    """The slash command that the text invokes."""
    found = _COMMAND.search(text)
    return found.group(1).strip() if found else None
