"""How the records of a JSON file lie, by its first bytes; a first look into a record; half surrogate pairs replaced."""

from __future__ import annotations

import contextlib
import re
from typing import Literal

import msgspec

BOM = b"\xef\xbb\xbf"
PREFIX = 64 * 1024
"""Bytes that decide."""
_LINES_LOOKED_AT = 50
_MOST_ITEMS = 8
_JSON_LINES = {".jsonl", ".ndjson"}
_VALUE = msgspec.json.Decoder()
_VALID = msgspec.json.Decoder(msgspec.Raw)
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{},]', re.DOTALL)
_HALF = re.compile(rb"(?:\\(?:u[0-9a-fA-F]{0,3})?|[\xc2-\xf4][\x80-\xbf]{0,2})\Z")
_CLOSING = {b"[": b"]", b"{": b"}"}
_LONE_SURROGATE = re.compile(
    rb"(?<!\\)((?:\\\\)*)(?:\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2})"
)
"""Half a surrogate pair: an escape that Python's JSON writer leaves behind and that no strict decoder takes."""


def layout(prefix: bytes, suffix: str, *, whole: bool) -> Literal["lines", "array", "object", "unknown"]:
    """The layout of a file that begins with ``prefix``; ``whole`` if that is all of it."""
    text = prefix.removeprefix(BOM).lstrip()
    lines = [line for line in text.split(b"\n") if line.strip()]
    complete = lines if whole or prefix.endswith(b"\n") else lines[:-1]
    named_lines = suffix.lower() in _JSON_LINES
    opening = lines[0].strip() if lines else b""
    # One value over several lines, whose inner lines may be JSON too: no line of JSON ends so.
    spread = opening == b"[" or (not named_lines and (opening == b"{" or opening[-1:] == b","))
    for line in complete[:_LINES_LOOKED_AT] if not spread and (len(lines) > 1 or named_lines) else ():
        if line[:1] in {b"{", b"["} and len(line.strip()) > 1:
            with contextlib.suppress(msgspec.DecodeError, RecursionError):
                _VALID.decode(replace_lone_surrogates(line))
                return "lines"
    if b"\0" in prefix and text[:1] not in {b"[", b"{"}:
        return "unknown"  # JSON with a hole of zeros in it, as a crash leaves one, is JSON still
    if text[:1] == b"[":
        return "lines" if named_lines and not complete and not spread else "array"
    if text[:1] == b"{":
        return "lines" if named_lines or not complete else "object"
    return "unknown"


def complaint(prefix: bytes) -> str:
    """Why a file that begins with ``prefix`` has no layout."""
    if not prefix.strip():
        return "empty file"
    return "binary file" if b"\0" in prefix else "neither JSON nor lines of JSON"


def outline(data: bytes) -> object:
    """The record decoded, with long lists cut; of a broken one what its first bytes hold; else UNSET."""
    for text in (data, _completed(data)):
        try:
            return _cut(_VALUE.decode(replace_lone_surrogates(text)))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
    return msgspec.UNSET


def replace_lone_surrogates(data: bytes) -> bytes:
    """JSON with each half surrogate pair replaced by U+FFFD."""
    return _LONE_SURROGATE.sub(rb"\1\\ufffd", data) if b"\\ud" in data or b"\\uD" in data else data


def _cut(value: object) -> object:
    if isinstance(value, list):
        return [_cut(item) for item in value[:_MOST_ITEMS]]
    if isinstance(value, dict):
        return {key: _cut(item) for key, item in value.items()}
    return value


def _completed(data: bytes) -> bytes:
    """The beginning of a record, closed behind the last place where a value had ended."""
    stack: list[bytes] = []
    end = depth = 0
    for token in _TOKEN.finditer(data[: 2 * PREFIX]):
        text = token.group()
        if text in _CLOSING:
            stack.append(_CLOSING[text])
        elif text in {b"]", b"}"}:
            if not stack or stack.pop() != text:
                break
            end, depth = token.end(), len(stack)
        elif text == b",":
            end, depth = token.start(), len(stack)
        elif token.end() == len(data) and data[: token.start()].rstrip()[-1:] in {b":", b"["}:
            # The cut goes through this string: its beginning stays, without half an escape or half a character.
            return _HALF.sub(b"", data) + b'"' + b"".join(reversed(stack))
    return data[:end] + b"".join(reversed(stack[:depth]))
