"""What Magentic-One's WebSurfer says that it did, as a call; the page that followed is its result.

A reply is one sentence about the action, then ``Here is a screenshot of [title](url). The viewport shows ...``,
metadata and the text that was read off the picture. Whatever was typed into the box of a search engine and led to its
results for those words is a search, whatever the box is called.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from reroute.formats._reading.values import json_text

_REPLY = re.compile(r"\A(.*?)\n\n(Here is a screenshot of \[.*?\]\((\S*?)\)\. The viewport.*)\Z", re.DOTALL)
_FAILED = re.compile(r"\AWeb surfing error:")
_TYPED = re.compile(r"I typed '(.*?)' into (?:'(.*)'|the browser (search|address) bar)\.\Z", re.DOTALL)
_SHAPES = (
    ("click", re.compile(r"I clicked '(?P<element>.*)'\.\Z", re.DOTALL)),
    ("click", re.compile(r"I clicked the control\.\Z")),
    ("go_back", re.compile(r"I clicked the browser back button\.\Z")),
    (
        "scroll_down",
        re.compile(r"I scrolled (?:down one page in the browser|(?:'(?P<element>.*)'|the control) down)\.\Z"),
    ),
    ("scroll_up", re.compile(r"I scrolled (?:up one page in the browser|(?:'(?P<element>.*)'|the control) up)\.\Z")),
    ("type", re.compile(r"I input '(?P<text>.*)'\.\Z", re.DOTALL)),
    ("hover", re.compile(r"I hovered over (?:'(?P<element>.*)'|the control)\.\Z", re.DOTALL)),
    ("wait", re.compile(r"I am waiting a short period of time before taking further action\.\Z")),
)
_ENGINES = re.compile(r"(?:^|\.)(?:bing|google|duckduckgo|yahoo)\.[a-z.]+\Z")


class Deed(NamedTuple):
    """An action and what came of it."""

    tool: str
    arguments: str
    result: str


def deed(reply: str) -> Deed | None:
    """The action of a reply; None where it is words alone: a summary of a page, or an answer from it."""
    found = _REPLY.match(reply)
    if found is None:
        return Deed("browser", "{}", reply) if _FAILED.match(reply) else None
    said, page, address = found.groups()
    if typed := _TYPED.match(said):
        tool, arguments = _typed(typed, address)
        return Deed(tool, arguments, page)
    for tool, shape in _SHAPES:
        if told := shape.match(said):
            return Deed(tool, json_text({k: v for k, v in told.groupdict().items() if v is not None}), page)
    return Deed("browser", json_text({"action": said}), page)


def _typed(typed: re.Match[str], address: str) -> tuple[str, str]:
    text, element, bar = typed.groups()
    if bar == "address":
        return "visit_url", json_text({"url": text})
    if bar == "search" or _searched(text, address):
        return "web_search", json_text({"query": text})
    return "type", json_text({"text": text, "element": element})


def _searched(text: str, address: str) -> bool:
    """Whether the address is that of a search engine's results for the text."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    asked = parse_qs(parts.query).get("q") or parse_qs(parts.query).get("p") or [""]
    return bool(_ENGINES.search(parts.hostname or "")) and asked[0].split() == text.split()
