"""Calls of the Responses API: tool and arguments of an item of each kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reroute.formats._reading import values
from reroute.formats.openai_responses.records import Item

_WEB = {"search": "web_search", "open_page": "open_page", "find": "find_in_page", "find_in_page": "find_in_page"}
_OF_THE_RESULT = {"type", "sources"}
_GIVEN: dict[str, tuple[str, Callable[[Item], object]]] = {
    "file_search_call": ("file_search_call", lambda item: {"queries": item.queries or []}),
    "code_interpreter_call": ("code_interpreter", lambda item: {"code": item.code or ""}),
    "computer_call": ("computer", lambda item: item.action or {"actions": item.actions or []}),
    "local_shell_call": ("local_shell", lambda item: _without(item.action, {"type"})),
    "shell_call": ("shell", lambda item: _without(item.action, {"type"})),
    "apply_patch_call": ("apply_patch", lambda item: item.operation or {}),
    "image_generation_call": ("image_generation", lambda item: {"prompt": item.revised_prompt or ""}),
    "program": ("program", lambda item: {"code": item.code or ""}),
}
"""Of calls that do not name their tool: its name, and where their arguments are."""


def calls(kind: str, item: Item) -> list[tuple[str | None, str]]:
    """Tool and arguments (JSON text) of each call of an item; several commands of one item are several calls."""
    if kind == "shell_call" and isinstance(item.action, dict) and isinstance(item.action.get("commands"), list):
        rest = {key: value for key, value in item.action.items() if key != "commands" and value is not None}
        commands = [{"command": command, **rest} for command in item.action["commands"]]
        return [("shell", values.json_text(command)) for command in commands or [rest]]
    return [called(kind, item)]


def called(kind: str, item: Item) -> tuple[str | None, str]:
    """Tool and arguments of an item that is one call."""
    if kind in {"mcp_call", "mcp_list_tools"}:
        tool = f"mcp__{item.server_label}__{item.name or 'list_tools'}"
        return tool, values.arguments(item.arguments) if bytes(item.arguments) else "{}"
    if kind == "web_search_call":
        return _web(item)
    if kind in _GIVEN:
        tool, given = _GIVEN[kind]
        return tool, values.json_text(given(item))
    return _named(kind, item)


def _named(kind: str, item: Item) -> tuple[str | None, str]:
    """A call that names its tool, or a kind that is not known here."""
    tool = item.name or kind.removesuffix("_call")
    tool = f"{item.namespace}.{tool}" if item.namespace else tool
    if bytes(item.arguments):
        return tool, values.arguments(item.arguments)
    if item.input is not None:
        return tool, values.json_text({"input": item.input})
    return tool, values.json_text(_without(item.action, set()))


def _web(item: Item) -> tuple[str, str]:
    """The action names the tool; a search that asks several things at once has them all as queries."""
    action = _without(item.action, _OF_THE_RESULT)
    held = item.action.get("type") if isinstance(item.action, dict) else None
    if isinstance(action.get("queries"), list) and action.get("query") in {*map(str, action["queries"]), "", None}:
        action.pop("query", None)
        if len(action["queries"]) == 1:
            action = {"query": action.pop("queries")[0], **action}
    return _WEB.get(str(held), "web_search"), values.json_text(action)


def _without(value: Any, names: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        return {} if value is None else {"input": value}
    return {key: held for key, held in value.items() if key not in names and held is not None}
