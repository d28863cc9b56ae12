"""Regular expressions for the column matcher (Rust)."""

from __future__ import annotations

_CLASSES = {r"\b": r"(?-u:\b)", r"\d": "[0-9]", r"\s": r"[ \t\r\n\f]", r"\w": "[0-9A-Za-z_]"}


def ascii_classes(pattern: str) -> str:
    """``pattern`` with digits, blanks, words and their edges in ASCII alone.

    Unicode's classes make a matcher that is ten times as large to build, and an edge that its fast half does not know.
    """
    for sign, plain in _CLASSES.items():
        pattern = pattern.replace(sign, plain)
    return pattern
