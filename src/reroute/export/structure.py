"""Whether a line is a conversation that a provider will accept: said in words, one problem each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from reroute.export.dialects import Dialect
from reroute.export.recipe import Method

_NAME = re.compile(r"^[a-zA-Z0-9_-]{1,64}$")
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
    """What is wrong with a line; empty where nothing is."""
    messages = line.get("messages")
    if not isinstance(messages, list) or not messages:
        return ["there are no messages"]
    found = [f"unknown key {key}" for key in line if key not in _KEYS[method]]
    found += [
        f"role {m.get('role')} in message {n}" for n, m in enumerate(messages) if m.get("role") not in _ROLES[method]
    ]
    found += list(_contents(messages)) + list(_pairing(messages, open_end=method == "sft")) + list(_tools(line))
    return found + list(_weights(messages) if method == "sft" else _prompt(line, messages, dialect))


def _contents(messages: list[dict[str, Any]]) -> Iterator[str]:
    for at, message in enumerate(messages):
        content, calls = message.get("content"), message.get("tool_calls")
        if message.get("role") == "assistant" and not content and not calls:
            yield f"message {at} says nothing and calls nothing"
        if content is not None and not isinstance(content, str):
            yield f"the content of message {at} is no text"
        if message.get("role") != "assistant" and content is None:
            yield f"message {at} has no content"


def _pairing(messages: list[dict[str, Any]], *, open_end: bool) -> Iterator[str]:
    """Ids are unique; every call is answered at once; ``open_end``: but for those of a last reply."""
    seen: set[str] = set()
    waiting: set[str] = set()
    for at, message in enumerate(messages):
        if message.get("role") == "tool":
            if message.get("tool_call_id") not in waiting:
                yield f"message {at} answers no open call"
            waiting.discard(str(message.get("tool_call_id")))
            continue
        if waiting:
            yield f"message {at} comes before {len(waiting)} calls are answered"
        ids = [str(call.get("id")) for call in message.get("tool_calls") or []]
        if len({*ids} - seen) < len(ids):
            yield f"message {at} repeats a call id"
        seen |= {*ids}
        waiting = {*ids}
    if waiting and not (open_end and messages[-1].get("role") == "assistant"):
        yield f"{len(waiting)} calls at the end are not answered"


def _tools(line: Mapping[str, Any]) -> Iterator[str]:
    names = [tool.get("function", {}).get("name") for tool in line.get("tools") or []]
    yield from (f"tool name {name!r} is not one that providers take" for name in names if not _NAME.match(str(name)))
    if len(set(names)) < len(names):
        yield "two tools have one name"
    called = {c["function"]["name"] for m in line["messages"] for c in m.get("tool_calls") or []}
    yield from (f"{name} is called and not among the tools" for name in sorted(called - set(names)))
    arguments = [c["function"]["arguments"] for m in line["messages"] for c in m.get("tool_calls") or []]
    if not all(isinstance(text, str) for text in arguments):
        yield "the arguments of a call are no text"


def _weights(messages: list[dict[str, Any]]) -> Iterator[str]:
    weights = [message.get("weight") for message in messages if message.get("role") == "assistant"]
    if any(type(weight) is not int or weight not in {0, 1} for weight in weights):
        yield "a reply has no weight of 0 or 1"
    if any("weight" in message for message in messages if message.get("role") != "assistant"):
        yield "a message that is no reply has a weight"
    if 1 not in weights:
        yield "no reply is trained on"
    if messages[-1].get("role") != "assistant" or messages[-1].get("weight") != 1:
        yield "the last message is no reply that is trained on"


def _prompt(line: Mapping[str, Any], messages: list[dict[str, Any]], dialect: Dialect) -> Iterator[str]:
    if messages[-1].get("role") not in dialect.LAST_ROLES:
        wanted = " or ".join(sorted(dialect.LAST_ROLES))
        yield f"the prompt ends with {messages[-1].get('role')}; {dialect.NAME} wants {wanted}"
    if any("weight" in message for message in messages):
        yield "a prompt's message has a weight"
    names = {tool["function"]["name"] for tool in line.get("tools") or []}
    if line.get("reference", {}).get("name") not in names:
        yield "the reference calls no tool of the row"
