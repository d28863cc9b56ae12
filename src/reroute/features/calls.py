"""From a call's tool and arguments to its facts: shell commands to ``commands``, everything else by argument roles."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from reroute.features import code
from reroute.features.arguments import Json, decode, leaves, plain, slots, texts
from reroute.features.commands import command_facts
from reroute.features.facts import Facts
from reroute.features.rules import Rules, Tool
from reroute.features.shell import parse
from reroute.features.signatures import masked, signature
from reroute.features.targets import file_target, file_targets, id_target, looks_like_path, needs, url_target
from reroute.features.words import patched_files

_PIECES = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_WORDS = re.compile(r"\w+")
_MAX_TEXT = 4000  # characters of one argument that are looked into
_OLD = frozenset(["old_string", "old_str", "edits", "new_source", "insert_line"])
_TICKED = re.compile(r'"status"\s*:\s*"(\w+)"')
_NO_TARGET = frozenset(["body", "ignore", "range", "cwd", "value", "code"])
_READING = frozenset(["view", "cat", "read", "show"])


def call_facts(tool: str, arguments: str | None, cwd: str | None, rules: Rules) -> Facts:
    """The facts of one distinct call; ``cwd`` is where a shell that keeps its folder stands (None: unknown)."""
    values = decode(arguments)
    row = classify(tool, rules)
    if row.family == "shell" and "handle" not in row.flags:
        return _shell(tool, row, values, cwd, rules)
    facts = Facts(row.family, external=row.family not in {"plan", "message"})
    facts.writes = "writes" in row.flags
    facts.content = "content" in row.flags
    facts.probe = "probe" in row.flags
    facts.structured = "structured" in row.flags
    _by_role(facts, values, rules)
    if "editor" in row.flags and str(values.get("command", "")) in _READING:
        facts.family, facts.writes, facts.content, facts.written = "read", False, True, []
    if facts.family in {"api", "search", "browse", "ui", "plan", "shell"}:
        facts.slots = slots(values)
    facts.hands_over = "handover" in row.flags
    facts.claims_done = row.family == "plan" and _all_ticked(arguments)
    facts.query = facts.family == "search" and _free_text(values, rules)
    facts.text = facts.text or " ".join(text for _, text in leaves("", values))
    facts.signature = _signature(tool, facts, values, rules)
    return facts


def classify(tool: str, rules: Rules) -> Tool:
    """What is known of a tool by its name, of an unknown one by the verbs in its name."""
    known = rules.tools.get(tool) or rules.tools.get(tool.lower())
    if known is not None:
        return known
    name = tool.rsplit("__", 1)[-1].rsplit(".", 1)[-1]
    known = rules.tools.get(name) or rules.tools.get(name.lower())
    if known is not None:
        return known
    for piece in (piece.lower() for piece in _PIECES.findall(name)):
        verb = rules.verbs.get(piece)
        if verb is not None:
            return Tool(verb[0], frozenset(["writes"] if verb[1] else []))
    return Tool("api")


def _shell(tool: str, row: Tool, values: dict[str, Json], cwd: str | None, rules: Rules) -> Facts:
    command = _command(values, rules)
    where = next((plain(v) for k, v in values.items() if rules.roles.get(k) == "cwd" and isinstance(v, str)), None)
    if where and where not in {".", ""}:
        cwd = where.rstrip("/") or "/"
    if "code" in row.flags:
        return _code(tool, command if isinstance(command, str) else " ".join(command), rules)
    facts = command_facts(tool, parse(command, rules.wrappers), rules, cwd)
    facts.text = command if isinstance(command, str) else " ".join(command)
    return facts


def _command(values: dict[str, Json], rules: Rules) -> str | list[str]:
    for role in ("command", "code"):
        for name, value in values.items():
            if rules.roles.get(name) == role or not name:
                return value if isinstance(value, str) else texts(value)
    return next((value for value in values.values() if isinstance(value, str)), "")


def _code(tool: str, text: str, rules: Rules) -> Facts:
    """A tool that runs code in a language of its own."""
    facts = Facts("shell", tool.lower(), text=text, inline=True)
    paths = file_targets(code.paths(text))
    facts.writes = code.writes(text)
    facts.written = paths if facts.writes else []
    facts.targets = paths + needs(text, rules.stop_words)
    facts.signature = signature(tool, masked(text))
    return facts


def _by_role(facts: Facts, values: dict[str, Json], rules: Rules) -> None:
    targets: list[str] = []
    for name, value in values.items():
        targets += _role_targets(facts.family, name, value, rules)
    facts.targets = list(dict.fromkeys(targets))
    if facts.writes:
        facts.written = list(facts.targets)
    if facts.family == "edit" and any(rules.roles.get(name) == "body" for name in values) and not _OLD & set(values):
        facts.created = list(facts.written)
    bodies = [text for name, value in values.items() if rules.roles.get(name) == "code" for text in texts(value)]
    for text in bodies:
        facts.targets += needs(text, rules.stop_words)


def _role_targets(family: str, name: str, value: Json, rules: Rules) -> list[str]:
    role = rules.roles.get(name)
    if role in {"path", "url"}:
        return file_targets(texts(value)) if role == "path" else list(filter(None, map(url_target, texts(value))))
    if role == "element":
        return [] if isinstance(value, (dict, list)) else [f"element:{plain(value)[:200]}"]
    if role == "query":
        return _query_targets(family, texts(value), rules)
    if role == "patch" or (not name and family == "edit"):
        return file_targets(patched_files(" ".join(texts(value))))
    silent = role in _NO_TARGET or family == "edit"
    return [] if silent else _record_targets(family, name, value, rules)


def _query_targets(family: str, queries: Sequence[str], rules: Rules) -> list[str]:
    """A pattern that is a plain file name asks for that file."""
    found: list[str] = []
    for query in queries:
        name = query.rsplit("/", 1)[-1]
        if family == "code_search" and "." in name and looks_like_path(query) and "*" not in name and " " not in query:
            found += file_targets([query if "*" not in query else name])
        else:
            found += needs(query[:_MAX_TEXT], rules.stop_words)
    return found


def _record_targets(family: str, name: str, value: Json, rules: Rules) -> list[str]:
    """Record ids; what a search is asked for counts as its need."""
    found: list[str] = []
    for path, text in leaves(name, value):
        key = path.rsplit(".", 1)[-1]
        if len(text) > _MAX_TEXT:
            continue
        if (target := id_target(key, text)) is not None:
            found.append(target)
        elif "://" in text and (address := url_target(text)):
            found.append(address)
        elif family == "search":
            found += needs(text, rules.stop_words)
        elif "/" in text and looks_like_path(text) and (path_target := file_target(text)):
            found.append(path_target)
    return found


def _all_ticked(arguments: str | None) -> bool:
    states = set(_TICKED.findall(arguments or ""))
    return bool(states) and states <= {"completed", "done", "cancelled"} and states != {"cancelled"}


def _free_text(values: dict[str, Json], rules: Rules) -> bool:
    return any(rules.roles.get(name) == "query" and texts(value) for name, value in values.items()) or "" in values


def _signature(tool: str, facts: Facts, values: dict[str, Json], rules: Rules) -> str:
    kept = {name: value for name, value in values.items() if rules.roles.get(name) != "ignore"}
    if facts.query:
        words = sorted({word.lower() for _, text in leaves("", kept) for word in _WORDS.findall(text[:_MAX_TEXT])})
        return signature(tool, " ".join(words))
    return signature(tool, masked(json.dumps(kept, sort_keys=True, ensure_ascii=False, separators=(",", ":"))))
