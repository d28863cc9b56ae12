"""mini-swe-agent trajectories: one run a file, ``<instance>.traj.json``.

Written by mini-swe-agent (https://mini-swe-agent.com, "Output files"): ``{"info": {"exit_status", "submission",
"model_stats", "config"}, "messages": [...], "trajectory_format": "mini-swe-agent-1"}``; releases before 1.0 wrote the
bare list of messages. A reply is prose and one fenced block, run by a shell (since 2.0, ``mini-swe-agent-1.1``, a tool
call); what follows it as a user message is the observation, or the harness's refusal of a reply with no block or
several: then every block is a call whose result is that refusal (``error``), and a reply without a block is a call
without arguments. In its confirm mode a person may refuse a command (``denied``). ``resolved.json`` beside the files
(instance to true or false) is the verifier's verdict.

Marker: ``trajectory_format`` that begins with ``mini-swe-agent``, or ``info`` with ``mini_version``; in a bare list,
the prompt that names ``COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT``.
"""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, Literal

import msgspec

from reroute.formats._reading import values
from reroute.formats._reading.decode import BAD_RECORD, decode, each
from reroute.formats._reading.document import Document, Record
from reroute.formats._reading.ledger import BARE, refuse, within
from reroute.formats._reading.steps import Steps
from reroute.formats.mini_swe_agent import shell_blocks
from reroute.trace import Outcome, Rejected, Status, Trajectory

NAME = "mini-swe-agent"
VERSION = 4
UNIT: Literal["record", "file"] = "file"
RECORD_TYPES = frozenset({
    "run", "message", "message/system", "message/user", "message/assistant", "message/tool", "message/exit",
})  # fmt: skip
KEYS = frozenset({
    "info", "messages", "trajectory_format", "instance_id", "role", "content", "extra", "timestamp", "tool_calls",
    "tool_call_id", "reasoning_content", "provider_specific_fields", "function_call", "thinking_blocks",
})  # fmt: skip

_OLD_TASK = re.compile(r"Please solve this issue: (.*?)\n\nYou can execute bash commands", re.DOTALL)
_LANDMARK = 100
"""Characters of the template behind the task that are looked for: its last lines may be trimmed."""


class _Usage(msgspec.Struct):
    prompt_tokens: Any = None
    completion_tokens: Any = None
    cost: Any = None
    prompt_tokens_details: dict[str, Any] | None = None
    completion_tokens_details: dict[str, Any] | None = None


class _Reply(msgspec.Struct):
    reasoning: str | None = None
    reasoning_content: str | None = None


class _Choice(msgspec.Struct):
    finish_reason: str | None = None
    message: _Reply | None = None


class _Response(msgspec.Struct):
    model: str | None = None
    created: Any = None
    choices: list[_Choice] | None = None
    usage: _Usage | None = None


class _Extra(msgspec.Struct):
    response: _Response | None = None
    cost: Any = None
    timestamp: Any = None
    returncode: Any = None
    interrupt_type: str | None = None


class _Function(msgspec.Struct):
    name: str | None = None
    arguments: str = ""


class _Call(msgspec.Struct):
    function: _Function
    id: str | None = None


class _Message(msgspec.Struct):
    role: str
    content: str | list[Any] | None = None
    tool_calls: list[_Call] | None = None
    tool_call_id: str | None = None
    extra: _Extra | None = None


class _Agent(msgspec.Struct):
    instance_template: str | None = None
    step_limit: float | None = None
    cost_limit: float | None = None


class _Config(msgspec.Struct):
    agent: _Agent | None = None
    model: dict[str, Any] | None = None
    environment: dict[str, Any] | None = None


class _Info(msgspec.Struct):
    exit_status: str | None = None
    mini_version: str | None = None
    config: _Config | None = None


class _Run(msgspec.Struct):
    messages: list[_Message]
    info: _Info | None = None
    instance_id: str | None = None


_RUN = msgspec.json.Decoder(_Run)
_MESSAGES = msgspec.json.Decoder(list[_Message])
_VERDICTS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_OUTCOMES: dict[bytes, Outcome] = {
    b"true": Outcome(outcome="pass", source="verifier"),
    b"false": Outcome(outcome="fail", source="verifier"),
}


def matches(document: Document) -> bool:
    """An object with the declared format or version; a bare list whose prompt is mini-swe-agent's."""
    head = document.head
    if document.layout == "array":
        prompts = [item.get("content") for item in head[:2] if isinstance(item, dict) and "role" in item]
        return any(shell_blocks.submits(str(prompt)) for prompt in prompts)
    first = head[0] if head else None
    if not isinstance(first, dict) or "messages" not in first:
        return False
    info = first.get("info")
    versioned = isinstance(info, dict) and "mini_version" in info
    return versioned or str(first.get("trajectory_format")).startswith("mini-swe-agent")


def read(document: Document) -> Iterator[Trajectory | Rejected]:
    """The run of the file, or the runs where several lie in it as lines."""
    records = [document.one_record()] if document.layout == "array" else document.records()
    ledger = document.ledger
    yield from each(
        records,
        lambda record: [_trajectory(record, document.path, ledger)],
        partial(refuse, ledger, partial(within, {"messages": "message", BARE: "message"})),
    )


