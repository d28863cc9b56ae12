"""Signatures: equal for calls that ask for the same thing."""

from __future__ import annotations

import hashlib
import re

_VOLATILE = re.compile(
    r"/[t]mp/tmp[\w.-]{4,40}|/var/folders/[\w/.-]{1,120}|/[t]mp/[\w-]{1,40}\.[A-Za-z0-9]{6}(?![\w.])"
    r"|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\b\d{9,}\b"
)
_SESSION = re.compile(r"-[0-9a-f]{4}-")
_DIGITS = bytes(48 if 48 <= byte < 58 or byte > 127 else 32 for byte in range(256))
"""Digits as 0, blanks for the rest; what is beyond ASCII may be a digit."""


def signature(tool: str, normal: str) -> str:
    """16 hex digits for the tool and its normalised arguments."""
    return hashlib.blake2b(f"{tool}\0{normal}".encode("utf-8", "replace"), digest_size=8).hexdigest()


def masked(text: str) -> str:
    """``text`` with temporary paths and volatile numbers masked."""
    maybe = (  # whether anything can be volatile: cheaper than the expression by an order of magnitude
        b"000000000" in text.encode("utf-8", "replace").translate(_DIGITS)
        or "/tmp/" in text  # noqa: S108 - text to find, no file of ours
        or "/var/folders" in text
        or _SESSION.search(text) is not None
    )
    return _VOLATILE.sub("~", text) if maybe else text
