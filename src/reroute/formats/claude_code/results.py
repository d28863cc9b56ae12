"""Claude Code's tool results: what the harness states of each."""

from __future__ import annotations

import re
from typing import Any

from reroute.formats._reading import values
from reroute.formats._reading.steps import Facts

_REJECTED = re.compile(r"\A(?:Error: )?The user doesn't want to (?:proceed|take this action)")
_DENIED = re.compile(r"\APermission to use .{1,200} (?:has been denied|with command .* has been denied)", re.DOTALL)
_NOT_GRANTED = re.compile(r"\AClaude requested permissions? to .* but you haven't granted it yet", re.DOTALL)
_EXIT = re.compile(r"\A(?:<tool_use_error>)?(?:Error: )?(?:Command failed with )?[Ee]xit code:? (\d{1,10})\b")
_HTTP = re.compile(r"\bAPI Error:? ?\(?(\d{3})\b|\"status\":(\d{3})\b|\bRequest failed with status code (\d{3})\b")


def result(block: dict[str, Any]) -> tuple[str | None, Facts]:
    """Content of a ``tool_result`` block, and what the harness states. Without ``is_error`` it is none, as the
    Messages API defines.
    """
    given = block.get("content")
    text, media = values.text_and_media(given if isinstance(given, list) else [] if given is None else [given])
    return text, {**_stated(text or "", block.get("is_error") is True), "media": media}


def _stated(text: str, is_error: bool) -> Facts:
    if not is_error:
        return {"status": "ok"}
    if _REJECTED.match(text):
        return {"status": "denied", "approval": "denied", "approved_by": "human"}
    if _DENIED.match(text):
        return {"status": "denied", "approval": "denied", "approved_by": "policy"}
    if _NOT_GRANTED.match(text):
        return {"status": "denied", "approval": "requested"}
    code = _EXIT.match(text)
    return {"status": "error", "exit_code": int(code.group(1)) if code else None, "http_status": http_status(text)}


def http_status(text: str) -> int | None:
    """The status of a failed request, where the text begins with or names it as such."""
    found = _HTTP.search(text[:2000])
    return int(next(filter(None, found.groups()))) if found else None
