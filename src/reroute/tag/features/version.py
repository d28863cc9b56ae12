"""What a feature file depends on besides its steps."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

from reroute.tag.features.rules import digest

_LIBRARIES = ("polars", "tree-sitter", "tree-sitter-bash")


def code_hash(project: Path | None = None) -> str:
    """A hash of this package's code, the lexicons, the thresholds and the libraries that hash and parse."""
    total = hashlib.blake2b((_own_code() + digest(project)).encode(), digest_size=8)
    return total.hexdigest()


@cache
def _own_code() -> str:
    total = hashlib.blake2b(digest_size=8)
    here = Path(__file__).parent
    for path in sorted(here.rglob("*.py")):
        total.update(path.relative_to(here).as_posix().encode() + b"\0" + path.read_bytes())
    for library in _LIBRARIES:
        total.update(f"{library} {version(library)}".encode())
    return total.hexdigest()
