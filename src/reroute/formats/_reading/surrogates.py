"""Half surrogate pairs: escapes that Python's JSON writer leaves behind and that no strict decoder takes."""

from __future__ import annotations

import re

_LONE_SURROGATE = re.compile(
    rb"(?<!\\)((?:\\\\)*)(?:\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2})"
)


def mended(data: bytes) -> bytes:
    """JSON with each half surrogate pair replaced by U+FFFD."""
    return _LONE_SURROGATE.sub(rb"\1\\ufffd", data) if b"\\ud" in data or b"\\uD" in data else data
