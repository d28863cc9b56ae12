"""Codex's calls and results: JSON inside a string, headed text, or the sandbox's prose."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from reroute.formats._reading import bounds, values
from reroute.formats._reading.steps import Facts
from reroute.formats.codex_cli.lines import Payload
from reroute.trace import Status

ANSWERED_INSIDE = {"web_search_call", "image_generation_call"}
"""Calls that the provider runs itself: no item with their result follows, the call states how it ended."""
_STATUS: dict[str | None, Status] = {"completed": "ok", "failed": "error", "incomplete": "error"}
_DENIED = re.compile(r"\A(?:patch|command|exec command|mcp tool call|user)? ?rejected (?:by|MCP)", re.IGNORECASE)
_SANDBOX = re.compile(r"\Afailed in sandbox .*?exit code: (-?\d{1,10})", re.DOTALL)
_FAILED = re.compile(r"\A(?:execution error|exec_command failed|failed to parse function arguments|unsupported call)")
_HEADED = re.compile(
    r"\A(?:Chunk ID: [^\n]*\n)?(?:Exit code: (-?\d{1,10})\n)?(?:Wall time: (\d{1,10}(?:\.\d*)?) seconds\n)?"
    r"(?:Process exited with code (-?\d{1,10})\n)?(?:Process running with session ID[^\n]*\n)?"
    r"(?:Original token count: \d+\n)?(?:Total output lines: \d+\n)?Output:\n"
)
_DENIAL = 80
"""Characters within which a denial names who denied."""
_OBJECT = msgspec.json.Decoder(dict[str, Any])


def stated(status: str | None) -> Status:
    """An item's own status."""
    return _STATUS.get(status, "unknown")


def call(kind: str, payload: Payload) -> tuple[str, str]:
    """Tool and arguments (JSON text) of a call item; free text becomes ``{"input": text}``."""
    tool = payload.name or kind.removesuffix("_call")
    if bytes(payload.arguments):
        return tool, values.arguments(payload.arguments)
    if payload.input is not None:
        given = payload.input if isinstance(payload.input, dict) else {"input": payload.input}
    else:
        given = (
            payload.action if isinstance(payload.action, dict) else {"query": payload.query} if payload.query else {}
        )
    return tool, values.json_text(given)


def result(output: Any) -> tuple[str | None, Facts]:
    """Content of a result of any shape, and what the harness states of it.

    The shapes: ``{"output", "metadata": {"exit_code"}}`` in a string or not, content parts, headed text, plain text.
    """
    if isinstance(output, list):
        text, media = values.text_and_media(output)
        content, facts = _from_text(text or "")
        return content, {**facts, "media": media}
    if isinstance(output, dict):
        return _from_object(output) or (values.json_text(output), {})
    if not isinstance(output, str):
        return (None if output is None else values.json_text(output)), {}
    return _from_text(output)


def _from_text(text: str) -> tuple[str, Facts]:
    if text[:1] == "{" and (found := _parsed(text)):
        return found
    if _DENIED.match(text):
        by = "human" if "user" in text[:_DENIAL] else None
        return text, {"status": "denied", "approval": "denied", "approved_by": by}
    if sandbox := _SANDBOX.match(text):
        return text, {"exit_code": int(sandbox.group(1))}
    if headed := _HEADED.match(text):
        code, seconds = headed.group(1) or headed.group(3), headed.group(2)
        duration = float(seconds) * 1000 if seconds else None
        return text[headed.end() :], {"exit_code": int(code) if code else None, "duration_ms": duration}
    return text, {"status": "error"} if _FAILED.match(text) else {}


def _parsed(text: str) -> tuple[str, Facts] | None:
    try:
        return _from_object(_OBJECT.decode(text))
    except (msgspec.DecodeError, RecursionError):
        return None


def _from_object(value: dict[str, Any]) -> tuple[str, Facts] | None:
    body = next((value[key] for key in ("output", "content") if isinstance(value.get(key), str)), None)
    metadata = value.get("metadata", {})
    if body is None or not isinstance(metadata, dict):
        return None
    code = metadata.get("exit_code", value.get("exit_code"))
    seconds, success = metadata.get("duration_seconds"), value.get("success")
    facts: Facts = {"exit_code": code if isinstance(code, int) else None}
    if bounds.is_number(seconds):
        facts["duration_ms"] = seconds * 1000
    if isinstance(success, bool):
        facts["status"] = "ok" if success else "error"
    return body, facts
