"""Whether a line is a conversation that a provider will accept: said in words, one problem each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from reroute.export.dialects import Dialect
from reroute.export.recipe import Method
from reroute.safe_text import quoted

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_ROLES: Mapping[Method, frozenset[str]] = {
    "sft": frozenset({"system", "user", "assistant", "tool"}),
    "rft": frozenset({"developer", "user", "assistant", "tool"}),
}
_KEYS: Mapping[Method, frozenset[str]] = {
    "sft": frozenset({"messages", "tools", "parallel_tool_calls"}),
    "rft": frozenset({"messages", "tools", "reference", "forbidden", "acceptable", "schemas", "kind", "tier", "effort",
                      "row_id", "episode_id", "trajectory_id", "task_id"}),
}  # fmt: skip


def problems(line: Mapping[str, Any], method: Method, dialect: Dialect) -> list[str]:
    """What is wrong with a line, each with the beginning of the text at fault; empty where nothing is."""
    messages = line.get("messages")
    if not isinstance(messages, list) or not messages:
        return ["there are no messages"]
    found = [f"unknown key {quoted(key)}" for key in line if key not in _KEYS[method]]
    found += [
        f"role {quoted(m.get('role'))} in message {n}"
        for n, m in enumerate(messages)
        if m.get("role") not in _ROLES[method]
    ]
    for at, message in enumerate(messages):
        content, calls = message.get("content"), message.get("tool_calls")
        if message.get("role") == "assistant" and not content and not calls:
            found.append(f"message {at} says nothing and calls nothing")
        if content is not None and not isinstance(content, str):
            found.append(f"the content of message {at} is no text: {quoted(content)}")
        if message.get("role") != "assistant" and content is None:
            found.append(f"message {at}, of {message.get('role')}, has no content")
    found += [*_pairing(messages, open_end=method == "sft"), *_tools(line)]
    return found + list(_weights(messages) if method == "sft" else _prompt(line, messages, dialect))


def _pairing(messages: list[dict[str, Any]], *, open_end: bool) -> Iterator[str]:
    """Ids are unique; every call is answered at once; ``open_end``: but for those of a last reply."""
    seen: set[str] = set()
    waiting: dict[str, str] = {}
    for at, message in enumerate(messages):
        if message.get("role") == "tool":
            if message.get("tool_call_id") not in waiting:
                yield f"message {at} answers no open call: {quoted(message.get('content'))}"
            waiting.pop(str(message.get("tool_call_id")), None)
            continue
        if waiting:
            yield f"message {at} comes before {len(waiting)} calls are answered: {_calls(waiting)}"
        calls = {str(call.get("id")): str(call.get("function")) for call in message.get("tool_calls") or []}
        if len(calls.keys() - seen) < len(message.get("tool_calls") or []):
            yield f"message {at} repeats a call id: {_calls(calls)}"
        seen |= calls.keys()
        waiting = calls
    if waiting and not (open_end and messages[-1].get("role") == "assistant"):
        yield f"{len(waiting)} calls at the end are not answered: {_calls(waiting)}"


def _calls(calls: Mapping[str, str]) -> str:
    return quoted("; ".join(f"{call_id} {function}" for call_id, function in calls.items()))


def _tools(line: Mapping[str, Any]) -> Iterator[str]:
    functions = [tool.get("function", {}) for tool in line.get("tools") or []]
    names = [function.get("name") for function in functions]
    yield from (f"tool name {quoted(n)} is not one that providers take" for n in names if not _NAME.fullmatch(str(n)))
    yield from (f"{n} tools have the name {quoted(name)}" for name, n in Counter(names).items() if n > 1)
    for function in functions:
        if not isinstance(function.get("parameters"), dict):
            yield f"the parameters of the tool {quoted(function.get('name'))} are no object"
    called = {c["function"]["name"] for m in line["messages"] for c in m.get("tool_calls") or []}
    yield from (f"{quoted(name)} is called and not among the tools" for name in sorted(called - set(names)))
    arguments = [c["function"]["arguments"] for m in line["messages"] for c in m.get("tool_calls") or []]
    yield from (f"the arguments of a call are no text: {quoted(a)}" for a in arguments if not isinstance(a, str))


def _weights(messages: list[dict[str, Any]]) -> Iterator[str]:
    for at, message in enumerate(messages):
        weight = message.get("weight")
        if message.get("role") == "assistant" and (type(weight) is not int or weight not in {0, 1}):
            yield f"message {at}, a reply, has the weight {quoted(weight)} and not 0 or 1"
        if message.get("role") != "assistant" and "weight" in message:
            yield f"message {at}, of {message.get('role')}, has a weight"
    if all(message.get("weight") != 1 for message in messages):
        yield "no reply is trained on"
    last = messages[-1]
    if last.get("role") != "assistant" or last.get("weight") != 1:
        shown = quoted(last.get("content") or last.get("tool_calls"))
        yield f"the last message is no reply that is trained on: {shown}"


def _prompt(line: Mapping[str, Any], messages: list[dict[str, Any]], dialect: Dialect) -> Iterator[str]:
    if (last := messages[-1]).get("role") not in dialect.LAST_ROLES:
        wanted, shown = " or ".join(sorted(dialect.LAST_ROLES)), quoted(last.get("content") or last.get("tool_calls"))
        yield f"the prompt ends with {last.get('role')}; {dialect.NAME} wants {wanted}: {shown}"
    if any("weight" in message for message in messages):
        yield "a prompt's message has a weight"
    names = {tool["function"]["name"] for tool in line.get("tools") or []}
    reference = line.get("reference", {}).get("name")
    if reference not in names:
        yield f"the reference calls {quoted(reference)}, which is no tool of the row"
