"""Codex's calls and results: JSON inside a string, headed text, or the sandbox's prose."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import msgspec

from reroute.formats import _content
from reroute.trace import Approval, Status

ANSWERED_INSIDE = {"web_search_call", "image_generation_call"}
"""Calls that the provider runs itself: no item with their result follows, the call states how it ended."""
_STATUS: dict[str | None, Status] = {"completed": "ok", "failed": "error", "incomplete": "error"}
_DENIED = re.compile(r"\A(?:patch|command|exec command|mcp tool call|user)? ?rejected (?:by|MCP)", re.IGNORECASE)
_SANDBOX = re.compile(r"\Afailed in sandbox .*?exit code: (-?\d+)", re.DOTALL)
_FAILED = re.compile(r"\A(?:execution error|exec_command failed|failed to parse function arguments|unsupported call)")
_HEADED = re.compile(
    r"\A(?:Chunk ID: [^\n]*\n)?(?:Exit code: (-?\d+)\n)?(?:Wall time: ([\d.]+) seconds\n)?"
    r"(?:Process exited with code (-?\d+)\n)?(?:Process running with session ID[^\n]*\n)?"
    r"(?:Original token count: \d+\n)?(?:Total output lines: \d+\n)?Output:\n"
)
_OBJECT = msgspec.json.Decoder(dict[str, Any])


class Result(NamedTuple):
    """A result as Codex recorded it, with what the harness states of it."""

    content: str | None
    status: Status = "unknown"
    exit_code: int | None = None
    duration_ms: float | None = None
    approval: Approval | None = None
    approved_by: str | None = None
    media: tuple[str, ...] = ()


def stated(status: str | None) -> Status:
    """An item's own status."""
    return _STATUS.get(status, "unknown")


def call(kind: str, name: str | None, payload: Any) -> tuple[str, str]:
    """Tool and arguments (JSON text) of a call item; free text becomes ``{"input": text}``."""
    if payload.input is not None:
        given = payload.input if isinstance(payload.input, dict) else {"input": payload.input}
        return name or kind.removesuffix("_call"), _content.json_text(given)
    if bytes(payload.arguments):
        return name or kind.removesuffix("_call"), _content.arguments(payload.arguments)
    given = payload.action if isinstance(payload.action, dict) else {"query": payload.query} if payload.query else {}
    return name or kind.removesuffix("_call"), _content.json_text(given)


def result(output: Any) -> Result:
    """The result of any shape: ``{"output", "metadata": {"exit_code"}}`` in a string or not, parts, text."""
    if isinstance(output, list):
        text, media = _content.text_and_media(output)
        return _from_text(text or "")._replace(media=tuple(media))
    if isinstance(output, dict):
        return _from_object(output) or Result(_content.json_text(output))
    if not isinstance(output, str):
        return Result(None if output is None else _content.json_text(output))
    return _from_text(output)


def _from_text(text: str) -> Result:
    if text[:1] == "{" and (found := _parsed(text)):
        return found
    if _DENIED.match(text):
        return Result(text, "denied", approval="denied", approved_by="human" if "user" in text[:80] else None)
    if sandbox := _SANDBOX.match(text):
        return Result(text, exit_code=int(sandbox.group(1)))
    if headed := _HEADED.match(text):
        code = headed.group(1) or headed.group(3)
        duration = float(headed.group(2)) * 1000 if headed.group(2) else None
        return Result(text[headed.end() :], exit_code=int(code) if code else None, duration_ms=duration)
    return Result(text, "error" if _FAILED.match(text) else "unknown")


def _parsed(text: str) -> Result | None:
    try:
        return _from_object(_OBJECT.decode(text))
    except (msgspec.DecodeError, RecursionError):
        return None


def _from_object(value: dict[str, Any]) -> Result | None:
    body = next((value[key] for key in ("output", "content") if isinstance(value.get(key), str)), None)
    metadata = value.get("metadata", {})
    if body is None or not isinstance(metadata, dict):
        return None
    code, seconds = metadata.get("exit_code", value.get("exit_code")), metadata.get("duration_seconds")
    success = value.get("success")
    status: Status = "unknown" if not isinstance(success, bool) else "ok" if success else "error"
    duration = seconds * 1000.0 if isinstance(seconds, int | float) else None
    return Result(body, status, exit_code=code if isinstance(code, int) else None, duration_ms=duration)
