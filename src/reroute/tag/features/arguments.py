"""A call's arguments: decoded, by role, and flattened into slots."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

_DECODER = msgspec.json.Decoder()
_MAX_SLOTS = 200
_MAX_VALUE = 200  # characters
_MAX_DEPTH = 6

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


def decode(text: str | None) -> dict[str, Json]:
    """The arguments as an object; text that is none becomes ``{"": text}``."""
    if not text:
        return {}
    try:
        value = _DECODER.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return {"": text}
    return value if isinstance(value, dict) else {"": value}


class Leaf(NamedTuple):
    """One plain value."""

    argument: str
    """The argument that holds it."""
    name: str
    """Its dotted name; places in lists carry no number."""
    text: str


def leaves(values: dict[str, Json]) -> list[Leaf]:
    """Every plain value of the arguments, in order."""
    found: list[Leaf] = []
    for argument, value in values.items():
        _collect(found, argument, argument, value, 0)
    return found


def _collect(found: list[Leaf], argument: str, name: str, value: Json, depth: int) -> None:
    if isinstance(value, str):
        found.append(Leaf(argument, name, value))
    elif isinstance(value, list):
        for inner in value if depth < _MAX_DEPTH else ():
            _collect(found, argument, name, inner, depth + 1)
    elif isinstance(value, dict):
        for key, inner in value.items() if depth < _MAX_DEPTH else ():
            _collect(found, argument, f"{name}.{key}", inner, depth + 1)
    else:
        found.append(Leaf(argument, name, plain(value)))


def plain(value: Json) -> str:
    """A plain value as text, the way JSON writes it."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def slots(found: list[Leaf]) -> list[str]:
    """``name=value`` of every plain argument, sorted and unique, values cut at 200 characters."""
    return sorted({f"{leaf.name}={leaf.text[:_MAX_VALUE]}" for leaf in found})[:_MAX_SLOTS]
