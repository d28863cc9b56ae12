"""Signatures: equal for calls that ask for the same thing."""

from __future__ import annotations

import hashlib
import re

_VOLATILE = re.compile(
    r"/[t]mp/tmp[\w.-]{4,40}|/var/folders/[\w/.-]{1,120}|/[t]mp/[\w-]{1,40}\.[A-Za-z0-9]{6}(?![\w.])"
    r"|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\b\d{9,}\b"
)
_MASKABLE = re.compile(r"/[t]mp/|/var/folders|\d{9}|[0-9a-f]-[0-9a-f]{4}-")


def signature(tool: str, normal: str) -> str:
    """16 hex digits for the tool and its normalised arguments."""
    return hashlib.blake2b(f"{tool}\0{normal}".encode("utf-8", "replace"), digest_size=8).hexdigest()


def masked(text: str) -> str:
    """``text`` with temporary paths and volatile numbers masked."""
    return _VOLATILE.sub("~", text) if _MASKABLE.search(text) else text
