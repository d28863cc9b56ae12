"""Scripts of code mode: whether a call is one, the one call in it, what it printed.

Where no item states the calls inside a script, its text does, if it holds a single call whose arguments are literals
and that no loop repeats.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import msgspec

from reroute.formats._reading import values
from reroute.formats._reading.steps import Facts

_SCRIPT = re.compile(r"\btools\.\w")
_TOOLS = {"exec", "functions.exec"}
_FAILED = re.compile(r"\AScript (?:failed|error|timed out|terminated)")
_RUNNING = re.compile(r"\AScript running with cell ID:? (\S{1,80})")
_HEAD = re.compile(r"\AScript completed\n(?:Wall time:? (\d{1,10}(?:\.\d*)?) seconds\n)?Output:\n\s*")
_CALL = re.compile(r"\btools\.(\w{1,80})\(")
_AGAIN = re.compile(r"\b(?:for|while|map|forEach|Promise|function)\b|=>")
"""Words of a script that may run one call several times."""
_TOKEN = re.compile(
    r"""(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`)|(?P<name>[A-Za-z_$][\w$]*)(?=\s*:)"""
    r"""|(?P<word>true|false|null|-?\d{1,15}(?:\.\d{1,15})?)\b|(?P<sign>[{}\[\],:()])|(?P<space>\s+)|(?P<other>.)""",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "0": "\0", "\n": ""}
_OBJECT = msgspec.json.Decoder(dict[str, Any])


class Printed(NamedTuple):
    """What a script printed, and what that states of the one call in it."""

    text: str
    facts: Facts


def is_script(tool: str, arguments: str) -> bool:
    """Whether a call runs a script that calls the tools."""
    return tool in _TOOLS and bool(_SCRIPT.search(arguments))


def script_failed(output: str | None) -> bool:
    """Whether the result of a script says that the script itself failed."""
    return bool(_FAILED.match(output or ""))


def script_over(output: str | None) -> bool:
    """Whether the result of a script, or of a wait for it, says that it has ended."""
    return script_failed(output) or bool(_HEAD.match(output or ""))


def running_cell(output: str | None) -> str | None:
    """The id under which a script goes on, as its output says."""
    found = _RUNNING.match(output or "")
    return found.group(1) if found else None


def only_call(arguments: str) -> tuple[str, str] | None:
    """Tool and arguments (JSON text) of the one call in a script; None where there are more, or no literals."""
    try:
        given = msgspec.json.decode(arguments)
    except msgspec.DecodeError:
        return None
    texts = [text for text in given.values() if isinstance(text, str)] if isinstance(given, dict) else []
    calls = [(text, found) for text in texts for found in _CALL.finditer(text)]
    if len(calls) != 1:
        return None
    text, found = calls[0]
    literal = _literal(text, found.end())
    if literal is None or _AGAIN.search(text[: found.start()] + text[literal[1] :]):
        return None
    return found.group(1), literal[0]


def printed(output: str) -> Printed:
    """The output without its head; of a result that was printed whole, the exit code and the text in it."""
    head = _HEAD.match(output)
    facts: Facts = {}
    if head is None:
        return Printed(output, facts)
    if head.group(1):
        facts["duration_ms"] = float(head.group(1)) * 1_000
    text = output[head.end() :]
    try:
        whole = _OBJECT.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return Printed(text, facts)
    code = values.whole_number(whole.get("exit_code"))
    if code is None:
        return Printed(text, facts)
    facts["exit_code"] = code
    return Printed(whole["output"] if isinstance(whole.get("output"), str) else text, facts)


def _literal(script: str, start: int) -> tuple[str, int] | None:
    """The arguments that begin at a place, up to the bracket that closes them, as JSON; and where they end."""
    parts: list[str] = []
    depth = 0
    for token in _TOKEN.finditer(script, start):
        given = token.group()
        if token.lastgroup == "text":
            if given[0] == "`" and "${" in given:
                return None
            parts.append(values.json_text(_ESCAPE.sub(_unescaped, given[1:-1])))
        elif token.lastgroup == "name":
            parts.append(values.json_text(given))
        elif token.lastgroup == "other" or given == "(":
            return None
        elif given == ")" and depth == 0:
            return _arguments("".join(parts), token.end())
        elif token.lastgroup != "space":
            depth += given in {"{", "["}
            depth -= given in {"}", "]"}
            if given in {"}", "]"} and parts and parts[-1] == ",":
                parts.pop()
            parts.append(given)
    return None


def _arguments(literal: str, end: int) -> tuple[str, int] | None:
    try:
        given = msgspec.json.decode(literal)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    return values.json_text(given if isinstance(given, dict) else {"input": given}), end


def _unescaped(escape: re.Match[str]) -> str:
    name = escape.group(1)
    return chr(int(name[1:], 16)) if len(name) > 1 else _ESCAPED.get(name, name)
