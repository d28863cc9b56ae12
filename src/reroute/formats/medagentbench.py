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

import contextlib
import re
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import unquote

import msgspec

from reroute.formats._reading import values
from reroute.formats._reading.decode import decode, each
from reroute.formats._reading.document import Document
from reroute.formats._reading.ledger import refuse, within
from reroute.formats._reading.steps import Facts, Steps
from reroute.trace import Outcome, Rejected, Trajectory

NAME = "medagentbench"
VERSION = 2
UNIT = "record"
RECORD_TYPES = frozenset({"run", "turn", "turn/get", "turn/post", "turn/finish", "turn/invalid"})
KEYS = frozenset({
    "task_id", "category", "instruction", "prompt", "status", "turns", "correct", "infra_fail", "infra_reason",
    "attempt", "diagnostics", "result", "grade", "findings", "rounds", "history", "context", "duration_ms",
    "write_attempts", "eval_mrn", "integrity",
})  # fmt: skip
STAPLES = frozenset({"task_id", "instruction", "prompt", "status", "turns"})

_DONE = {"completed", None}
_REQUEST = re.compile(r"^(GET|POST)[ \t]+(https?://\S+)[ \t]*$", re.MULTILINE)
_ADDRESS = re.compile(r"https?://[^\s?#]*/([A-Z][A-Za-z]+)(?:\?([^#\s]*))?\Z")
_SHOWN = re.compile(r"\AHere is the response from the GET request:\n(.*)\Z", re.DOTALL)
_ACCEPTED = "POST request accepted"
_REFUSED = re.compile(r"\A(?:Error in sending the (?:GET|POST) request: |Invalid POST request)(?:(\d{3}) )?")
_URGE = re.compile(r"\. Please call FINISH if you have got answers [^\n]*\Z")
_FUNCTIONS = re.compile(r'^\[\{"name": ?"(?:GET|POST) .*$', re.MULTILINE)
_JSON = msgspec.json.Decoder()


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
    lists = [value.get("turns") for value in document.head if isinstance(value, dict)]
    turns = [turn for held in lists if isinstance(held, list) for turn in held]
    return any(isinstance(turn, dict) and {"agent_reply", "action_kind"} <= turn.keys() for turn in turns)


def read(document: Document) -> Iterator[Trajectory | Rejected]:
    """A trajectory for each record."""
    ledger = document.ledger
    return each(
        document.records(),
        lambda record: [_trajectory(decode(_RUN, record.data), record.index, ledger)],
        partial(refuse, ledger, partial(within, {"turns": "turn"})),
    )


def _trajectory(run: _Run, index: int, ledger: Counter[tuple[str, str | None]]) -> Trajectory:
    steps = Steps(index)
    if run.prompt:
        steps.add("user", "message", run.prompt, "/prompt")
    for position, turn in enumerate(run.turns):
        before = len(steps.done)
        _add(steps, turn, run.status, f"/turns/{position}")
        steps.account(f"turn/{turn.action_kind}", before)
    if run.status not in _DONE:
        steps.add("system", "event", f"status: {run.status}", "/status", status="error")
    if run.infra_fail:
        steps.add("system", "event", f"infra_fail: {run.infra_reason}", "/infra_reason", status="error")
    # The harness writes ``(agent default)`` where it does not know the model.
    provenance = run.diagnostics.get("provenance") if isinstance(run.diagnostics, dict) else None
    model = provenance.get("model") if isinstance(provenance, dict) else None
    # The functions that the prompt lists, named as calls are.
    listed, stated = _FUNCTIONS.search(run.prompt or ""), None
    with contextlib.suppress(msgspec.DecodeError, RecursionError):
        stated = _JSON.decode(listed.group()) if listed else None
    tools = []
    for tool in stated or ():
        if isinstance(tool, dict):
            method, _, address = str(tool.get("name")).partition(" ")
            name = f"{method} {address.rpartition('/')[2]}".strip()
            tools.append({"type": "function", "function": {**tool, "name": name}})
    judged = run.correct is not None and not run.infra_fail  # the harness broke it: no verdict
    steps.account("run", 0)
    ledger.update(steps.records)
    return Trajectory(
        format=NAME,
        steps=steps.done,
        task_id=run.task_id,
        task=run.instruction,
        model=model if isinstance(model, str) and not model.startswith("(") else None,
        tools=values.json_text(tools) if stated else None,
        split_group=run.category or run.task_id,
        metadata={} if run.attempt is None else {"attempt": run.attempt},
        outcome=Outcome(outcome="pass" if run.correct else "fail", source="verifier") if judged else None,
        source_index=index,
    )


def _add(steps: Steps, turn: _Turn, status: str | None, pointer: str) -> None:
    """A reply: its final answer, or its requests with their results."""
    steps.respond()
    reply, where = turn.agent_reply, f"{pointer}/agent_reply"
    if turn.action_kind == "finish":
        steps.add("assistant", "message", reply, where)
        return
    found = list(_REQUEST.finditer(reply))
    prose = (reply[: found[0].start()] if found else reply).strip()
    if prose:
        steps.add("assistant", "message", prose, where)
    ends = [request.start() for request in found[1:]] + [len(reply)]
    calls: list[tuple[str | None, str]] = [
        _called(request.group(1), request.group(2), reply[request.end() : end].strip())
        for request, end in zip(found, ends, strict=False)
    ] or [(None, "{}")]
    for tool, arguments in calls:
        steps.call(tool, arguments, None, where)
    # What the harness says: the server's reply (ok), its acceptance (ok), an error with its HTTP status.
    content, facts = _URGE.sub("", turn.observation or ""), Facts(status="unknown")
    if shown := _SHOWN.match(content):
        content, facts = shown.group(1), {"status": "ok"}
    elif content.startswith(_ACCEPTED):
        facts = {"status": "ok"}
    elif refused := _REFUSED.match(content):
        facts = {"status": "error", "http_status": int(refused.group(1)) if refused.group(1) else None}
    for _ in calls:
        if turn.observation is not None:
            steps.result(content, None, f"{pointer}/observation", **facts)
        elif turn.action_kind == "invalid":  # no server saw the reply: the status that ended the run is its result
            steps.result(status, None, "/status", status="error")


def _called(method: str, address: str, below: str) -> tuple[str, str]:
    """Tool and arguments (JSON text) of a request: named by its resource, else the method with the address.

    The JSON below a request is among its arguments; what is no JSON stays text.
    """
    plain = _ADDRESS.match(address)
    arguments: dict[str, Any] = {} if plain else {"url": address}
    for pair in (plain.group(2) or "").split("&") if plain else []:
        name, _, value = map(unquote, pair.partition("="))
        given = arguments.get(name)
        if name:
            arguments[name] = value if given is None else [*(given if isinstance(given, list) else [given]), value]
    if below:
        try:
            payload = _JSON.decode(below)
        except (msgspec.DecodeError, RecursionError):
            payload = below
        arguments.update(payload if isinstance(payload, dict) else {"payload": payload})
    return f"{method} {plain.group(1)}" if plain else method, values.json_text(arguments)
