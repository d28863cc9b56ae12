"""Error templates: the line that names an error, with everything that is particular to the case masked."""

from __future__ import annotations

import re
from functools import lru_cache

_MAX = 200
_SUFFIXES = "pyc?|jsx?|tsx?|go|rs|rb|java|c|h|cpp|md|json|toml|ya?ml|txt|sh|cfg|ini|html|css|log"
_MASKS = (
    (re.compile(r"""(["'`‘“])[^"'`’”\n]{0,180}["'`’”]"""), "<text>"),
    (re.compile(r"https?://[^\s,;)]{1,180}"), "<url>"),
    (re.compile(r"(?<![\w<])(?:[A-Za-z]:)?(?:\.{0,2}/)?(?:[\w@.()\[\]-]{1,80}/){1,20}[\w@.()\[\]-]{0,80}"), "<path>"),
    (re.compile(rf"\b[\w-]{{1,80}}\.(?:{_SUFFIXES})\b"), "<path>"),
    (re.compile(r"\b0x[0-9a-fA-F]{1,16}\b"), "<n>"),
    (re.compile(r"\b(?=[A-Z0-9_-]{0,40}\d)(?=[0-9_-]{0,40}[A-Z])[A-Z0-9][A-Z0-9_-]{3,40}\b"), "<id>"),
    (re.compile(r"\b[a-z]{1,30}_[a-z]{1,30}_\d{1,10}\b"), "<id>"),
    (re.compile(r"\d+(?:[.,]\d+)*"), "<n>"),
    (re.compile(r"\s+"), " "),
)  # fmt: skip
_WRAPPER = re.compile(r"</?tool_use_error>|^stderr: |^\s*E\s{2,}")


@lru_cache(maxsize=4096)
def template(line: str) -> str:
    """``line`` with quoted text, paths, ids and numbers replaced by placeholders; at most 200 characters are read."""
    text = _WRAPPER.sub("", line[:_MAX])
    for pattern, replacement in _MASKS:
        text = pattern.sub(replacement, text)
    return text.strip()
