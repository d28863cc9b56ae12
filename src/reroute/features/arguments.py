"""A call's arguments: decoded, by role, and flattened into slots."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

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


def texts(value: Json) -> list[str]:
    """Every text in ``value``, which may be one or a list of them."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, (list, dict)):
        return [leaf for _, leaf in leaves("", value) if leaf]
    return [] if value is None or isinstance(value, bool) else [plain(value)]


def leaves(name: str, value: Json, depth: int = 0) -> Iterator[tuple[str, str]]:
    """(dotted name, text) of every plain value in ``value``; places in lists carry no number."""
    if isinstance(value, dict) and depth < _MAX_DEPTH:
        for key, inner in value.items():
            yield from leaves(f"{name}.{key}" if name else key, inner, depth + 1)
    elif isinstance(value, list) and depth < _MAX_DEPTH:
        for inner in value:
            yield from leaves(name, inner, depth + 1)
    elif not isinstance(value, (dict, list)):
        yield name, plain(value)


def plain(value: Json) -> str:
    """A plain value as text, the way JSON writes it."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def slots(arguments: Mapping[str, Json]) -> list[str]:
    """``name=value`` of every plain argument, sorted and unique, values cut at 200 characters."""
    found = {f"{name}={text[:_MAX_VALUE]}" for name, text in leaves("", dict(arguments))}
    return sorted(found)[:_MAX_SLOTS]
