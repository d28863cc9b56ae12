"""OpenAI chat messages: one run a record, in lines, an array or one object.

Written by whatever logs the messages of the Chat Completions API
(https://platform.openai.com/docs/api-reference/chat): ``{"messages": [{"role", "content", "tool_calls"}], "tools"}``.
Also tau-bench's results (https://github.com/sierra-research/tau-bench), ``{"task_id", "reward", "info", "traj",
"trial"}``, and lines that are a bare list of messages. A record that holds one request with its reply (``response``,
``output``) is no run and is left alone; so is a whole file that is one bare list, which says nothing of itself. In a
log that repeats the history with each request, a record's ids, time and tokens are those of its last reply.

Calls may stand as tags in a reply, for models without tool calling: SWE-agent's and OpenHands' XML protocol,
``<function=bash><parameter=command>ls</parameter></function>``. The system prompt declares it; the user message after
a call is the observation.

Marker: a record with ``messages`` or ``traj``, a list whose items have a ``role`` of that API.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any

import msgspec

from reroute.formats._reading import values
from reroute.formats._reading.decode import decode, each, rejected
from reroute.formats._reading.document import Document, Record
from reroute.formats._reading.ledger import BARE, refuse, within
from reroute.formats._reading.steps import Steps
from reroute.trace import Rejected, Role, Step, Trajectory

NAME = "openai-chat"
VERSION = 2
UNIT = "record"
RECORD_TYPES = frozenset({
    "run", "metadata", "message", "message/system", "message/developer", "message/user", "message/assistant",
    "message/tool", "message/function",
})  # fmt: skip

_ROLES: dict[str, Role] = {
    "system": "system", "developer": "developer", "user": "user", "assistant": "assistant", "tool": "tool",
    "function": "tool",
}  # fmt: skip
_FOREIGN = {
    "trajectory_format", "schema_version", "response", "output", "prompt", "completion", "history", "events", "samples",
    "simulations", "termination_reason", "steps", "trajectory", "turns", "sessionId", "project", "session",
}  # fmt: skip
"""Keys of other formats; a number under such a name (``"steps": 12``) is a fact of the run and no sign."""
_MARKED_CALL = re.compile(r"<function=([\w.-]+)>\n?(.*?)</function>", re.DOTALL)
_PARAMETER = re.compile(r"<parameter=([\w.-]+)>(.*?)</parameter>", re.DOTALL)
_THOUGHTS = {"reasoning", "thinking", "redacted_thinking"}
"""Types of content parts that are reasoning, which later requests leave out."""
_RESPONSE_ID = re.compile(r"\A(?:chatcmpl|resp|gen|msg)[-_]")
"""What ids of responses begin with, in logs that keep one record a request."""
_USAGE = (
    ("input_tokens", None, "prompt_tokens"), ("output_tokens", None, "completion_tokens"),
    ("cached_tokens", "prompt_tokens_details", "cached_tokens"),
    ("reasoning_tokens", "completion_tokens_details", "reasoning_tokens"),
)  # fmt: skip
"""A step's count, and where a request's usage states it."""
_BANNER = re.compile(r"\A(?:OBSERVATION|Observation): ?\n?|\AEXECUTION RESULT of \[[^\]]*\]:\n")
"""What stands before the observation of a marked call."""


class _Function(msgspec.Struct, gc=False):
    name: str | None = None
    arguments: msgspec.Raw = msgspec.Raw(b"")


class _Custom(msgspec.Struct, gc=False):
    name: str | None = None
    input: str = ""


class _Call(msgspec.Struct, gc=False):
    id: str | int | None = None
    function: _Function | None = None
    name: str | None = None
    arguments: msgspec.Raw = msgspec.Raw(b"")
    custom: _Custom | None = None


class _Message(msgspec.Struct, gc=False):
    role: str
    content: str | list[Any] | dict[str, Any] | None = None
    tool_calls: list[_Call] | str | None = None
    function_call: _Function | None = None
    tool_call_id: str | int | None = None
    name: str | None = None
    reasoning_content: str | None = None
    reasoning: Any = None
    refusal: str | None = None
    finish_reason: str | None = None
    id: Any = None
    timestamp: Any = None
    created_at: Any = None


class _Run(msgspec.Struct, gc=False):
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
    response_id: Any = None
    timestamp: Any = None
    created_at: Any = None
    created: Any = None
    usage: Any = None
    bare: bool = False


_RUN = msgspec.json.Decoder(_Run, strict=True)
_MESSAGES = msgspec.json.Decoder(list[_Message])
_INSIDE = partial(within, {"messages": "message", "traj": "message", BARE: "message"})


def matches(document: Document) -> bool:
    """A record whose ``messages`` or ``traj`` have roles of the API, and no key of another format."""
    for value in document.head:
        messages: object = value if document.layout == "lines" else None
        if isinstance(value, dict):
            if any(not isinstance(value[key], int | float | None) for key in value.keys() & _FOREIGN):
                continue
            messages = value.get("traj", value.get("messages"))
        if not isinstance(messages, list) or not messages:
            continue
        if all(isinstance(item, dict) and str(item.get("role")) in _ROLES for item in messages):
            return True
    return False


def read(document: Document) -> Iterator[Trajectory | Rejected]:
    """A trajectory for each record; a line with nothing but ``metadata`` describes the file and is passed by."""
    ledger = document.ledger
    return each(document.records(), partial(_run, ledger), partial(refuse, ledger, _INSIDE))


def _run(ledger: Counter[tuple[str, str | None]], record: Record) -> Iterator[Trajectory | Rejected]:
    bare = record.data[:1] == b"["
    run = _Run(messages=decode(_MESSAGES, record.data), bare=True) if bare else decode(_RUN, record.data)
    messages = run.traj if run.traj is not None else run.messages
    if not messages:
        if run.metadata:
            ledger["metadata", "it describes the file"] += 1
        else:
            yield rejected(record, "no messages in this record")
        refuse(ledger, _INSIDE, record)
        return
    yield _trajectory(run, messages, record.index, ledger)


def _trajectory(run: _Run, messages: list[_Message], index: int, ledger: Counter[tuple[str, str | None]]) -> Trajectory:
    steps, base = Steps(index), "" if run.bare else "/messages" if run.traj is None else "/traj"
    prompt = values.content(messages[0].content)[0] or ""
    marked = "<function=" in prompt and "</function>" in prompt
    for position, message in enumerate(messages):
        before = len(steps.done)
        _add(steps, message, f"{base}/{position}", marked)
        steps.account(f"message/{message.role}", before)
    steps.account("run", 0)
    if run.traj is not None and run.messages:
        steps.records["message", "the run's `traj` stands in its place"] += len(run.messages)
    ledger.update(steps.records)
    if run.finish_reason == "length":
        steps.add("assistant", "event", "finish_reason: length", "/finish_reason")
    at = _describe_reply(run, steps, messages[-1])
    task = values.any_value(run.task)
    if not isinstance(task, str):
        task = next((values.content(message.content)[0] for message in messages if message.role == "user"), None)
    task_id = run.task_id if run.task_id is not None else run.instance_id
    group = None if task_id is None else str(task_id)
    if run.instance_id and "__" in run.instance_id:  # owner__name-number or owner__name.commit.x: the repository
        owner, _, rest = run.instance_id.partition("__")
        group = f"{owner}__{rest.rpartition('-')[0] or rest}".partition(".")[0]
    ids = (run.run_id, run.traj_id, run.trajectory_id, run.conversation_id, run.id)
    tools = bytes(run.tools) or bytes(run.functions)
    return Trajectory(
        format=NAME,
        steps=steps.done,
        run_id=next((name for name in ids if name and isinstance(name, str)), None),
        task_id=None if task_id is None else str(task_id),
        task=task,
        agent=run.agent,
        model=run.model,
        started_at=at,
        tools=str(tools, "utf-8") if tools[:1] == b"[" else None,
        split_group=group,
        metadata={} if run.trial is None else {"trial": run.trial},
        outcome=values.run_outcome(run.reward),
        source_index=index,
    )


def _describe_reply(run: _Run, steps: Steps, last: _Message) -> int | None:
    """Give the reply that a record ends with what the record says of its one request; the time of that.

    A log that keeps one record a request repeats the replies before it, so nothing of this is theirs.
    """
    at = next((at for at in map(values.micros, (run.timestamp, run.created_at, run.created)) if at is not None), None)
    name = next((i for i in (run.response_id, run.id) if isinstance(i, str) and _RESPONSE_ID.match(i)), None)
    reply = [step for step in steps.done if step.turn == steps.turn] if last.role == "assistant" else []
    for step in reply:
        step.record_id, step.started_at = step.record_id or name, step.started_at or at
    if reply and isinstance(run.usage, dict):
        for field, group, name in _USAGE:
            counts = run.usage if group is None else run.usage.get(group)
            setattr(reply[0], field, values.whole_number(counts.get(name)) if isinstance(counts, dict) else None)
    return at


def _add(steps: Steps, message: _Message, pointer: str, marked: bool) -> None:
    """The steps of one message. This is the reader's inner loop: facts are set only where there are any."""
    role = _ROLES.get(message.role)
    if role is None:
        raise msgspec.ValidationError(f"role `{message.role[:40]}` - at `{pointer}`")
    content = message.content
    before = len(steps.done)
    if isinstance(content, list) and role == "assistant":
        thoughts = [part for part in content if isinstance(part, dict) and str(part.get("type")) in _THOUGHTS]
        message.reasoning_content = message.reasoning_content or values.text_and_media(thoughts)[0]
        content = [part for part in content if part not in thoughts] if thoughts else content
    text, media = (content, None) if content is None or isinstance(content, str) else values.content(content)
    if role == "assistant":
        step = _respond(steps, message, text, pointer, marked)
    elif role == "tool":
        call_id = message.tool_call_id
        step = steps.result(text, call_id if call_id is None else str(call_id), pointer)
        step.tool = step.tool or message.name
    elif marked and role == "user" and steps.open_calls():
        step = steps.result(None if text is None else _BANNER.sub("", text), None, pointer)
    else:
        step = steps.add(role, "message", text, pointer)
        step.agent = message.name
    if media:
        step.media = media
    if message.id is not None or message.timestamp is not None or message.created_at is not None:
        at = values.micros(message.timestamp if message.timestamp is not None else message.created_at)
        for one in steps.done[before:]:
            one.record_id, one.started_at = values.text(message.id), at