def _trajectory(record: Record, path: Path, ledger: Counter[tuple[str, str | None]]) -> Trajectory:
    data = record.data
    run = _Run(decode(_MESSAGES, data)) if data[:1] == b"[" else decode(_RUN, data)
    info, steps = run.info or _Info(), Steps(record.index)
    config = info.config or _Config()
    agent, model = config.agent or _Agent(), _stated(config.model, "model_name")
    for position, message in enumerate(run.messages):
        before = len(steps.done)
        _add(steps, message, model, f"/messages/{position}" if run.info else f"/{position}")
        steps.account(f"message/{message.role}", before)
    if info.exit_status and info.exit_status not in {"Submitted", "submitted"}:
        steps.add("system", "event", f"exit_status: {info.exit_status}", "/info/exit_status", status="error")
    instance = run.instance_id
    verdict = None
    if instance is not None:  # what ``resolved.json`` beside the file says of it
        with contextlib.suppress(OSError, *BAD_RECORD):
            said = _VERDICTS.decode((path.parent / "resolved.json").read_bytes()).get(instance, b"")
            verdict = _OUTCOMES.get(bytes(said))
    steps.account("run", 0)
    times = [step.started_at for step in steps.done if step.started_at]
    facts = {
        "agent_version": info.mini_version, "cwd": _stated(config.environment, "cwd"),
        "step_limit": agent.step_limit, "cost_limit": agent.cost_limit,
    }  # fmt: skip
    found = Trajectory(
        format=NAME,
        steps=steps.done,
        task_id=instance,
        task=_task(agent.instance_template, run.messages),
        agent=NAME,
        model=model,
        started_at=min(times, default=None),
        ended_at=max(times, default=None),
        split_group=instance.rpartition("-")[0] or instance if instance else None,
        metadata={name: value for name, value in facts.items() if value},
        outcome=verdict,
        source_index=record.index,
    )
    ledger.update(steps.records)
    return found


def _add(steps: Steps, message: _Message, model: str | None, pointer: str) -> None:
    """The steps of one message: a reply, what the harness shows of its calls, a prompt, other words of the harness."""
    text = values.content(message.content)[0]
    if message.role == "assistant":
        before = len(steps.done)
        _respond(steps, message, text or "", pointer)
        for step in steps.done[before:]:
            step.model = model or step.model
    elif message.role == "tool" or (message.role != "system" and steps.open_calls()):
        # The observation of one call, or the refusal or end of them all.
        seen, extra = shell_blocks.observation(text or ""), message.extra or _Extra()
        code = seen.exit_code if extra.returncode is None else extra.returncode
        calls = [call for call in steps.open_calls() if message.tool_call_id in {None, call.call_id}]
        if not calls:
            where = f"{pointer}/content"
            steps.result(seen.content, message.tool_call_id, where, status=seen.status, exit_code=code)
        for call in calls:
            status: Status = "error" if extra.interrupt_type == "FormatError" else seen.status
            if status == "unknown" and code is None and shell_blocks.submits(call.arguments or ""):
                status = "ok"
            result = steps.result(seen.content, call.call_id, f"{pointer}/content", status=status, exit_code=code)
            if status == "denied":
                result.approval, result.approved_by = "denied", "human"
    elif message.role == "system" or (message.role == "user" and steps.turn == 0):
        steps.add("system" if message.role == "system" else "user", "message", text, f"{pointer}/content")
    elif text:
        steps.add("system", "event", text, f"{pointer}/content")


def _respond(steps: Steps, message: _Message, text: str, pointer: str) -> None:
    """Reasoning, prose, the commands; a reply without one is a call without arguments."""
    steps.respond()
    extra, before = message.extra or _Extra(), len(steps.done)
    response = extra.response or _Response()
    choice = (response.choices or [_Choice()])[0]
    reply = choice.message or _Reply()
    if reasoning := (reply.reasoning or reply.reasoning_content):
        steps.add("assistant", "reasoning", reasoning, f"{pointer}/extra/response/choices/0/message/reasoning")
    prose, commands = (text, []) if message.tool_calls else shell_blocks.split(text)
    if prose:
        steps.add("assistant", "message", prose, f"{pointer}/content")
    for command in commands:
        steps.call("bash", values.json_text({"command": command}), None, f"{pointer}/content")
    for position, call in enumerate(message.tool_calls or []):
        arguments = values.argument_text(call.function.arguments)
        steps.call(call.function.name, arguments, call.id, f"{pointer}/tool_calls/{position}")
    if not commands and not message.tool_calls:
        steps.call("bash", "{}", None, f"{pointer}/content")
    if choice.finish_reason == "length":
        steps.add("assistant", "event", "finish_reason: length", f"{pointer}/extra/response/choices/0/finish_reason")
    for step in steps.done[before:]:
        step.model, step.started_at = response.model, values.micros(response.created or extra.timestamp)
    first, usage = steps.done[before], response.usage or _Usage()
    first.input_tokens, first.output_tokens = usage.prompt_tokens, usage.completion_tokens
    first.cached_tokens = values.whole_number((usage.prompt_tokens_details or {}).get("cached_tokens"))
    first.reasoning_tokens = values.whole_number((usage.completion_tokens_details or {}).get("reasoning_tokens"))
    first.cost_usd = extra.cost if extra.cost is not None else usage.cost


def _task(template: str | None, messages: list[_Message]) -> str | None:
    """The issue inside the first user message, cut out along the template's own words."""
    text = next((m.content for m in messages if m.role == "user" and isinstance(m.content, str)), None)
    if text is None:
        return None
    if template and "{{task}}" in template:
        before, _, after = template.partition("{{task}}")
        after = re.split(r"\{[{%]", after)[0][:_LANDMARK]
        start, end = text.find(before), text.rfind(after) if after else len(text)
        if 0 <= start < end:
            return text[start + len(before) : end].strip()
    old = _OLD_TASK.search(text)
    return old.group(1) if old else text


def _stated(facts: dict[str, Any] | None, name: str) -> str | None:
    value = (facts or {}).get(name)
    return value if isinstance(value, str) and value else None
