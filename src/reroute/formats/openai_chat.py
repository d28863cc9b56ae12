"""OpenAI chat messages: one run a record, in lines, an array or one object.

Written by whatever logs the messages of the Chat Completions API
(https://platform.openai.com/docs/api-reference/chat): ``{"messages": [{"role", "content", "tool_calls"}], "tools"}``.
Also tau-bench's results (https://github.com/sierra-research/tau-bench), ``{"task_id", "reward", "info", "traj",
"trial"}``, and lines that are a bare list of messages. A record that holds one request with its reply (``response``,
``output``) is no run and is left alone; so is a whole file that is one bare list, which says nothing of itself.

Marker: a record with ``messages`` or ``traj``, a list whose items have a ``role`` of that API.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import msgspec

from reroute.formats import _content, _markup
from reroute.formats._decode import BAD_RECORD, decode, rejected
from reroute.formats._document import Document, Record
from reroute.formats._steps import Steps
from reroute.trace import Outcome, Rejected, Role, Trajectory

NAME = "openai-chat"
VERSION = 1
UNIT = "record"

_ROLES: dict[str, Role] = {
    "system": "system", "developer": "developer", "user": "user", "assistant": "assistant", "tool": "tool",
    "function": "tool",
}  # fmt: skip
_FOREIGN = {
    "trajectory_format", "schema_version", "response", "output", "prompt", "completion", "history", "events", "samples",
    "simulations", "steps", "trajectory", "turns", "sessionId", "project", "session",
}  # fmt: skip


class _Function(msgspec.Struct, gc=False):
    name: str | None = None
    arguments: msgspec.Raw = msgspec.Raw(b"")


class _Call(msgspec.Struct):
    id: str | int | None = None
    function: _Function | None = None
    name: str | None = None
    arguments: msgspec.Raw = msgspec.Raw(b"")
    custom: dict[str, Any] | None = None


class _Message(msgspec.Struct):
    role: str
    content: str | list[Any] | dict[str, Any] | None = None
    tool_calls: list[_Call] | str | None = None
    function_call: _Function | None = None
    tool_call_id: str | int | None = None
    name: str | None = None
    reasoning_content: str | None = None
    refusal: str | None = None
    finish_reason: str | None = None


class _Run(msgspec.Struct):
    messages: list[_Message] | None = None
    traj: list[_Message] | None = None
    tools: msgspec.Raw = msgspec.Raw(b"")
    functions: msgspec.Raw = msgspec.Raw(b"")
    id: str | int | None = None
    run_id: str | None = None
    traj_id: str | None = None
    trajectory_id: str | None = None
    conversation_id: str | None = None
    task_id: str | int | None = None
    instance_id: str | None = None
    task: msgspec.Raw = msgspec.Raw(b"")
    model: str | None = None
    agent: str | None = None
    reward: float | None = None
    trial: int | None = None
    finish_reason: str | None = None
    metadata: msgspec.Raw = msgspec.Raw(b"")


_RUN = msgspec.json.Decoder(_Run, strict=True)
_MESSAGES = msgspec.json.Decoder(list[_Message])


def matches(document: Document) -> bool:
    """A record whose ``messages`` or ``traj`` have roles of the API, and no key of another format."""
    return any(_is_run(value, in_line=document.layout == "lines") for value in document.head)


def read(document: Document) -> Iterator[Trajectory | Rejected]:
    """A trajectory for each record; a line with nothing but ``metadata`` describes the file and is passed by."""
    for record in document.records():
        if isinstance(record, Rejected):
            yield record
            continue
        try:
            run = _decoded(record)
            messages = run.traj if run.traj is not None else run.messages
            if messages:
                yield _trajectory(run, messages, record.index)
            elif not run.metadata:
                yield rejected(record, "no messages in this record")
        except BAD_RECORD as error:
            yield rejected(record, error)


def _is_run(value: object, *, in_line: bool) -> bool:
    if isinstance(value, dict):
        messages = value.get("traj", value.get("messages"))
        if value.keys() & _FOREIGN:
            return False
    else:
        messages = value if in_line else None
    if not isinstance(messages, list) or not messages:
        return False
    return all(isinstance(item, dict) and item.get("role") in _ROLES for item in messages)


def _decoded(record: Record) -> _Run:
    if record.data[:1] == b"[":
        return _Run(messages=decode(_MESSAGES, record.data))
    return decode(_RUN, record.data)


def _trajectory(run: _Run, messages: list[_Message], index: int) -> Trajectory:
    steps = Steps()
    base = "/traj" if run.traj is not None else "/messages"
    markup = _markup.declared(_plain(messages[0].content))
    for position, message in enumerate(messages):
        _add(steps, message, index, f"{base}/{position}", markup=markup)
    if run.finish_reason == "length":
        steps.add("assistant", "event", "finish_reason: length", index, "/finish_reason")
    task_id = run.task_id if run.task_id is not None else run.instance_id
    run_id = next((i for i in (run.run_id, run.traj_id, run.trajectory_id, run.conversation_id, run.id) if i), None)
    tools = bytes(run.tools) or bytes(run.functions)
    return Trajectory(
        format=NAME,
        steps=steps.done,
        run_id=None if run_id is None else str(run_id),
        task_id=None if task_id is None else str(task_id),
        task=_task(run, messages),
        agent=run.agent,
        model=run.model,
        tools=str(tools, "utf-8") if tools[:1] == b"[" else None,
        split_group=None if task_id is None else _group(run, str(task_id)),
        metadata={} if run.trial is None else {"trial": run.trial},
        outcome=_outcome(run),
        source_index=index,
    )


def _add(steps: Steps, message: _Message, index: int, pointer: str, *, markup: bool) -> None:
    text, media = _text(message.content)
    role = _ROLES.get(message.role)
    if role is None:
        raise msgspec.ValidationError(f"role `{message.role[:40]}` - at `{pointer}`")
    if role == "assistant":
        _respond(steps, message, text, media, index, pointer, markup=markup)
    elif role == "tool":
        call_id = None if message.tool_call_id is None else str(message.tool_call_id)
        steps.result(text, call_id, index, pointer, tool=message.name, media=media)
    elif markup and role == "user" and steps.open_calls():
        steps.result(_markup.observation(text), None, index, pointer, media=media)
    else:
        steps.add(role, "message", text, index, pointer, media=media, agent=message.name)


def _respond(
    steps: Steps, message: _Message, text: str | None, media: list[str], index: int, pointer: str, *, markup: bool
) -> None:
    steps.respond()
    if message.reasoning_content:
        steps.add("assistant", "reasoning", message.reasoning_content, index, pointer)
    prose, marked = _markup.calls(text) if markup and text else (text, [])
    text = prose or message.refusal
    calls = _calls(message)
    if text or media or not (calls or marked or message.function_call):
        steps.add("assistant", "message", text, index, pointer, media=media, agent=message.name)
    for tool, arguments in marked:
        steps.call(tool, arguments, None, index, pointer)
    for position, call in enumerate(calls):
        function = call.function or _Function(call.name, call.arguments)
        arguments = _content.json_text(call.custom) if call.custom else _content.arguments(function.arguments)
        name = function.name or (call.custom or {}).get("name")
        call_id = None if call.id is None else str(call.id)
        steps.call(name, arguments, call_id, index, f"{pointer}/tool_calls/{position}")
    if message.function_call:
        arguments = _content.arguments(message.function_call.arguments)
        steps.call(message.function_call.name, arguments, None, index, f"{pointer}/function_call")
    if message.finish_reason == "length":
        steps.add("assistant", "event", "finish_reason: length", index, f"{pointer}/finish_reason")


def _calls(message: _Message) -> list[_Call]:
    """The calls; some loggers wrote the list down as Python prints it."""
    if not isinstance(message.tool_calls, str):
        return message.tool_calls or []
    try:
        value = ast.literal_eval(message.tool_calls)
    except (ValueError, SyntaxError, MemoryError) as error:
        raise msgspec.ValidationError("`tool_calls` is text and no list") from error
    return msgspec.json.decode(msgspec.json.encode(value), type=list[_Call])


def _text(content: str | list[Any] | dict[str, Any] | None) -> tuple[str | None, list[str]]:
    if content is None or isinstance(content, str):
        return content, []
    return _content.text_and_media(content) if isinstance(content, list) else (_content.json_text(content), [])


def _plain(content: str | list[Any] | dict[str, Any] | None) -> str:
    return _text(content)[0] or ""


def _task(run: _Run, messages: list[_Message]) -> str | None:
    """The task as stated, else the first words of the user."""
    stated = _content.any_value(run.task)
    if isinstance(stated, str):
        return stated
    return next((_plain(message.content) for message in messages if message.role == "user"), None)


def _group(run: _Run, task_id: str) -> str:
    """The repository of a SWE-bench-like instance (owner__name-number or owner__name.commit.x), else the task."""
    if run.instance_id is None or "__" not in run.instance_id:
        return task_id
    owner, _, rest = run.instance_id.partition("__")
    return f"{owner}__{rest.rpartition('-')[0] or rest}".partition(".")[0]


def _outcome(run: _Run) -> Outcome | None:
    """A verifier's reward: 1 is a pass, anything less a fail."""
    if run.reward is None:
        return None
    return Outcome(outcome="pass" if run.reward >= 1 else "fail", source="verifier", reward=run.reward)
