"""The calls of a Claude Code session: what came of each, by its result, a guardrail's word or a later notice."""

from __future__ import annotations

from typing import Any

import msgspec

from reroute.formats._reading import bounds, values
from reroute.formats._reading.steps import Facts, Steps
from reroute.formats.claude_code import harness
from reroute.formats.claude_code.lines import Line, Stated
from reroute.trace import Step


class Calls:
    """The calls of a session, by the names that its lines have for them."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps
        self._by_id: dict[str, int] = {}
        """Step of the latest call under each id, and of the call that runs in the background under a task's id."""
        self.prompts: dict[str, int] = {}
        """Step of the call that gave a sub-agent this prompt."""
        self._denied: dict[str, str | None] = {}
        """Calls that a line says were denied, with who did, before their results stand there."""

    def find(self, *names: str | None) -> int | None:
        """Step of the call under the first of the names that is known."""
        return next((self._by_id[name] for name in names if name is not None and name in self._by_id), None)

    def call(self, block: dict[str, Any], pointer: str, facts: Facts) -> None:
        """A call, as the model's block states it."""
        given = block.get("input")
        arguments = values.json_text({} if given is None else given)
        call_id = values.text(block.get("id"))
        call = self.steps.call(values.text(block.get("name")), arguments, call_id, pointer, **facts)
        if call_id:
            self._by_id[call_id] = call.step
        if isinstance(given, dict):
            for name in ("prompt", "message"):  # of an agent that is started, of one that goes on
                if isinstance(given.get(name), str):
                    self.prompts[given[name].strip()] = call.step

    def result(self, block: dict[str, Any], noted: Stated, pointer: str, facts: Facts) -> None:
        """A result with what the program notes beside it; a look into an earlier command says how that ended."""
        text, stated = harness.result(block)
        call_id = values.text(block.get("tool_use_id"))
        if call_id in self._denied and stated["status"] != "ok":
            stated |= {"status": "denied", "approval": "denied"}
            stated["approved_by"] = stated.get("approved_by") or self._denied[call_id]
        step = self.steps.result(text, call_id, pointer, **(facts | stated))
        taken = noted.durationMs if noted.durationMs is not None else noted.totalDurationMs
        step.duration_ms = taken if bounds.is_number(taken) else None
        if isinstance(noted.url, str) and step.http_status is None:
            step.http_status = values.whole_number(noted.code)
        if step.parent_step is None:
            return
        started = noted.agentId if noted.isAsync is True else noted.backgroundTaskId
        for task in (started, harness.background_task(text)):
            if isinstance(task, str):
                self._by_id[task] = step.parent_step
        if step.tool in harness.LOOKS and (looked := harness.looked_into(text or "")):
            named = msgspec.json.decode(self.steps.done[step.parent_step].arguments or "{}")
            names = [named.get(name) for name in harness.TASK_NAMES] if isinstance(named, dict) else []
            self.ends(step, [name for name in names if isinstance(name, str)], looked)

    def ends(self, step: Step, names: list[str], stated: Facts) -> None:
        """Have a step state how the call under one of the names ended, if it is known."""
        call = self.find(*names)
        if call is not None:
            step.ends_call, step.status = call, stated["status"]
            step.exit_code = stated.get("exit_code")

    def denied(self, line: Line) -> None:
        """A line of the harness says that a call is denied, and by which kind of rule."""
        if line.tool_use_id:
            self._denied[line.tool_use_id] = harness.GUARDRAILS.get(str(line.decision_reason_type), "policy")

    def denied_after_all(self, denials: Any) -> None:
        """The calls that the last record of a run names as denied, some of whose results read like failures."""
        named = (
            {one.get("tool_use_id") for one in denials if isinstance(one, dict)} if isinstance(denials, list) else ()
        )
        for step in self.steps.done if named else ():
            if step.type == "result" and step.status == "error" and step.call_id in named:
                step.status, step.approval = "denied", "denied"
