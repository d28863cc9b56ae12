"""What a value of a source can mean; what it cannot is left out, and the step that it stood in stays."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import TypeGuard

import msgspec
import orjson

from reroute.trace import Trajectory

_EARLIEST = 946_684_800_000_000
"""2000-01-01, in microseconds since the epoch: no agent ran before it."""
_AHEAD = 10 * 366 * 86_400 * 1_000_000
"""Ten years: how far ahead of this machine's clock another one may be."""
_MOST_TOKENS = 10**12
"""Of one step: a million such steps still have a sum that fits 64 bits."""
_MOST_USD = 10.0**9
_MOST_MS = 10.0**12
_WORD = 2**32
LEFT_OUT: Counter[str] = Counter()
"""What readers left out of the steps that they are making, by what it is; whoever drives a reader takes it out."""


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether a decoded JSON value is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def moment(micros: object) -> int | None:
    """Microseconds since the epoch from the year 2000 to ten years ahead; None for anything else."""
    if not is_number(micros) or not _EARLIEST <= micros <= time.time() * 1_000_000 + _AHEAD:
        return None
    return round(micros)


def count(value: object) -> int | None:
    """A count of tokens: a whole number from 0 to 10**12; None for anything else."""
    return int(value) if is_number(value) and 0 <= value <= _MOST_TOKENS and value == int(value) else None


def cost(value: object) -> float | None:
    """A cost in US dollars, from 0 to 10**9; None for anything else."""
    return _amount(value, _MOST_USD)


def bounded(run: Trajectory, left_out: Callable[[str | None, str], None] | None = None) -> Trajectory:
    """The run, in place, with None for each clock, count, code, cost and duration that cannot be one.

    Metadata that cannot be written as JSON is left out. ``left_out`` is called for each value of a step that is left
    out, with the step's file and what the value is.
    """
    for step in run.steps:
        for name, meaning, what in _MEANINGS:
            value = getattr(step, name)
            if value is None:
                continue
            held = meaning(value)
            setattr(step, name, held)
            if held is None and left_out is not None:
                left_out(step.file, what)
    run.started_at, run.ended_at = moment(run.started_at), moment(run.ended_at)
    if run.outcome is not None and run.outcome.at is not None:
        run.outcome = msgspec.structs.replace(run.outcome, at=moment(run.outcome.at))
    if run.metadata and not _is_json(run.metadata):
        run.metadata = {name: value for name, value in run.metadata.items() if _is_json({name: value})}
    return run


def _whole(value: object, least: int, most: int) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most else None


def _exit_code(value: object) -> int | None:
    """A code of 32 bits; Windows states its own without a sign (0xC0000005)."""
    code = _whole(value, -_WORD // 2, _WORD - 1)
    return code - _WORD if code is not None and code >= _WORD // 2 else code


def _amount(value: object, most: float) -> float | None:
    return float(value) if is_number(value) and 0 <= value <= most else None


def _is_json(value: dict[str, object]) -> bool:
    try:
        orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
    except orjson.JSONEncodeError:
        return False
    return True


_MEANINGS = (
    ("started_at", moment, "clock"), ("exit_code", _exit_code, "exit code"),
    ("http_status", partial(_whole, least=100, most=999), "HTTP status"), ("input_tokens", count, "token count"),
    ("output_tokens", count, "token count"), ("reasoning_tokens", count, "token count"),
    ("cached_tokens", count, "token count"), ("duration_ms", partial(_amount, most=_MOST_MS), "duration"),
    ("cost_usd", partial(_amount, most=_MOST_USD), "cost"),
)  # fmt: skip
"""The measured fields of a step, what each may be, and what it is called."""
