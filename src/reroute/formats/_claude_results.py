"""Claude Code's tool results: what the harness states of each."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from reroute.formats import _content
from reroute.trace import Approval, Status

_REJECTED = re.compile(r"\A(?:Error: )?The user doesn't want to (?:proceed|take this action)")
_DENIED = re.compile(r"\APermission to use .{1,200} (?:has been denied|with command .* has been denied)", re.DOTALL)
_NOT_GRANTED = re.compile(r"\AClaude requested permissions? to .* but you haven't granted it yet", re.DOTALL)
_EXIT = re.compile(r"\A(?:<tool_use_error>)?(?:Error: )?(?:Command failed with )?[Ee]xit code:? (\d+)\b")
_HTTP = re.compile(r"\bAPI Error:? ?\(?(\d{3})\b|\"status\":(\d{3})\b|\bRequest failed with status code (\d{3})\b")


class Result(NamedTuple):
    """A result with the harness's own statements."""

    content: str | None
    status: Status = "ok"
    exit_code: int | None = None
    http_status: int | None = None
    approval: Approval | None = None
    approved_by: str | None = None
    media: tuple[str, ...] = ()


def result(block: dict[str, Any]) -> Result:
    """A ``tool_result`` block. Without ``is_error`` it is none, as the Messages API defines."""
    given = block.get("content")
    parts = given if isinstance(given, list) else [] if given is None else [given]
    text, media = _content.text_and_media(parts)
    seen = Result(text, media=tuple(media))
    if block.get("is_error") is not True:
        return seen
    words = text or ""
    if _REJECTED.match(words):
        return seen._replace(status="denied", approval="denied", approved_by="human")
    if _DENIED.match(words):
        return seen._replace(status="denied", approval="denied", approved_by="policy")
    if _NOT_GRANTED.match(words):
        return seen._replace(status="denied", approval="requested")
    code = _EXIT.match(words)
    return seen._replace(status="error", exit_code=int(code.group(1)) if code else None, http_status=http_status(words))


def http_status(text: str) -> int | None:
    """The status of a failed request, where the text begins with or names it as such."""
    found = _HTTP.search(text[:2000])
    return int(next(filter(None, found.groups()))) if found else None
