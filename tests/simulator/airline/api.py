"""The airline's tools over its records: JSON, or ``Error: ...`` where a rule refuses."""

from __future__ import annotations

import inspect
import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from simulator.airline.records import AIRPORTS, CABINS
from simulator.tape import Observation

Rows = list[dict[str, object]]


class RefusedError(Exception):
    """A rule says no; the text is what the caller reads after ``Error:``."""


@dataclass
class Airline:
    """Answers calls. ``prefix`` is what stands before each tool's name where the agent gets its tools from a server."""

    path: Path
    prefix: str = ""
    session_calls: int = 1_000
    """Calls until the session expires."""
    burst: int = 1_000
    """Calls until the limit of requests is reached; refills with the next call."""
    tools: dict[str, Callable[..., object]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        from simulator.airline import bookings, lookup

        for name, function in inspect.getmembers(lookup, inspect.isfunction) + inspect.getmembers(
            bookings, inspect.isfunction
        ):
            if not name.startswith("_") and "records" in inspect.signature(function).parameters:
                self.tools[name] = function

    def call(self, tool: str, arguments: Mapping[str, object]) -> Observation:
        """Do it; a refusal changes nothing."""
        try:
            return self._answer(self._do(tool.removeprefix(self.prefix), arguments))
        except RefusedError as refusal:
            return Observation(f"Error: {refusal}", "error" if self.prefix else "unknown", seconds=0.4, failed=True)
        except sqlite3.OperationalError as error:
            words = f"Error: 503 service temporarily unavailable ({error})"
            return Observation(words, "error" if self.prefix else "unknown", seconds=1.2, failed=True)

    def _do(self, tool: str, arguments: Mapping[str, object]) -> object:
        if tool == "refresh_session":
            self.session_calls = 1_000
            return {"session": "renewed", "valid_minutes": 30}
        self.session_calls -= 1
        self.burst -= 1
        if self.session_calls < 0:
            raise RefusedError("401 unauthorized: the session has expired, call refresh_session")
        if self.burst < 0:
            self.burst = 1_000
            raise RefusedError("429 too many requests, retry after 2 seconds")
        function = self.tools.get(tool)
        if function is None:
            raise RefusedError(f"unknown tool `{tool}`")
        _check(tool, function, arguments)
        with sqlite3.connect(self.path, timeout=0.01) as records:
            records.row_factory = sqlite3.Row
            records.execute("pragma synchronous = off")
            return function(records, **arguments)

    def _answer(self, value: object) -> Observation:
        text = value if isinstance(value, str) else json.dumps(value)
        return Observation(text, "ok" if self.prefix else "unknown", seconds=0.3)


def _check(tool: str, function: Callable[..., object], arguments: Mapping[str, object]) -> None:
    """What a schema would check: names and choices of arguments."""
    wanted = {name: p for name, p in inspect.signature(function).parameters.items() if name != "records"}
    for name, parameter in wanted.items():
        if name not in arguments and parameter.default is inspect.Parameter.empty:
            raise RefusedError(f"invalid arguments for {tool}: missing required argument '{name}'")
    for name in arguments:
        if name not in wanted:
            raise RefusedError(f"invalid arguments for {tool}: unexpected argument '{name}'")
    for name, choices in (("cabin", CABINS), ("origin", AIRPORTS), ("destination", AIRPORTS)):
        if name in arguments and arguments[name] not in choices:
            raise RefusedError(f"invalid arguments for {tool}: '{arguments[name]}' is not a valid {name}")
