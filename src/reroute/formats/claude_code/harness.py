"""What Claude Code's harness writes: its words in a person's place, and what it states of a tool's result."""

from __future__ import annotations

import re
from typing import Any

from reroute.formats._reading import values
from reroute.formats._reading.steps import Facts
from reroute.formats.claude_code.lines import Entry
from reroute.trace import Status

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
_REJECTED = re.compile(r"\A(?:Error: )?The user doesn't want to (?:proceed|take this action)")
_DENIED = re.compile(r"\APermission to use .{1,200} (?:has been denied|with command .* has been denied)", re.DOTALL)
_NOT_GRANTED = re.compile(r"\AClaude requested permissions? to .* but you haven't granted it yet", re.DOTALL)
_HOOK = re.compile(
    r"\A(?:Error: )?(?:Pre|Post)ToolUse:\S{0,80} hook (?:error|blocking error|stopped)|\AHook \S{1,80} denied"
)
_DENIED_TO_AGENT = re.compile(r"\APermission for this tool use was denied\b")
_AUTO = re.compile(r"\A(?:Error: )?Permission for this action was denied by (?:the )?Claude Code auto mode")
_EXIT = re.compile(r"\A(?:<tool_use_error>)?(?:Error: )?(?:Command failed with )?[Ee]xit code:? (\d{1,10})\b")
_HTTP = re.compile(r"\bAPI Error:? ?\(?(\d{3})\b|\"status\":(\d{3})\b|\bRequest failed with status code (\d{3})\b")


PASSED_BY = {
    "file-history-snapshot": "state of files, for the program's own undo",
    "queue-operation": "a message on its way: it stands where the agent gets it",
    "progress": "shown to the person alone",
    "tool_progress": "shown to the person alone",
    "rate_limit_event": "state of the account",
    "stream_event": "part of a message, which follows as a whole",
    "permission_denied": "its call's result says the same",
    "task_started": "state of a command in the background",
    "task_progress": "state of a command in the background",
    "task_updated": "state of a command in the background",
    "hook_started": "a hook that has not ended",
    "hook_progress": "a hook that has not ended",
    "hook_response": "what a hook printed: what the agent gets of it stands with its result",
    "status": "state of the program",
    "mode": "state of the program",
    "permission-mode": "state of the program",
    "worktree-state": "state of the program",
    "attribution-snapshot": "state of the program",
    "summary": "a name of the session",
    "ai-title": "a name of the session",
    "custom-title": "a name of the session",
    "agent-name": "a name of the session",
    "tag": "a name of the session",
    "pr-link": "a name of the session",
    "last-prompt": "a message that stands elsewhere too",
    "local_command": "shown to the person alone",
    "informational": "shown to the person alone",
    "away_summary": "shown to the person alone",
    "turn_duration": "shown to the person alone",
    "stop_hook_summary": "what hooks printed: what the agent gets of it follows",
    "system": "shown to the person alone",
}
"""Why lines of a type, or of a subtype of ``system``, hold no step."""
GUARDRAILS: dict[str, str | None] = {
    "classifier": "auto mode", "hook": "hook", "permissionPromptTool": None, "rule": "policy", "mode": "policy",
}  # fmt: skip
"""Who denies a call, by the reason's type that a line of the harness names."""
LOOKS = {"BashOutput", "TaskOutput", "AgentOutputTool"}
"""Tools that look into a command or an agent in the background."""
TASK_NAMES = ("task_id", "bash_id", "shell_id", "agentId")
"""What those tools call the command that they look into."""
_NOTIFICATION = re.compile(r"\A\s*<task-notification>(.*)", re.DOTALL)
_TAG = re.compile(r"<(task-id|tool-use-id|status|exit-code|summary)>(.*?)</\1>", re.DOTALL)
_CODE = re.compile(r"\b(?:with )?exit code:? (-?\d{1,10})\b")
_ENDED: dict[str | None, Status] = {"completed": "ok", "failed": "error"}
_OVER = {"completed", "failed", "killed", "stopped"}
_BACKGROUND = re.compile(
    r"\ACommand (?:running in background|was manually backgrounded by user) with ID: (\S{1,80}?)[.,]?(?:\s|\Z)"
)
_LOOKED = re.compile(r"<(status|exit_code)>(.*?)</\1>")
_BEFORE_OUTPUT = re.compile(r"<(?:output|stdout|stderr)>")
_HOOK_WORDS = {"hook_blocking_error": "blockingError", "hook_additional_context": "content"}


def speaks(one: Entry) -> bool:
    """Whether the harness speaks in the model's place, mostly because a request failed."""
    return one.line.isApiErrorMessage or bool(one.message and one.message.model == "<synthetic>")


def background_task(text: str | None) -> str | None:
    """The id of the command that a result says goes on in the background."""
    found = _BACKGROUND.match(text or "")
    return found.group(1) if found else None


def notification(text: str) -> tuple[list[str], Facts] | None:
    """What a notification of a background command that has ended names it by, and how it ended."""
    found = _NOTIFICATION.match(text)
    if not found:
        return None
    given = {name: value.strip() for name, value in _TAG.findall(found.group(1))}
    names = [given[name] for name in ("task-id", "tool-use-id") if name in given]
    return names, ended(given.get("status"), given.get("exit-code"), given.get("summary"))


def ended(status: object, code: object, summary: object) -> Facts:
    """How a background command ended, by its status and the exit code that is stated alone or in a sentence."""
    facts: Facts = {"status": _ENDED.get(str(status), "unknown")}
    stated = str(code) if re.fullmatch(r"-?\d{1,10}", str(code)) else next(iter(_CODE.findall(str(summary))), None)
    if stated is not None:
        facts["exit_code"] = int(stated)
    return facts


def is_over(status: object) -> bool:
    """Whether a command in the background has ended, by its status."""
    return isinstance(status, str) and status in _OVER


def looked_into(text: str) -> Facts | None:
    """How a command in the background ended, as the answer to a look says above its output; None while it runs."""
    found = dict(_LOOKED.findall(_BEFORE_OUTPUT.split(text, maxsplit=1)[0][:2000]))
    return ended(found["status"], found.get("exit_code"), None) if is_over(found.get("status")) else None


def hook_words(attachment: dict[str, Any]) -> str | None:
    """What the agent gets of a hook that ran after its call or on a prompt; other hooks' words stand elsewhere too."""
    given = attachment.get(_HOOK_WORDS.get(str(attachment.get("type")), ""))
    if given is None or str(attachment.get("hookEvent")) in {"PreToolUse", "Stop", "SubagentStop"}:
        return None
    if isinstance(given, dict):
        given = given.get("blockingError")
    return values.content(given)[0] or None


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
    if _AUTO.match(said):
        facts |= {"status": "denied", "approval": "denied", "approved_by": "auto mode"}
    elif block.get("is_error") is not True:
        facts["status"] = "ok"
    elif _HOOK.match(said):
        facts |= {"status": "denied", "approval": "denied", "approved_by": "hook"}
    elif _REJECTED.match(said):
        facts |= {"status": "denied", "approval": "denied", "approved_by": "human"}
    elif _DENIED_TO_AGENT.match(said):
        facts |= {"status": "denied", "approval": "denied"}
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
