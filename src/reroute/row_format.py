"""Whether a row of a dataset, in OpenAI's chat format, is a conversation that can be trained on.

The one checker of rows: export runs it on every line that a dialect writes, preflight on every line of a file that is
to be sent to a provider. What differs between dialects, providers and methods is a field of :class:`Rules`; a row is
any JSON object, so nothing is taken for granted about its values.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reroute.safe_text import AROUND, one_line, quoted

if TYPE_CHECKING:
    from reroute.datasets import Method

JSON = Mapping[str, Any]

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What the rows of one method must be, in one dialect or at one provider."""

    method: Method
    """sft: replies carry weights, and the last message is one; rft: a prompt; dpo: a prompt and a pair of replies."""
    reader: str
    """The dialect or provider, as problems name it."""
    roles: frozenset[str]
    last_roles: frozenset[str]
    """Roles that the last message may have."""
    row_keys: frozenset[str] | None
    """Keys that a row may have; None: any."""
    message_keys: frozenset[str] | None
    """Keys that a message may have; None: any."""
    content_parts: bool
    """Whether a content may be a list of parts; else it is text."""
    empty_replies: bool
    """Whether a reply without calls may be an empty text or a refusal; else it must say something."""
    weight_required: bool
    """Whether each reply of an sft row states its weight and the last one has the weight 1; else 1 is assumed."""
    unique_call_ids: bool
    """Whether a call id occurs once in a row; else a later reply may use it again."""
    open_end: bool
    """Whether the calls of a last reply may stay without a result."""
    declared_tools: bool
    """Whether tools have distinct names and parameters, only replies call, and every call is of one of the tools; so is
    the reference of an rft row."""
    special_tokens: re.Pattern[str]
    """Tokens of a chat template, which a text must not hold; every match begins with ``<|``."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a row."""

    rule: str
    """special-token, messages, row-key, role, message-key, content, tool-result, tools, tool-call, weight,
    last-message, reference or dpo-shape."""
    message_index: int | None
    """0-based; None where the problem is of no single message."""
    text: str
    """The problem in words, with the place and the beginning of the text at fault, fit to be shown."""
    summary: str
    """The same without place and text at fault: equal for rows that are wrong in the same way."""


def problems(line: JSON, rules: Rules, encoded: bytes | None = None) -> Iterator[Problem]:
    """Everything that is wrong with a row, a special token first; nothing where it keeps the rules.

    Where messages are missing or are no objects, what depends on them is not looked at. ``encoded`` is the row as JSON,
    where the caller has it: most rows hold nothing that looks like a special token, which is seen at once there.
    """
    # An escape could write any character of a token.
    if encoded is None or b"<|" in encoded or b"\\u00" in encoded:
        yield from _special_tokens(line, rules.special_tokens)
    conversation = line.get("input") if rules.method == "dpo" else line
    given = conversation.get("messages") if isinstance(conversation, dict) else None
    messages = given if isinstance(given, list) and set(map(type, given)) == {dict} else []
    if isinstance(conversation, dict) and not messages:
        yield _problem("messages", "the messages are no objects" if given else "there are no messages")
    yield from _keys(line, messages, rules)
    if rules.method == "dpo":
        yield from _pair(line)
    calls = [_calls(message) if "tool_calls" in message else [] for message in messages]
    yield from _contents(messages, calls, rules)
    yield from _pairing(messages, calls, rules)
    if isinstance(conversation, dict):
        yield from _tools(conversation, rules)
        called = [call["function"] for of_message in calls for call in of_message]
        yield from _called(conversation, called, rules)
    if messages:
        yield from _trained(messages, rules) if rules.method == "sft" else _prompt(line, messages, rules)


def _problem(rule: str, before: str, at: int | None = None, after: str = "", fault: str = "") -> Problem:
    """A problem in words: ``before`` and ``after`` stand around the name of message ``at``, ``fault`` at the end."""
    text, summary = (before, before) if at is None else (f"{before}message {at}{after}", f"{before}a message{after}")
    return Problem(rule, at, f"{text}: {fault}" if fault else text, summary)


def _special_tokens(line: JSON, pattern: re.Pattern[str]) -> Iterator[Problem]:
    """Each special token in any text of a line, keys included, at its first place."""
    found = set()
    parts: list[object] = [line]
    while parts:
        part = parts.pop()
        if isinstance(part, dict):
            parts += reversed([*part.keys(), *part.values()])
        elif isinstance(part, list):
            parts += reversed(part)
        elif isinstance(part, str):
            for match in pattern.finditer(part):
                if match[0] not in found:
                    found.add(match[0])
                    summary = f"{match[0]}, which makes a provider refuse the file"
                    around = part[max(0, match.start() - AROUND) : match.end() + AROUND]
                    yield Problem("special-token", None, f"{summary}, in {quoted(around)}", summary)