def _respond(steps: Steps, message: _Message, text: str | None, pointer: str, marked: bool) -> Step:
    """The steps of a reply: reasoning, what it says, its calls. The one that says something, else the first."""
    steps.turn += 1
    before, said = len(steps.done), None
    if thought := message.reasoning_content or (message.reasoning if isinstance(message.reasoning, str) else None):
        steps.add("assistant", "reasoning", thought, pointer)
    tags = _MARKED_CALL.findall(text) if marked and text else []
    if text and tags:
        text = text[: text.index("<function=")].rstrip()  # the prose before the first call
    text = text or message.refusal
    if text or not (message.tool_calls or tags or message.function_call):
        said = steps.add("assistant", "message", text, pointer)
        said.agent = message.name
    for tool, body in tags:
        given = {name: value.removeprefix("\n").removesuffix("\n") for name, value in _PARAMETER.findall(body)}
        steps.call(tool, values.json_text(given), None, pointer)
    if message.tool_calls:
        _add_calls(steps, message.tool_calls, f"{pointer}/tool_calls")
    if message.function_call:
        arguments = values.arguments(message.function_call.arguments)
        steps.call(message.function_call.name, arguments, None, f"{pointer}/function_call")
    if message.finish_reason == "length":
        steps.add("assistant", "event", "finish_reason: length", f"{pointer}/finish_reason")
    return said or steps.done[before]


def _add_calls(steps: Steps, given: list[_Call] | str, base: str) -> None:
    """The calls; some loggers wrote the list down as Python prints it."""
    if isinstance(given, str):
        try:
            value = ast.literal_eval(given)
        except (ValueError, SyntaxError, MemoryError) as error:
            raise msgspec.ValidationError("`tool_calls` is text and no list") from error
        given = msgspec.json.decode(msgspec.json.encode(value), type=list[_Call])
    for position, call in enumerate(given):
        pointer = f"{base}/{position}"
        call_id = call.id if call.id is None or isinstance(call.id, str) else str(call.id)
        if call.custom:
            steps.call(call.custom.name, values.json_text({"input": call.custom.input}), call_id, pointer)
        else:
            function = call.function or _Function(call.name, call.arguments)
            steps.call(function.name, values.arguments(function.arguments), call_id, pointer)
