"""What a person would call a tool call: the program of a shell command, the file, the query, the record."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

import msgspec

from reroute.safe_text import one_line
from reroute.trace import Step

_SEPARATORS = re.compile(r"&&|\|\||;|\n|\|")
_IS_SETTING = re.compile(r"[A-Za-z_]\w*=|[\d.]+[smh]?$")
_SETTING_UP = frozenset({"cd", "set", "export", "source", ".", "echo", "pushd", "then", "do", "if", "for", "while"})
_WITH_VERB = frozenset(
    {"git", "gh", "npm", "pnpm", "yarn", "cargo", "go", "docker", "kubectl", "pip", "apt-get", "brew"}
)
_WRAPPERS = frozenset({"sudo", "env", "timeout", "time", "nohup", "command", "exec", "xargs", "nice", "stdbuf"})
_SHELL_KEYS = ("command", "cmd", "script")
_FILE_KEYS = ("file_path", "path", "notebook_path", "filename", "file")
_QUERY_KEYS = ("query", "pattern", "q", "search", "url", "uri")
_VALUE_LIMIT = 60
_SHELLS = frozenset({"bash", "sh", "zsh"})


def arguments(step: Step) -> dict[str, object]:
    """The arguments of a call as an object; empty where they are missing, broken or no object."""
    try:
        decoded = msgspec.json.decode(step.arguments or "{}")
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return {}
    return decoded if isinstance(decoded, dict) else {}


def command(step: Step) -> str | None:
    """The command line of a shell call; None for a call of another kind."""
    given = arguments(step)
    for key in _SHELL_KEYS:
        value = given.get(key)
        if isinstance(value, str) and value.strip():
            return value
        if isinstance(value, list) and value:
            argv = [str(word) for word in value]
            wrapped = len(argv) >= 3 and argv[1].startswith("-") and "c" in argv[1]
            return argv[2] if wrapped and PurePosixPath(argv[0]).name in _SHELLS else " ".join(argv)
    return None


def summary(step: Step, limit: int = 90) -> str:
    """A call on one line: the command, or the tool with those arguments that are not empty."""
    line = command(step)
    if line is not None:
        return one_line(line, limit)
    given = arguments(step)
    filled = {name: value for name, value in given.items() if value not in (None, "", [], {})}
    listed = [f"{name}={one_line(_text(value), _VALUE_LIMIT)}" for name, value in filled.items()]
    text = ", ".join(listed) or (one_line(step.arguments or "", limit) if not given else "")
    return one_line(f"{step.tool or 'call'}({text})", limit)


def lines(step: Step, other: Step | None = None) -> list[tuple[str, bool]]:
    """A call as lines: its command, or an argument a line; True marks an argument that differs from ``other``'s."""
    line = command(step)
    given, before = arguments(step), arguments(other) if other is not None else None
    if not given:
        return [(step.arguments or "", False)]
    changed = {name for name in given if before is not None and given[name] != before.get(name, ...)}
    if line is not None:
        beside = sorted(changed - set(_SHELL_KEYS))
        return [(line, False), *((f"{name}: {_text(given[name])}", True) for name in beside)]
    shown = [(f"{name}: {_text(value)}", name in changed) for name, value in given.items()]
    gone = [name for name in before or {} if name not in given]
    return shown + ([(f"(without {', '.join(gone)})", True)] if gone and other is not None else [])


def program(step: Step) -> str:
    """What ran: the program that a shell line begins with once wrappers and ``cd`` are off, else the tool's name."""
    line = command(step)
    if line is None:
        return one_line(step.tool or "a call", 40)
    for part in _SEPARATORS.split(line):
        words = part.split()
        while words and (words[0] in _WRAPPERS or _IS_SETTING.match(words[0])):
            words = words[1:]
        if words and words[0] not in _SETTING_UP and not words[0].startswith(("-", "#", "(", "{")):
            return one_line(_named(words), 32)
    return "a shell command"


def _named(words: list[str]) -> str:
    first = PurePosixPath(words[0].strip("\"'`()")).name or "a command"
    rest = [word for word in words[1:] if not word.startswith("-")]
    if first.startswith("python") and "-m" in words[:-1]:
        return words[words.index("-m") + 1]
    if first in {"npx", "bunx", "uvx"} and rest:
        return rest[0]
    if first == "uv" and rest[:1] == ["run"] and len(rest) > 1:
        return rest[1]
    if first in {"npm", "pnpm", "yarn"} and rest[:1] == ["run"] and len(rest) > 1:
        return f"{first} run {rest[1]}"
    return f"{first} {rest[0]}" if first in _WITH_VERB and rest and rest[0].isalpha() else first


def subject(step: Step) -> str | None:
    """The file or query that a call names outright; None where it names neither."""
    given = arguments(step)
    for key in _FILE_KEYS:
        value = given.get(key)
        if isinstance(value, str) and value:
            return one_line(PurePosixPath(value).name or value, 40)
    for key in _QUERY_KEYS:
        value = given.get(key)
        if isinstance(value, str) and value:
            return f"“{one_line(value, 40)}”"
    return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode("utf-8", "replace")