def _keys(line: JSON, messages: Sequence[JSON], rules: Rules) -> Iterator[Problem]:
    """Keys of the row, roles and keys of messages that the reader does not know."""
    if rules.row_keys is not None and not line.keys() <= rules.row_keys:
        yield from (_problem("row-key", f"unknown key {quoted(key)}") for key in line if key not in rules.row_keys)
    roles, known = rules.roles, rules.message_keys
    for at, message in enumerate(messages):
        role = message.get("role")
        if not isinstance(role, str) or role not in roles:
            yield _problem("role", f"role {quoted(role)} in ", at)
        if known is not None and not message.keys() <= known:
            unknown = sorted(message.keys() - known)
            yield from (_problem("message-key", f"unknown key {quoted(key)} in ", at) for key in unknown)


def _pair(line: JSON) -> Iterator[Problem]:
    """What is wrong with the shape of a dpo row: a prompt and two replies to it."""
    if not isinstance(line.get("input"), dict):
        yield _problem("dpo-shape", "`input` is no object")
    for key in ("preferred_output", "non_preferred_output"):
        match line.get(key):
            case [{"role": "assistant"}]:
                pass
            case _:
                yield _problem("dpo-shape", f"`{key}` is not a list of exactly one assistant message")


def _calls(message: JSON) -> list[JSON]:
    """The calls of a reply that have an id and a function; none in a message of another role."""
    calls = message.get("tool_calls") if message.get("role") == "assistant" else None
    return [
        call
        for call in (calls if isinstance(calls, list) else [])
        if isinstance(call, dict) and isinstance(call.get("id"), str) and isinstance(call.get("function"), dict)
    ]


def _contents(messages: Sequence[JSON], calls: Sequence[list[JSON]], rules: Rules) -> Iterator[Problem]:
    """Messages that say nothing, or whose content or calls are of another shape."""
    text = (str, list) if rules.content_parts else str
    for at, message in enumerate(messages):
        role, content, given = message.get("role"), message.get("content"), message.get("tool_calls")
        if not content and not given and role == "assistant":
            if not rules.empty_replies or (content is None and "refusal" not in message):
                yield _problem("content", "", at, " says nothing and calls nothing")
        elif content is None and role != "assistant":
            yield _problem("content", "", at, f", of {one_line(str(role))}, has no content")
        if content is not None and not isinstance(content, text):
            yield _problem("content", "the content of ", at, " is no text", quoted(content))
        if given is not None:
            yield from _shape_of_calls(at, role, given, len(calls[at]), rules)


def _shape_of_calls(at: int, role: object, given: object, complete: int, rules: Rules) -> Iterator[Problem]:
    """What is wrong with the ``tool_calls`` of message ``at``, of which so many are ``complete``."""
    if role != "assistant":
        if given and rules.declared_tools:
            yield _problem("tool-call", "", at, f", of {one_line(str(role))}, calls tools", quoted(given))
    elif not isinstance(given, list) or not given:
        yield _problem("tool-call", "the calls of ", at, " are no filled list", quoted(given))
    elif complete < len(given):
        yield _problem("tool-call", "a call of ", at, " lacks its id or function", quoted(given))


def _pairing(messages: Sequence[JSON], calls: Sequence[list[JSON]], rules: Rules) -> Iterator[Problem]:
    """Every call is answered at once, but for those of a last reply where these may stay open."""
    seen: set[str] = set()
    waiting: dict[str, object] = {}
    for at, message in enumerate(messages):
        if message.get("role") == "tool":
            call_id = message.get("tool_call_id")
            if not isinstance(call_id, str) or call_id not in waiting:
                yield _problem("tool-result", "", at, " answers no open call", quoted(message.get("content")))
            else:
                del waiting[call_id]
            continue
        if waiting:
            after = f" comes before {len(waiting)} calls are answered"
            yield _problem("tool-result", "", at, after, _listed(waiting))
        complete = calls[at]
        waiting = {call["id"]: call["function"] for call in complete} if complete else {}
        if rules.unique_call_ids and complete:
            if len(waiting.keys() - seen) < len(complete):
                yield _problem("tool-call", "", at, " repeats a call id", _listed(waiting))
            seen |= waiting.keys()
    if waiting and not (rules.open_end and messages[-1].get("role") == "assistant"):
        yield _problem("tool-result", f"{len(waiting)} calls at the end are not answered", fault=_listed(waiting))


