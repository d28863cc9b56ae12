"""Tool schemas of a row: the source's own, else inferred from the calls of every run of the same origin."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

JSON = dict[str, object]

MOST_TOOLS = 128
"""More are refused by OpenAI."""
_NOT_IN_NAMES = re.compile(r"[^a-zA-Z0-9_-]")
_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}

BASH: JSON = {
    "type": "function",
    "function": {
        "name": "bash",
        "description": "Run a command in a bash shell and return its output and exit status.",
        "parameters": {
            "type": "object",
            "properties": {"command": {"type": "string"}},
            "required": ["command"],
            "additionalProperties": False,
        },
    },
}
"""What text-protocol agents had, as a tool."""


@dataclass(frozen=True)
class Tools:
    """The schemas of a row, and where they are from."""

    schemas: tuple[JSON, ...]
    made: Literal["source", "inferred", "protocol"]

    @property
    def parameters(self) -> dict[str, JSON]:
        """The schema of each tool's arguments, by the tool's name."""
        functions = [schema["function"] for schema in self.schemas]
        return {str(f["name"]): f.get("parameters") or {} for f in functions if isinstance(f, dict)}


@dataclass
class Seen:
    """What the calls of one origin looked like, gathered call by call."""

    calls: Counter[str] = field(default_factory=Counter)
    slots: dict[str, Counter[str]] = field(default_factory=dict)
    types: dict[tuple[str, str], set[str]] = field(default_factory=dict)

    def add(self, tool: str | None, arguments: str | None) -> None:
        """Count one call; of arguments that are no JSON object only the name counts."""
        name = tool_name(tool)
        self.calls[name] += 1
        values = parsed(arguments)
        self.slots.setdefault(name, Counter()).update(values.keys())
        for slot, value in values.items():
            if value is not None:
                self.types.setdefault((name, slot), set()).add(_TYPES[type(value)])

    def schemas(self, must: Iterable[str] = ()) -> tuple[JSON, ...]:
        """A schema a tool, by name; where there are too many, those of ``must`` and then the most called."""
        needed = set(must)
        names = sorted(self.calls, key=lambda name: (name not in needed, -self.calls[name], name))[:MOST_TOOLS]
        schemas: list[JSON] = []
        for name in sorted(names):
            slots, properties = self.slots[name], dict[str, JSON]()
            for slot in sorted(slots):
                types = sorted(self.types.get((name, slot), set()))
                shape: JSON = {"type": types[0] if len(types) == 1 else types} if types else {}
                properties[slot] = shape | {"items": {}} if "array" in types else shape
            required = [slot for slot in sorted(slots) if slots[slot] == self.calls[name]]
            parameters: JSON = {"type": "object", "properties": properties, "required": required}
            schemas.append({"type": "function", "function": {"name": name, "parameters": parameters}})
        return tuple(schemas)


def tool_name(name: str | None) -> str:
    """A name as providers take it: letters, digits, underscore and dash, at most 64."""
    return _NOT_IN_NAMES.sub("_", name or "unknown")[:64]


def parsed(arguments: str | None) -> dict[str, object]:
    """The arguments of a call as an object; empty where they are none."""
    try:
        values = json.loads(arguments or "{}")
    except (ValueError, RecursionError):  # no JSON, or a number that Python refuses
        return {}
    return values if isinstance(values, dict) else {}


def declared(text: str | None) -> tuple[JSON, ...]:
    """The source's tool schemas in OpenAI's shape; empty where there are none that can be understood."""
    try:
        tools = json.loads(text or "[]")
    except (ValueError, RecursionError):  # no JSON, or a number that Python refuses
        return ()
    shaped: list[JSON] = []
    for tool in tools if isinstance(tools, list) else []:
        inner = tool.get("function", tool) if isinstance(tool, dict) else None
        inner = inner if isinstance(inner, dict) else tool
        if not isinstance(inner, dict) or not isinstance(inner.get("name"), str):
            continue
        parameters = inner.get("parameters") or inner.get("input_schema") or {"type": "object", "properties": {}}
        function: JSON = {"name": tool_name(inner["name"]), "parameters": parameters}
        if isinstance(description := inner.get("description"), str) and description:
            function["description"] = description
        shaped.append({"type": "function", "function": function})
    return tuple(shaped)


def of_row(source_tools: str | None, seen: Seen, used: Iterable[str], *, text_protocol: bool) -> Tools:
    """The tools of a row that calls ``used``: the protocol's, the source's if they cover the calls, else inferred."""
    if text_protocol:
        return Tools((BASH,), "protocol")
    names, own = set(used), declared(source_tools)
    if own and len(own) <= MOST_TOOLS and names <= Tools(own, "source").parameters.keys():
        return Tools(own, "source")
    return Tools(seen.schemas(names), "inferred")
