"""The calls of a Codex session: plain ones, scripts of code mode, commands that go on; and the tokens of responses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from reroute.formats._reading import values
from reroute.formats._reading.steps import Facts, Steps
from reroute.formats.codex_cli.items import acted, is_script, script_failed
from reroute.formats.codex_cli.lines import ENDED, HOSTED, Payload, call, result, running
from reroute.trace import Step, StepType


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
        if tool == "write_stdin":
            self._asked[call_id] = _shell_session(arguments)
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
        script = self._scripts.pop(call_id, None)
        if script is not None:
            failed = script_failed(text)
            if script.acted and not failed:
                return "what a script printed: the calls in it have their own results"
            self._script_call(script)
            stated["status"] = "error" if failed else stated.get("status", "unknown")
        step = self.steps.result(text, call_id, "/payload/output", **(facts | stated))
        shell = self._asked.pop(call_id, None)
        if shell is not None and shell in self._running and step.exit_code is not None:
            step.ends_call = self._running.pop(shell)
        elif (begun := running(output)) and step.parent_step is not None and shell is None:
            self._running[begun] = step.parent_step
        return None

    def item(self, item: dict[str, Any], facts: Facts) -> str | None:
        """A call that was completed, with its result: one inside a script, or one that no item of its own says."""
        done = acted(item)
        if done is None:
            return "an item that is no message and no call"
        script = next(reversed(self._scripts.values()), None)
        if script is None and self.steps.open_calls():
            return "a call and its result say the same"
        if script is not None:
            script.acted += 1
        else:
            self.steps.continue_response()
        call_id = values.text(item.get("id"))
        step = self.steps.call(done.tool, done.arguments, call_id, "/payload/item", **facts)
        step.turn = script.turn if script else step.turn
        self._belongs(step)
        self.steps.result(done.content, call_id, "/payload/item", **(facts | done.facts))
        self.steps.responding = script is not None
        return None

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
            self._waiting = usage

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


def _shell_session(arguments: str) -> str:
    """The shell session that a call of ``write_stdin`` names."""
    given = msgspec.json.decode(arguments)
    return str(given.get("session_id")) if isinstance(given, dict) else ""


def _spend(step: Step, usage: dict[str, Any]) -> None:
    if usage:
        step.input_tokens = values.whole_number(usage.get("input_tokens"))
        step.output_tokens = values.whole_number(usage.get("output_tokens"))
        step.reasoning_tokens = values.whole_number(usage.get("reasoning_output_tokens"))
        step.cached_tokens = values.whole_number(usage.get("cached_input_tokens"))
