"""From a call's tool and arguments to its facts: shell commands to ``commands``, everything else by argument roles."""

from __future__ import annotations

import re

import msgspec

from reroute.tag.features import code
from reroute.tag.features.arguments import Json, Leaf, decode, leaves, slots
from reroute.tag.features.commands import command_facts
from reroute.tag.features.facts import Facts
from reroute.tag.features.rules import Rules, Tool
from reroute.tag.features.shell import parse
from reroute.tag.features.signatures import masked, signature
from reroute.tag.features.targets import file_target, file_targets, id_target, looks_like_path, needs, url_target

_ENCODER = msgspec.json.Encoder(order="sorted")
_SLOTTED = frozenset(["api", "search", "browse", "ui", "plan", "shell"])
_PIECES = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_WORDS = re.compile(r"\w+")
_QUOTED = re.compile(r"""'[^']*'|"(?:\\.|[^"\\])*"|\\.""", re.DOTALL)
_SPECIAL = re.compile(r"[*?\[({]")
_SPACE = re.compile(r"\s")
_MAX_TEXT = 4000  # characters of one argument that are looked into


def call_facts(tool: str, arguments: str | None, cwd: str | None, rules: Rules, row: Tool | None = None) -> Facts:
    """The facts of one distinct call; ``cwd`` is where a shell that keeps its folder stands (None: unknown).

    ``row``: what :func:`classify` says of the tool, where the caller knows it.
    """
    values = decode(arguments)
    row = row or classify(tool, rules)
    if row.family == "shell" and "handle" not in row.flags:
        return _shell(tool, row, values, cwd, rules)
    found = leaves(values)
    flags = row.flags
    todos = set(rules.phrases.todo_state.findall(arguments or "")) if row.family == "plan" else set()
    facts = Facts(
        row.family,
        external=row.family not in {"plan", "message"} or "answered" in flags,
        writes="writes" in flags,
        probe="probe" in flags,
        content="content" in flags,
        hands_over="handover" in flags,
        claims_done=bool(todos) and todos <= rules.words.todo_finished and todos != rules.words.todo_dropped,
        query=row.family == "search" and any(not leaf.name or rules.roles.get(leaf.name) == "query" for leaf in found),
    )
    _by_role(facts, found, rules)
    if "editor" in flags and str(values.get("command", "")) in rules.words.editor_looks:
        facts.family, facts.writes, facts.content, facts.written, facts.created = "read", False, True, [], []
    if facts.family in _SLOTTED:
        facts.slots = slots(found)
    facts.text = " ".join([leaf.text[:_MAX_TEXT] for leaf in found])
    asked = {name: value for name, value in values.items() if rules.roles.get(name) != "ignore"}
    if facts.query:
        words = sorted({word.lower() for leaf in leaves(asked) for word in _WORDS.findall(leaf.text[:_MAX_TEXT])})
        facts.signature = signature(tool, " ".join(words))
    else:
        facts.signature = signature(tool, masked(_ENCODER.encode(asked).decode("utf-8", "replace")))
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
    pieces = [piece.lower() for piece in _PIECES.findall(name)]
    reads = pieces[:1] and pieces[0] in rules.words.reading_verbs and rules.words.document_nouns.intersection(pieces)
    document = frozenset(["document"] if reads else [])
    for piece in pieces:
        verb = rules.verbs.get(piece)
        if verb is not None:
            return Tool(verb[0], frozenset(["writes"]) if verb[1] else document)
    return Tool("api", document)


def _shell(tool: str, row: Tool, values: dict[str, Json], cwd: str | None, rules: Rules) -> Facts:
    """A call that holds a command of the shell's, or code in a language of the tool's own."""
    command: Json = values.get("command")
    if not isinstance(command, str):
        named = [
            value
            for role in ("command", "code")
            for name, value in values.items()
            if rules.roles.get(name) == role or not name
        ]
        command = [*named, *(value for value in values.values() if isinstance(value, str)), ""][0]
    words = command if isinstance(command, str) else [leaf.text for leaf in leaves({"": command})]
    text = words if isinstance(words, str) else " ".join(words)
    if "code" in row.flags:
        facts = Facts("shell", tool.lower() if text else None, text=text, inline=True)
        paths = file_targets(code.paths(text, rules.phrases))
        facts.writes = code.writes(text, rules.phrases)
        facts.written = paths if facts.writes else []
        facts.targets = paths + needs(text, rules.need_stop_words)
        facts.signature = signature(tool, masked(text))
        return facts
    for name, value in values.items() if len(values) > 1 else ():
        if isinstance(value, str) and value not in {"", "."} and rules.roles.get(name) == "cwd":
            cwd = value.rstrip("/") or "/"
    facts = command_facts(tool, parse(words, rules.wrappers), rules, cwd)
    facts.text = text
    if "\n" not in text and (bare := "".join(_SPECIAL.findall(_QUOTED.sub("", text)))):
        facts.signature = signature(facts.signature, bare)  # quoted, a pattern of the shell's is another command
    return facts


def _by_role(facts: Facts, found: list[Leaf], rules: Rules) -> None:
    targets: dict[str, None] = {}
    for leaf in found:
        role = rules.roles.get(leaf.argument)
        if len(leaf.text) <= _MAX_TEXT or role == "patch":
            for target in _role_targets(facts.family, role, leaf, rules):
                targets[target] = None
    facts.targets = list(targets)
    if facts.writes:
        facts.written = list(facts.targets)
    if facts.family == "edit":
        arguments = {leaf.argument for leaf in found}
        whole = not rules.words.partial_edit_arguments & arguments and any(
            rules.roles.get(name) == "body" for name in arguments
        )
        facts.created = list(facts.written) if whole else []
        for leaf in found if len(facts.created) == 1 else ():
            if rules.roles.get(leaf.argument) == "body":
                facts.authored += code.authored(facts.created[0], leaf.text, rules.phrases)


def _role_targets(family: str, role: str | None, leaf: Leaf, rules: Rules) -> list[str]:
    coded = role == "code" and family == "api" and not _SPACE.search(leaf.text)  # a record's code, not a program's
    if coded or (role is None and family != "edit"):
        return _record_targets(family, leaf, rules)
    if role in {"path", "url"}:
        target = file_target(leaf.text) if role == "path" else url_target(leaf.text)
        return [target] if target else []
    if role == "element" and leaf.name == leaf.argument:
        return [f"element:{leaf.text[:200]}"]
    if role == "query":
        query, name = leaf.text, leaf.text.rsplit("/", 1)[-1]
        plain = family == "code_search" and "." in name and looks_like_path(query) and "*" not in name
        named = [query if "*" not in query else name]  # a pattern that is a plain file name asks for that file
        return file_targets(named) if plain else needs(query, rules.need_stop_words)
    if role == "patch" or (not leaf.name and family == "edit"):
        return file_targets(code.patched_files(leaf.text))
    return needs(leaf.text, rules.need_stop_words) if role == "code" else []


def _record_targets(family: str, leaf: Leaf, rules: Rules) -> list[str]:
    """Record ids; what a search is asked for counts as its need."""
    text = leaf.text
    if (target := id_target(leaf.name.rsplit(".", 1)[-1], text, rules.words.id_names)) is not None:
        return [target]
    if family == "api" and (reference := rules.phrases.record_reference.fullmatch(text)):
        target = id_target("", reference.group(1), rules.words.id_names)
        return [target] if target else []
    if "/" in text:
        target = url_target(text) if "://" in text else file_target(text) if looks_like_path(text) else None
        if target:
            return [target]
    return needs(text, rules.need_stop_words) if family == "search" else []
