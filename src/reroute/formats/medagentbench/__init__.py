"""MedAgentBench runs: one task a file, in which a model talks to a FHIR server by text.

Written by harnesses of MedAgentBench (https://github.com/stanfordmlgroup/MedAgentBench): ``{"task_id", "instruction",
"status", "prompt", "turns": [{"agent_reply", "action_kind", "url", "payload", "observation"}], "correct"}``. A reply is
one ``GET url``, ``POST url`` with JSON below it, or ``FINISH([answers])``; a reply of another form ends the run with no
observation, and ``status`` alone says so: then each request found in it is a call whose result is that status. Requests
are named by resource, as the prompt's list of functions names them (``GET Observation``), with the query as arguments.
``correct`` is the verifier's verdict; ``grade``, ``integrity`` and ``write_attempts`` are its reasons and are not read.

Marker: ``turns``, a list whose items have ``agent_reply`` and ``action_kind``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from reroute.formats._reading.decode import decode, each
from reroute.formats._reading.document import Document
from reroute.formats._reading.steps import Steps
from reroute.formats.medagentbench import fhir_requests
from reroute.trace import Outcome, Rejected, Step, Trajectory

NAME = "medagentbench"
VERSION = 1
UNIT = "record"

_DONE = {"completed", None}


class _Turn(msgspec.Struct):
    agent_reply: str
    action_kind: str
    observation: str | None = None


class _Run(msgspec.Struct):
    turns: list[_Turn]
    task_id: str | None = None
    category: str | None = None
    instruction: str | None = None
    prompt: str | None = None
    status: str | None = None
    correct: bool | None = None
    infra_fail: bool | None = None
    infra_reason: str | None = None
    attempt: int | None = None
    diagnostics: Any = None


_RUN = msgspec.json.Decoder(_Run)


def matches(document: Document) -> bool:
    """A record with turns of replies and kinds of action."""
    return any(isinstance(value, dict) and _declares(value.get("turns")) for value in document.head)


def read(document: Document) -> Iterator[Trajectory | Rejected]:
    """A trajectory for each record."""
    return each(document.records(), lambda record: [_trajectory(decode(_RUN, record.data), record.index)])


def _declares(turns: object) -> bool:
    return isinstance(turns, list) and any(
        isinstance(turn, dict) and {"agent_reply", "action_kind"} <= turn.keys() for turn in turns
    )


def _trajectory(run: _Run, index: int) -> Trajectory:
    steps = Steps(index)
    if run.prompt:
        steps.add("user", "message", run.prompt, "/prompt")
    for position, turn in enumerate(run.turns):
        _add(steps, turn, run.status, f"/turns/{position}")
    if run.status not in _DONE:
        steps.add("system", "event", f"status: {run.status}", "/status", status="error")
    if run.infra_fail:
        steps.add("system", "event", f"infra_fail: {run.infra_reason}", "/infra_reason", status="error")
    return Trajectory(
        format=NAME,
        steps=steps.done,
        task_id=run.task_id,
        task=run.instruction,
        model=_model(run.diagnostics),
        tools=fhir_requests.tools(run.prompt or ""),
        split_group=run.category or run.task_id,
        metadata={} if run.attempt is None else {"attempt": run.attempt},
        outcome=_outcome(run),
        source_index=index,
    )


def _add(steps: Steps, turn: _Turn, status: str | None, pointer: str) -> None:
    """A reply: its final answer, or its request with what came of it."""
    steps.respond()
    reply, where = turn.agent_reply, f"{pointer}/agent_reply"
    if turn.action_kind == "finish":
        steps.add("assistant", "message", reply, where)
        return
    prose, requests = fhir_requests.split(reply)
    if prose:
        steps.add("assistant", "message", prose, where)
    calls = [steps.call(request.tool, request.arguments, None, where) for request in requests]
    for _ in calls or [steps.call(None, "{}", None, where)]:
        _observe(steps, turn, status, pointer)


def _observe(steps: Steps, turn: _Turn, status: str | None, pointer: str) -> Step | None:
    """What the server said; of a reply that no server saw, the status that ended the run."""
    if turn.observation is not None:
        seen = fhir_requests.observation(turn.observation)
        return steps.result(
            seen.content, None, f"{pointer}/observation", status=seen.status, http_status=seen.http_status
        )
    if turn.action_kind == "invalid":
        return steps.result(status, None, "/status", status="error")
    return None


def _model(diagnostics: Any) -> str | None:
    """The model, where the harness knows it: it writes ``(agent default)`` where not."""
    provenance = diagnostics.get("provenance") if isinstance(diagnostics, dict) else None
    model = provenance.get("model") if isinstance(provenance, dict) else None
    return model if isinstance(model, str) and not model.startswith("(") else None


def _outcome(run: _Run) -> Outcome | None:
    """The verdict; none of a run that the harness itself broke."""
    if run.correct is None or run.infra_fail:
        return None
    return Outcome(outcome="pass" if run.correct else "fail", source="verifier")
