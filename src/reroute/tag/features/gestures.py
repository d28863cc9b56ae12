"""What an action on a page does with it: click, type, press, select, drag, scroll, look or open."""

from __future__ import annotations

import re

from reroute.tag.features.arguments import Json, decode
from reroute.tag.features.rules import Rules

_PIECES = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_CALL = re.compile(r"\s*(?:\w+\.)*(\w+)\s*(?:\(|$)")


def gesture(tool: str, arguments: str | None, rules: Rules) -> str | None:
    """The gesture that the tool's name says or, where one tool does everything, its argument; None where neither does.

    ``{"action": "left_click"}``, ``{"action": {"type": "click"}}`` and ``{"code": "click('12')"}`` are all read.
    """
    values = decode(arguments)
    stated = next((said for name in rules.words.gesture_arguments if (said := _said(values.get(name)))), None)
    found = _lookup(stated, rules) if stated else None
    return found or _lookup(tool.rsplit("__", 1)[-1].rsplit(".", 1)[-1], rules)


def _said(value: Json) -> str | None:
    if isinstance(value, dict):
        return _said(value.get("type"))
    match = _CALL.match(value) if isinstance(value, str) else None
    return match.group(1) if match else None


def _lookup(name: str, rules: Rules) -> str | None:
    """Two pieces together say more than one: ``left_click`` is no ``left``, ``page_down`` no ``down``."""
    pieces = [piece.lower() for piece in _PIECES.findall(name)]
    pairs = ["".join(pieces[at : at + 2]) for at in range(len(pieces) - 1)]
    return next((rules.gestures[word] for word in (*pairs, *pieces) if word in rules.gestures), None)
