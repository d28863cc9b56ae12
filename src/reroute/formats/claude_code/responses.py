"""Model responses of a Claude Code session: the tokens of each, over the lines that it is written in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reroute.formats._reading import bounds
from reroute.formats.claude_code.lines import Usage
from reroute.trace import Step


@dataclass
class Response:
    """One model response over its lines: each repeats the usage so far, each step carries what is new in it."""

    turn: int
    _input: int = 0
    _cached: int = 0
    _output: int = 0
    _thinking: int = 0

    def spend(self, step: Step, usage: Usage | None, cost: Any) -> None:
        step.cost_usd = bounds.usd(cost)
        plain = _tokens(usage.input_tokens) if usage else None
        if usage is None or plain is None:
            return
        cached = _tokens(usage.cache_read_input_tokens) or 0
        taken = plain + cached + (_tokens(usage.cache_creation_input_tokens) or 0)
        given = _tokens(usage.output_tokens) or 0
        details = usage.output_tokens_details
        thinking = _tokens(details.get("thinking_tokens")) if isinstance(details, dict) else None
        step.input_tokens = max(0, taken - self._input) or None
        step.cached_tokens = max(0, cached - self._cached) or None
        step.output_tokens = max(0, given - self._output) or None
        self._input, self._cached = max(taken, self._input), max(cached, self._cached)
        self._output = max(given, self._output)
        if thinking is not None:
            step.reasoning_tokens = max(0, thinking - self._thinking)
            self._thinking = max(thinking, self._thinking)


def _tokens(value: Any) -> int | None:
    """A count of tokens; one that cannot be one is counted as left out."""
    number = bounds.count(value)
    if number is None and value is not None:
        bounds.LEFT_OUT["token count"] += 1
    return number
