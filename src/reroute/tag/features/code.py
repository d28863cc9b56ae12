"""Inline code (``python -c``, a script on standard input): the paths that it names and whether it writes."""

from __future__ import annotations

import re

from reroute.tag.features.targets import file_targets, looks_like_path

_MAX = 20_000  # characters of code that are read
_STRING = re.compile(r"""["']([\w./~-]{3,200})["']""")
_SOURCE = re.compile(
    r"\.(?:pyi?|jsx?|tsx?|go|rs|rb|java|kt|c|h|cc|cpp|cs|php|md|rst|json|toml|ya?ml|txt|sh|cfg|ini|html|css|csv|log|sql|xml)$"
)
_NAME = re.compile(r"[\w./-]{4,200}")
_WRITES = re.compile(
    r"""open\([^()\n]{1,200},\s*(?:mode\s*=\s*)?["'](?:[wax]b?\+?b?|r\+b?|rb\+)["']|inplace\s*=\s*(?:True|1)|\.write_text\(|\.write_bytes\(|writeFile(?:Sync)?\(|os\.(?:remove|rename|unlink)\(|shutil\.|\.to_csv\("""
)


def paths(text: str) -> list[str]:
    """Quoted words of the code that look like files."""
    words = dict.fromkeys(_STRING.findall(text[:_MAX]))
    return [word for word in words if _SOURCE.search(word) and looks_like_path(word)][:20]


def file_name(pattern: str) -> str | None:
    """The name of a source file that a pattern is, its dots escaped or not; None for every other pattern."""
    name = pattern.replace("\\.", ".").removeprefix("^").removesuffix("$")
    return name if _NAME.fullmatch(name) and _SOURCE.search(name) and looks_like_path(name) else None


def authored(target: str, text: str, cwd: str | None = None) -> list[tuple[str, list[str]]]:
    """The file that ``text`` is put into and what it writes once it is run, if it writes anything."""
    return [(target, found)] if writes(text) and (found := file_targets(paths(text), cwd)) else []


def writes(text: str) -> bool:
    """Whether the code changes files."""
    return bool(_WRITES.search(text[:_MAX]))
