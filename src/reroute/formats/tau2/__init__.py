"""tau2-bench results: several simulations a file, or one simulation a file.

Written by tau2-bench (https://github.com/sierra-research/tau2-bench, ``src/tau2/data_model``): ``{"info":
{"agent_info", "environment_info"}, "tasks", "simulations": [{"id", "task_id", "termination_reason", "reward_info",
"messages"}]}``; in its folder layout each simulation is a file of its own, without ``info``. Calls are flat (``{"id",
"name", "arguments", "requestor"}``), and the simulated user has tools too: its calls and results are a lane of their
own (``user``), since they are not the agent's. Voice runs have ``ticks`` instead of messages (see ``sides``).
``reward_info`` holds the verifier's verdict and the gold actions; only the reward is read.

Marker: ``simulations``, a list whose items have ``task_id`` and ``termination_reason``, or one such item.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any

import msgspec

from reroute.formats._reading import values
from reroute.formats._reading.decode import decode, each
from reroute.formats._reading.document import Document, Record
from reroute.formats._reading.ledger import refuse, within
from reroute.formats._reading.steps import Steps
from reroute.formats.tau2.sides import Call, Result, Tick, add_ticks, call, result
from reroute.trace import Rejected, Trajectory

NAME = "tau2"
VERSION = 3
UNIT = "record"
RECORD_TYPES = frozenset({
    "results", "simulation", "tick", "message", "message/system", "message/user", "message/assistant",
    "message/tool",
})  # fmt: skip
KEYS = frozenset({
    "simulations", "info", "tasks", "timestamp", "id", "task_id", "termination_reason", "reward_info", "messages",
    "ticks", "trial", "start_time", "end_time", "mode", "seed", "duration", "agent_cost", "user_cost", "review",
    "user_only_review", "auth_classification", "speech_environment", "effect_timeline", "policy", "info_hash",
})  # fmt: skip

_ENDS = {"user_stop", "agent_stop"}
"""Reasons to end that are no failure of the harness and no limit."""
_OF_A_SIMULATION = {"task_id", "termination_reason"}


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
    ticks: list[Tick] | None = None
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
_INSIDE = partial(within, {
    "simulations": "simulation", "simulations/messages": "message", "simulations/ticks": "tick",
    "messages": "message", "ticks": "tick",
})  # fmt: skip


def matches(document: Document) -> bool:
    """A record with simulations, or that is one."""
    for value in document.head:
        if not isinstance(value, dict):
            continue
        held = value.get("simulations")
        if isinstance(held, list):
            if any(isinstance(item, dict) and item.keys() >= _OF_A_SIMULATION for item in held):
                return True
        elif value.keys() >= _OF_A_SIMULATION and ("messages" in value or "ticks" in value):
            return True
    return False


def read(document: Document) -> Iterator[Trajectory | Rejected]:
    """A trajectory for each simulation; one that is broken is rejected alone."""
    return each(document.records(), partial(_simulations, document.ledger), partial(refuse, document.ledger, _INSIDE))


def _simulations(ledger: Counter[tuple[str, str | None]], record: Record) -> Iterator[Trajectory | Rejected]:
    if "simulations" not in decode(_OUTLINE, record.data):
        yield from _simulation(ledger, _Info(), "", record)
        return
    results = decode(_RESULTS, record.data)
    ledger["results", None if results.simulations else "no simulation in them"] += 1
    for position, raw in enumerate(results.simulations):
        alone = Record(record.index, record.offset, bytes(raw))
        read_one = partial(_simulation, ledger, results.info, f"/simulations/{position}")
        yield from each([alone], read_one, partial(refuse, ledger, _INSIDE))


def _simulation(
    ledger: Counter[tuple[str, str | None]], info: _Info, base: str, record: Record
) -> Iterator[Trajectory]:
    run = decode(_SIMULATION, record.data)
    steps, environment = Steps(record.index), info.environment_info
    if environment.policy:
        steps.add("system", "message", environment.policy, "/info/environment_info/policy")
    for position, message in enumerate(run.messages or []):
        before = len(steps.done)
        _add(steps, message, f"{base}/messages/{position}")
        steps.account(f"message/{message.role}", before)
    if run.ticks and not run.messages:
        add_ticks(steps, run.ticks, f"{base}/ticks")
    elif run.ticks:
        steps.records["tick", "the run's messages stand in its place"] += len(run.ticks)
    if run.termination_reason and run.termination_reason not in _ENDS:
        text = f"termination_reason: {run.termination_reason}"
        steps.add("system", "event", text, f"{base}/termination_reason", status="error")
    steps.account("simulation", 0)
    task_id, domain = str(run.task_id), environment.domain_name
    found = Trajectory(
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
        outcome=values.run_outcome(run.reward_info.reward if run.reward_info else None),
        source_index=record.index,
    )
    ledger.update(steps.records)
    yield found


def _add(steps: Steps, message: _Message, pointer: str) -> None:
    """The steps of one message; the user too may call tools, which are its own."""
    before = len(steps.done)
    text = values.content(message.content)[0]
    match message.role:
        case "assistant":
            _respond(steps, message, text, pointer)
        case "user":
            if text:
                steps.add("user", "message", text, pointer)
            if message.tool_calls:
                steps.respond()
            for position, made in enumerate(message.tool_calls or []):
                call(steps, made, f"{pointer}/tool_calls/{position}", requestor="user")
        case "tool":
            several = message.tool_messages
            alone = [] if several is not None else [Result(message.id, text, message.error, message.requestor)]
            for position, one in enumerate(alone or several or []):
                result(steps, one, pointer if alone else f"{pointer}/tool_messages/{position}")
        case "system":
            steps.add("system", "message", text, pointer)
        case _:
            raise msgspec.ValidationError(f"role `{message.role[:40]}` - at `{pointer}`")
    at = values.micros(message.timestamp)
    for step in steps.done[before:]:
        step.started_at = at


def _respond(steps: Steps, message: _Message, text: str | None, pointer: str) -> None:
    """Reasoning, as far as the reply of the model's API is stored; words; calls. Tokens and cost stand on the first."""
    steps.respond()
    before = len(steps.done)
    raw = message.raw_data if isinstance(message.raw_data, dict) else {}
    reply = raw.get("message")
    thought = reply.get("reasoning_content") if isinstance(reply, dict) else None
    if thought and isinstance(thought, str):
        steps.add("assistant", "reasoning", thought, f"{pointer}/raw_data/message/reasoning_content")
    if text or not message.tool_calls:
        steps.add("assistant", "message", text, pointer)
    for position, made in enumerate(message.tool_calls or []):
        call(steps, made, f"{pointer}/tool_calls/{position}")
    if raw.get("finish_reason") == "length":
        steps.add("assistant", "event", "finish_reason: length", f"{pointer}/raw_data/finish_reason")
    first, usage = steps.done[before], message.usage or {}
    first.input_tokens = values.whole_number(usage.get("prompt_tokens"))
    first.output_tokens = values.whole_number(usage.get("completion_tokens"))
    first.cost_usd = message.cost


def _tools(raw: msgspec.Raw) -> str | None:
    """The tools as stated (a list, or by name); tau2's own signatures as function schemas."""
    stated = values.any_value(raw)
    tools = list(stated.values()) if isinstance(stated, dict) else stated
    if not isinstance(tools, list) or not tools:
        return None
    for place, tool in enumerate(tools):
        if isinstance(tool, dict) and "params" in tool:
            function = {"name": tool.get("name"), "description": tool.get("doc"), "parameters": tool["params"]}
            tools[place] = {"type": "function", "function": function}
    return values.json_text(tools)
