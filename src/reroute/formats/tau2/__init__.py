"""tau2-bench results: several simulations a file, or one simulation a file.

Written by tau2-bench (https://github.com/sierra-research/tau2-bench, ``src/tau2/data_model``): ``{"info":
{"agent_info", "environment_info"}, "tasks", "simulations": [{"id", "task_id", "termination_reason", "reward_info",
"messages"}]}``; in its folder layout each simulation is a file of its own, without ``info``. Calls are flat (``{"id",
"name", "arguments", "requestor"}``), and the simulated user has tools too: its calls and results are a lane of their
own (``user``), since they are not the agent's. Voice runs have ``ticks`` instead of messages (see ``voice``).
``reward_info`` holds the verifier's verdict and the gold actions; only the reward is read.

Marker: ``simulations``, a list whose items have ``task_id`` and ``termination_reason``, or one such item.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import msgspec

from reroute.formats._reading import values
from reroute.formats._reading.decode import decode, each
from reroute.formats._reading.document import Document, Record
from reroute.formats._reading.steps import Steps
from reroute.formats.tau2 import voice
from reroute.formats.tau2.calls import Call, Result, call, result
from reroute.trace import Outcome, Rejected, Step, Trajectory

NAME = "tau2"
VERSION = 2
UNIT = "record"

_ENDS = {"user_stop", "agent_stop"}
"""Reasons to end that are no failure of the harness and no limit."""


class _Message(msgspec.Struct):
    role: str
    content: str | list[Any] | None = None
    tool_calls: list[Call] | None = None
    timestamp: Any = None
    usage: dict[str, Any] | None = None
    cost: Any = None
    raw_data: Any = None
    id: str | None = None
    error: bool | None = None
    requestor: str | None = None
    tool_messages: list[Result] | None = None


class _Reward(msgspec.Struct):
    reward: float | None = None


class _Simulation(msgspec.Struct):
    task_id: str | int
    termination_reason: str | None
    id: str | None = None
    messages: list[_Message] | None = None
    ticks: list[voice.Tick] | None = None
    reward_info: _Reward | None = None
    trial: int | None = None
    start_time: Any = None
    end_time: Any = None


class _Agent(msgspec.Struct):
    implementation: str | None = None
    llm: str | None = None


class _Environment(msgspec.Struct):
    domain_name: str | None = None
    policy: str | None = None
    tool_defs: msgspec.Raw = msgspec.Raw(b"")


class _Info(msgspec.Struct):
    agent_info: _Agent = msgspec.field(default_factory=_Agent)
    environment_info: _Environment = msgspec.field(default_factory=_Environment)


class _Results(msgspec.Struct):
    simulations: list[msgspec.Raw]
    info: _Info = msgspec.field(default_factory=_Info)


_RESULTS = msgspec.json.Decoder(_Results)
_SIMULATION = msgspec.json.Decoder(_Simulation)
_OUTLINE = msgspec.json.Decoder(dict[str, msgspec.Raw])


def matches(document: Document) -> bool:
    """A record with simulations, or that is one."""
    return any(isinstance(value, dict) and _declares(value) for value in document.head)


def read(document: Document) -> Iterator[Trajectory | Rejected]:
    """A trajectory for each simulation; one that is broken is rejected alone."""
    return each(document.records(), _simulations)


def _declares(value: dict[str, Any]) -> bool:
    if isinstance(value.get("simulations"), list):
        return any(isinstance(item, dict) and _is_simulation(item) for item in value["simulations"])
    return _is_simulation(value) and ("messages" in value or "ticks" in value)


def _is_simulation(value: dict[str, Any]) -> bool:
    return {"task_id", "termination_reason"} <= value.keys()


def _simulations(record: Record) -> Iterator[Trajectory | Rejected]:
    if "simulations" not in decode(_OUTLINE, record.data):
        yield _trajectory(decode(_SIMULATION, record.data), _Info(), record.index, "")
        return
    results = decode(_RESULTS, record.data)
    for position, raw in enumerate(results.simulations):
        alone = Record(record.index, record.offset, bytes(raw))
        yield from each([alone], partial(_simulation, results.info, f"/simulations/{position}"))


def _simulation(info: _Info, base: str, record: Record) -> Iterator[Trajectory]:
    yield _trajectory(decode(_SIMULATION, record.data), info, record.index, base)


def _trajectory(run: _Simulation, info: _Info, index: int, base: str) -> Trajectory:
    steps, environment = Steps(index), info.environment_info
    if environment.policy:
        steps.add("system", "message", environment.policy, "/info/environment_info/policy")
    for position, message in enumerate(run.messages or []):
        _add(steps, message, f"{base}/messages/{position}")
    if run.ticks and not run.messages:
        voice.add(steps, run.ticks, f"{base}/ticks")
    if run.termination_reason and run.termination_reason not in _ENDS:
        text = f"termination_reason: {run.termination_reason}"
        steps.add("system", "event", text, f"{base}/termination_reason", status="error")
    task_id, domain = str(run.task_id), environment.domain_name
    return Trajectory(
        format=NAME,
        steps=steps.done,
        run_id=run.id,
        task_id=task_id,
        task=next((s.content for s in steps.done if s.role == "user" and s.type == "message" and s.content), None),
        agent=info.agent_info.implementation,
        model=info.agent_info.llm,
        started_at=values.micros(run.start_time),
        ended_at=values.micros(run.end_time),
        tools=_tools(environment.tool_defs),
        split_group=f"{domain}/{task_id}" if domain else task_id,
        metadata={k: v for k, v in (("domain", domain), ("trial", run.trial)) if v is not None},
        outcome=_outcome(run.reward_info),
        source_index=index,
    )


def _add(steps: Steps, message: _Message, pointer: str) -> None:
    before = len(steps.done)
    content = message.content
    text = values.text_and_media(content)[0] if isinstance(content, list) else content
    match message.role:
        case "tool":
            _observe(steps, message, text, pointer)
        case "assistant":
            _respond(steps, message, text, pointer)
        case "user":
            _say(steps, message, text, pointer)
        case "system":
            steps.add("system", "message", text, pointer)
        case _:
            raise msgspec.ValidationError(f"role `{message.role[:40]}` - at `{pointer}`")
    at = values.micros(message.timestamp)
    for step in steps.done[before:]:
        step.started_at = at


def _respond(steps: Steps, message: _Message, text: str | None, pointer: str) -> None:
    """Reasoning, words, calls; what it cost stands on the first."""
    steps.respond()
    before = len(steps.done)
    if thought := _reasoning(message.raw_data):
        steps.add("assistant", "reasoning", thought, f"{pointer}/raw_data/message/reasoning_content")
    if text or not message.tool_calls:
        steps.add("assistant", "message", text, pointer)
    for position, made in enumerate(message.tool_calls or []):
        call(steps, made, f"{pointer}/tool_calls/{position}")
    if isinstance(message.raw_data, dict) and message.raw_data.get("finish_reason") == "length":
        steps.add("assistant", "event", "finish_reason: length", f"{pointer}/raw_data/finish_reason")
    _spend(steps.done[before], message)


def _say(steps: Steps, message: _Message, text: str | None, pointer: str) -> None:
    """What the user says, and what it does with tools of its own."""
    if text:
        steps.add("user", "message", text, pointer)
    if message.tool_calls:
        steps.respond()
    for position, made in enumerate(message.tool_calls or []):
        call(steps, made, f"{pointer}/tool_calls/{position}", requestor="user")


def _observe(steps: Steps, message: _Message, text: str | None, pointer: str) -> None:
    if message.tool_messages is None:
        result(steps, Result(message.id, text, message.error, message.requestor), pointer)
    for position, one in enumerate(message.tool_messages or []):
        result(steps, one, f"{pointer}/tool_messages/{position}")


def _reasoning(raw: Any) -> str | None:
    """The reasoning in what the model's API returned, as far as that was kept."""
    reply = raw.get("message") if isinstance(raw, dict) else None
    thought = reply.get("reasoning_content") if isinstance(reply, dict) else None
    return thought if isinstance(thought, str) else None


def _spend(step: Step, message: _Message) -> None:
    usage = message.usage or {}
    for name, key in (("input_tokens", "prompt_tokens"), ("output_tokens", "completion_tokens")):
        if isinstance(usage.get(key), int):
            setattr(step, name, usage[key])
    step.cost_usd = message.cost


def _tools(raw: msgspec.Raw) -> str | None:
    """The tools as stated (a list, or by name); tau2's own signatures as function schemas."""
    stated = values.any_value(raw)
    tools = list(stated.values()) if isinstance(stated, dict) else stated
    if not isinstance(tools, list) or not tools:
        return None
    return values.json_text([_schema(tool) for tool in tools])


def _schema(tool: Any) -> Any:
    if not isinstance(tool, dict) or "params" not in tool:
        return tool
    function = {"name": tool.get("name"), "description": tool.get("doc"), "parameters": tool["params"]}
    return {"type": "function", "function": function}


def _outcome(info: _Reward | None) -> Outcome | None:
    """The verifier's reward: 1 is a pass, anything less a fail."""
    if info is None or info.reward is None:
        return None
    return Outcome(outcome="pass" if info.reward >= 1 else "fail", source="verifier", reward=info.reward)
