"""Magentic-One's terminal and file viewer: which code ran, and what its output says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import unquote

from reroute.formats._reading.values import json_text

_BLOCK = re.compile(r"```(\w+)\n(.*?)\n```", re.DOTALL)
_RAN = re.compile(r"\AThe script ran, then exited with Unix exit code: (-?\d+)\nIts output was:\n?")
_SILENT = re.compile(r"\AThe script ran but produced no output to console\. The Unix exit code was: (-?\d+)\.")
_LOOKED_BACK = 6
"""Messages of the conversation that the terminal searches for code, from the last one."""
_SHELLS = {"sh", "bash", "shell"}
_FILE = re.compile(
    r"\AAddress: file://(\S+)\n.*?^Viewport position: Showing page (\d+) of \d+\.", re.DOTALL | re.MULTILINE
)
_MISREAD = "File surfer encountered an error"


class Deed(NamedTuple):
    """A call and what came of it."""

    tool: str
    arguments: str
    result: str
    exit_code: int | None = None


def run(reply: str, conversation: Sequence[str]) -> Deed:
    """The first block of the last message that has one is what ran; the reply itself does not repeat it.

    Where it found none, the call is of the language that was asked for.
    """
    output, code = reply, None
    if ran := _RAN.match(reply) or _SILENT.match(reply):
        code = int(ran.group(1))
        output = reply[ran.end() :] if ran.re is _RAN else ""
    if code is None:
        asked = conversation[-1].lower() if conversation else ""
        return Deed("python" if "python" in asked else "sh", "{}", reply)
    for message in reversed(conversation[-_LOOKED_BACK:]):
        if block := _BLOCK.search(message):
            return _executed(block.group(1), block.group(2), output, code)
    return Deed("sh", "{}", output, code)


def viewed(reply: str) -> Deed | None:
    """The file that the viewer shows; None where it only talks."""
    if reply.startswith(_MISREAD):
        return Deed("open_file", "{}", reply)
    found = _FILE.match(reply)
    if found is None:
        return None
    path, page = unquote(found.group(1)), int(found.group(2))
    return Deed("open_file", json_text({"path": path} if page == 1 else {"path": path, "page": page}), reply)


def _executed(language: str, code: str, output: str, exit_code: int) -> Deed:
    if language.lower() in _SHELLS:
        return Deed("sh", json_text({"command": code}), output, exit_code)
    return Deed(language.lower(), json_text({"code": code}), output, exit_code)
