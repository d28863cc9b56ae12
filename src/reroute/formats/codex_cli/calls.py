"""The calls of a Codex session: plain ones, scripts of code mode, commands that go on; and the tokens of responses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from reroute.formats._reading import values
from reroute.formats._reading.steps import Facts, Steps
from reroute.formats.codex_cli.items import acted
from reroute.formats.codex_cli.lines import ENDED, HOSTED, Payload, call, result, running
from reroute.formats.codex_cli.scripts import (
    is_script,
    only_call,
    printed,
    running_cell,
    script_failed,
    script_over,
)
from reroute.trace import Step, StepType

_COUNTS = (
    ("input_tokens", "input_tokens"), ("output_tokens", "output_tokens"),
    ("reasoning_tokens", "reasoning_output_tokens"), ("cached_tokens", "cached_input_tokens"),
)  # fmt: skip


@dataclass
class _Script:
    """A call of code mode whose result is not there yet."""

    tool: str
    arguments: str
    call_id: str | None
    turn: int
    index: int
    file: str | None
    facts: Facts
    acted: int = 0
    """Items that stood inside it."""


class Calls:
    """What a session's model did, and what came of it."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps
        self.context = Payload()
        """The last turn's: model and effort."""
        self._start: Step | None = None
        self._waiting: dict[str, Any] = {}
        self._total: object = None
        self._running: dict[str, int] = {}
        """Step of the call that goes on in each shell session."""
        self._asked: dict[str | None, str] = {}
        """The shell session that a call looks into, by call id."""
        self._scripts: dict[str | None, _Script] = {}
        self._cells: dict[str, str | None] = {}
        """The script that goes on under each cell's id."""
        self._stated: dict[str | None, Facts] = {}
        """What an event states of a call before its result."""
        self._answers: dict[str | None, Step] = {}
        """The result of each call, by call id."""

    def say(self, kind: StepType, text: str | None, facts: Facts) -> None:
        """What the model says or thinks."""
        self.steps.continue_response()
        self._belongs(self.steps.add("assistant", kind, text, "/payload", **facts))

    def call(self, kind: str, payload: Payload, facts: Facts) -> str | None:
        """A call; why it is none yet, for a script, whose own calls may stand for it."""
        self.steps.continue_response()
        tool, arguments = call(kind, payload)
        call_id = payload.call_id or payload.id
        if is_script(tool, arguments):
            now = (self.steps.turn, self.steps.index, self.steps.file)
            self._scripts[call_id] = _Script(tool, arguments, call_id, *now, facts)
            return "a script: the calls in it stand for it"
        step = self.steps.call(tool, arguments, call_id, "/payload", **facts)
        self._belongs(step)
        if tool in {"write_stdin", "wait"}:
            # The shell session that `write_stdin` names, or the cell that `wait` does.
            given = msgspec.json.decode(arguments)
            asked = given.get("session_id", given.get("cell_id")) if isinstance(given, dict) else ""
            self._asked[call_id] = str(asked)
        if kind in HOSTED:
            facts["status"] = ENDED.get(payload.status, "unknown")
            self.steps.result(None, step.call_id, "/payload/status", **facts)
        return None

    def result(self, payload: Payload, facts: Facts) -> str | None:
        """The result of a call; of a script that failed or did nothing, with the call itself."""
        self.steps.responding = False
        call_id = payload.call_id or payload.id
        output = payload.output if payload.output is not None else payload.tools
        text, stated = result(output)
        cell = running_cell(text)
        script = self._scripts.get(call_id) if cell else self._scripts.pop(call_id, None)
        if script is not None:
            if cell:
                self._cells[cell] = call_id
            failed = script_failed(text)
            if script.acted and not failed:
                return "what a script printed: the calls in it have their own results"
            only = None if failed or cell else only_call(script.arguments)
            if only is not None:
                script.tool, script.arguments = only
                text, more = printed(text or "")
                stated |= more
            self._script_call(script)
            stated["status"] = "error" if failed else stated.get("status", "unknown")
        step = self.steps.result(text, call_id, "/payload/output", **(facts | stated))
        self._answers[call_id] = step
        _complete(step, self._stated.pop(call_id, {}))
        self._follow(step, running(output) or cell)
        return None

    def _follow(self, step: Step, begun: str | None) -> None:
        """Have a look at what goes on state how that ended; note what a result says goes on."""
        looked = self._asked.pop(step.call_id, None)
        over = step.exit_code is not None or script_over(step.content)
        if looked is not None and over:
            self._scripts.pop(self._cells.pop(looked, None), None)
            step.ends_call = self._running.pop(looked, None)
            if script_failed(step.content):
                step.status = "error"
        elif begun and step.parent_step is not None and looked is None:
            self._running[begun] = step.parent_step

    def item(self, item: dict[str, Any], facts: Facts) -> str | None:
        """A call that was completed, with its result: one inside a script, or one that no item of its own says."""
        done = acted(item)
        if done is None:
            return "an item that is no message and no call"
        call_id = values.text(item.get("id"))
        script = next(reversed(self._scripts.values()), None)
        if (call_id is not None and call_id in self._answers) or (script is None and self.steps.open_calls()):
            self.states(call_id, done.facts)
            return "a call and its result say the same"
        if script is not None:
            script.acted += 1
        else:
            self.steps.continue_response()
        step = self.steps.call(done.tool, done.arguments, call_id, "/payload/item", **facts)
        self._belongs(step)
        self._answers[call_id] = self.steps.result(done.content, call_id, "/payload/item", **(facts | done.facts))
        self.steps.responding = script is not None
        return None

    def end(self, payload: Payload, facts: Facts) -> str | None:
        """An event by which a call ends: of a script's own call it is all there is."""
        called = any(call.call_id == payload.call_id for call in self.steps.open_calls())
        if self._scripts and not called and payload.item is not None:
            return self.item(payload.item, facts)
        done = acted(payload.item or {})
        if done is not None:
            self.states(payload.call_id, done.facts)
        return (
            "its call and result say the same" if called or payload.call_id in self._answers else "a person's command"
        )

    def states(self, call_id: str | None, facts: Facts) -> None:
        """Complete the result of a call, which may stand further on, by what an event states of it."""
        if call_id in self._answers:
            _complete(self._answers[call_id], facts)
        else:
            self._stated[call_id] = facts

    def count(self, payload: Payload) -> None:
        """Tokens of the response under way or, as older releases write them, of the one that follows."""
        info = payload.info or {}
        usage, total = info.get("last_token_usage"), info.get("total_token_usage")
        if payload.input_tokens is not None:
            usage = {"input_tokens": payload.input_tokens, "output_tokens": payload.output_tokens}
        if not isinstance(usage, dict) or (total is not None and total == self._total):
            return
        self._total = total
        start = self._start if self._start and self._start.turn == self.steps.turn else None
        if self.steps.responding and start is not None and start.input_tokens is None:
            _spend(start, usage)
        else:
            for name, given in usage.items():  # tokens that the next response takes
                if (number := values.whole_number(given)) is not None:
                    self._waiting[name] = self._waiting.get(name, 0) + number

    def close(self) -> None:
        """Give the tokens that no later response took to the last step of the model."""
        last = next((step for step in reversed(self.steps.done) if step.role == "assistant"), None)
        if last is not None:
            _spend(last, self._waiting)
            self._waiting = {}

    def _script_call(self, script: _Script) -> None:
        """The script as a call of its own."""
        now = self.steps.index, self.steps.file
        self.steps.index, self.steps.file = script.index, script.file
        step = self.steps.call(script.tool, script.arguments, script.call_id, "/payload", **script.facts)
        step.turn = script.turn
        self._belongs(step)
        self.steps.index, self.steps.file = now

    def _belongs(self, step: Step) -> None:
        """A step of the response under way; the first one takes the tokens that were counted before it."""
        step.model, step.effort = self.context.model, self.context.effort
        if self._start is None or self._start.turn != step.turn:
            self._start = step
            _spend(step, self._waiting)
            self._waiting = {}


def _spend(step: Step, usage: dict[str, Any]) -> None:
    """Add the tokens to those of the step."""
    for field, name in _COUNTS:
        if (number := values.whole_number(usage.get(name))) is not None:
            setattr(step, field, (getattr(step, field) or 0) + number)


def _complete(result: Step, facts: Facts) -> None:
    """State of a result what its text leaves out."""
    for name in ("exit_code", "duration_ms"):
        if getattr(result, name) is None and facts.get(name) is not None:
            setattr(result, name, facts[name])
    denied = facts.get("status") == "denied"
    if "status" in facts and (result.status == "unknown" or denied) and result.exit_code is None:
        result.status = facts["status"]
    if denied:
        result.approval, result.approved_by = "denied", result.approved_by or facts.get("approved_by")
