"""Inline code (``python -c``, a script on standard input): the paths that it names and whether it writes."""

from __future__ import annotations

import re

from reroute.features.targets import looks_like_path

_MAX = 20_000  # characters of code that are read
_STRING = re.compile(r"""["']([\w./~-]{3,200})["']""")
_WRITES = re.compile(
    r"""open\([^()\n]{1,200},\s*["'][wax]\+?b?["']|\.write_text\(|\.write_bytes\(|writeFile(?:Sync)?\(|os\.(?:remove|rename|unlink)\(|shutil\.|\.to_csv\("""
)


def paths(text: str) -> list[str]:
    """Quoted words of the code that look like files."""
    return [word for word in dict.fromkeys(_STRING.findall(text[:_MAX])) if "." in word and looks_like_path(word)][:20]


def writes(text: str) -> bool:
    """Whether the code changes files."""
    return bool(_WRITES.search(text[:_MAX]))
