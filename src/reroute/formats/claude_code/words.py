"""Who speaks in a Claude Code user message: a person, or the harness in a person's place."""

from __future__ import annotations

import re
from typing import Any

_HARNESS = re.compile(
    r"\A\s*(?:<system-reminder>|<local-command-|Caveat: The messages below were generated|<environment_context>"
    r"|<task-notification>|<bash-(?:std|input)|This session is being continued from a previous conversation)"
)
_INTERRUPTED = "[Request interrupted by user"
_COMMAND = re.compile(r"<command-name>(.*?)</command-name>", re.DOTALL)
_ARGUMENTS = re.compile(r"<command-args>(.*?)</command-args>", re.DOTALL)
_LOCAL = {
    "/clear", "/compact", "/config", "/context", "/cost", "/doctor", "/exit", "/help", "/hooks", "/ide", "/login",
    "/logout", "/mcp", "/memory", "/model", "/permissions", "/resume", "/status", "/agents", "/add-dir", "/usage",
}  # fmt: skip


def interrupted(text: str) -> bool:
    """Whether the text is the mark that a person stopped the agent."""
    return text.startswith(_INTERRUPTED)


def injected(text: str) -> bool:
    """Whether the harness wrote the text, or it is a command to the program that the agent need not follow."""
    return bool(_HARNESS.match(text)) or _command(text) in _LOCAL


def grouped(blocks: list[dict[str, Any] | str]) -> list[list[dict[str, Any] | str]]:
    """A person's blocks together, each of the harness's alone."""
    own: list[dict[str, Any] | str] = []
    groups: list[list[dict[str, Any] | str]] = []
    for block in blocks:
        text = block if isinstance(block, str) else block.get("text")
        if isinstance(text, str) and (_HARNESS.match(text) or interrupted(text)):
            groups.append([block])
        else:
            own.append(block)
    return ([own] if own else []) + groups


def _command(text: str) -> str | None:
    """The slash command that the text invokes."""
    found = _COMMAND.search(text)
    return found.group(1).strip() if found else None


def request(text: str) -> str | None:
    """What a person asks the agent: a slash command with its arguments, or the words."""
    if (name := _command(text)) is None:
        return text.strip() or None
    given = _ARGUMENTS.search(text)
    return f"{name} {given.group(1).strip() if given else ''}".strip()