def _listed(calls: Mapping[str, object]) -> str:
    return quoted("; ".join(f"{call_id} {function}" for call_id, function in calls.items()))


def _tools(conversation: JSON, rules: Rules) -> Iterator[Problem]:
    """What is wrong with the tools that a row offers."""
    tools, functions = conversation.get("tools"), _functions(conversation)
    if tools is not None and not isinstance(tools, list):
        yield _problem("tools", "`tools` is no list", fault=quoted(tools))
    elif tools and len(functions) < len(tools):
        yield _problem("tools", "an entry of `tools` is no function tool", fault=quoted(tools))
    for function in functions:
        name = function.get("name")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            yield _problem("tools", f"tool name {quoted(name)} is not one that providers take")
    if rules.declared_tools:
        counted = Counter(str(function.get("name")) for function in functions)
        twice = ((name, n) for name, n in counted.items() if n > 1)
        yield from (_problem("tools", f"{n} tools have the name {quoted(name)}") for name, n in twice)
        for function in functions:
            if not isinstance(function.get("parameters"), dict):
                yield _problem("tools", f"the parameters of the tool {quoted(function.get('name'))} are no object")


def _called(conversation: JSON, called: Sequence[JSON], rules: Rules) -> Iterator[Problem]:
    """What is wrong with the functions that a row's replies call."""
    if rules.declared_tools:  # whose names are looked at where they are declared
        declared = {str(function.get("name")) for function in _functions(conversation)}
        unknown = sorted({str(function.get("name")) for function in called} - declared)
        yield from (_problem("tool-call", f"{quoted(name)} is called and not among the tools") for name in unknown)
    for function in called:
        name, arguments = function.get("name"), function.get("arguments")
        if not rules.declared_tools and (not isinstance(name, str) or not _NAME.fullmatch(name)):
            yield _problem("tool-call", f"tool name {quoted(name)} is not one that providers take")
        if not isinstance(arguments, str):
            yield _problem("tool-call", "the arguments of a call are no text", fault=quoted(arguments))


def _functions(conversation: JSON) -> list[JSON]:
    """The functions among the tools that a row offers."""
    tools = conversation.get("tools")
    return [
        tool["function"]
        for tool in (tools if isinstance(tools, list) else [])
        if isinstance(tool, dict) and tool.get("type") == "function" and isinstance(tool.get("function"), dict)
    ]


def _trained(messages: Sequence[JSON], rules: Rules) -> Iterator[Problem]:
    """What is wrong with the weights of an sft row and with how it ends."""
    assumed = None if rules.weight_required else 1
    trained = False
    for at, message in enumerate(messages):
        if message.get("role") == "assistant":
            weight = message.get("weight", assumed)
            trained = trained or weight == 1
            if type(weight) is not int or weight not in {0, 1}:
                yield _problem("weight", "", at, f", a reply, has the weight {quoted(weight)} and not 0 or 1")
        elif "weight" in message:
            yield _problem("weight", "", at, f", of {one_line(str(message.get('role')))}, has a weight")
    if not trained:
        yield _problem("weight", "no reply is trained on")
    last = messages[-1]
    untrained = rules.weight_required and last.get("weight") != 1
    if untrained or str(last.get("role")) not in rules.last_roles:
        shown = quoted(last.get("content") or last.get("tool_calls"))
        yield _problem("last-message", "the last message is no reply that is trained on", fault=shown)


def _prompt(line: JSON, messages: Sequence[JSON], rules: Rules) -> Iterator[Problem]:
    """What is wrong with how the prompt of an rft or dpo row ends, with weights and with the reference."""
    last = messages[-1]
    if (role := str(last.get("role"))) not in rules.last_roles:
        wanted, shown = " or ".join(sorted(rules.last_roles)), quoted(last.get("content") or last.get("tool_calls"))
        text = f"the prompt ends with {one_line(role)}; {rules.reader} wants {wanted}"
        yield _problem("last-message", text, fault=shown)
    if any("weight" in message for message in messages):
        yield _problem("weight", "a prompt's message has a weight")
    if rules.method == "rft" and rules.declared_tools:
        reference = line.get("reference")
        name = reference.get("name") if isinstance(reference, dict) else None
        if all(function.get("name") != name for function in _functions(line)):
            yield _problem("reference", f"the reference calls {quoted(name)}, which is no tool of the row")
