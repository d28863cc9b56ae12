"""From a candidate to a row, or to the reason why there is none."""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reroute.export.candidates import Act, Candidate, Drop, Recovery, drop
from reroute.export.gates.row_rules import MOST_TEXT, Checker
from reroute.export.rows import cut, inferable, mask, messages, tools
from reroute.export.rows.messages import Call, Message
from reroute.export.rows.row import Action, Answer, Row
from reroute.safe_text import one_line
from reroute.tokens import Counter
from reroute.trace import Step

Acts = Mapping[int, Act]

_QUERY_KINDS = "search."
MOST_NEW = 600
"""Characters of one argument: a longer one is new text, which comparing words cannot grade."""


@dataclass(frozen=True)
class Builder:
    """What every row of an export has in common."""

    checker: Checker
    counter: Counter
    seen: dict[tuple[str, str, str], tools.Seen]
    """The calls of each origin."""

    def row(self, candidate: Candidate, steps: Sequence[Step], acts: Acts) -> Row | Drop:
        """The row of a candidate from all steps of its run, or the drop with its rule.

        Never raises: a candidate whose row cannot be made, for whatever reason, is a drop of the rule ``not_made``.
        """
        make = _rft if self.checker.recipe.method == "rft" else _sft
        try:
            made = make(self, candidate, steps, acts)
            return made if isinstance(made, Drop) else self.checked(made)
        except Exception as error:  # noqa: BLE001 one run that nobody foresaw costs its own row, not the dataset
            at = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{type(error).__name__} in {Path(at.filename).name}, line {at.lineno}"
            return drop(candidate, "not_made", one_line(f"making the row raised {where}: {error}", MOST_TEXT))

    def checked(self, row: Row) -> Row | Drop:
        """The row, or the drop of the first rule that it breaks."""
        found = self.checker.problems(row, self.checker.dialect.line(row))
        return drop(row.candidate, found[0].rule, found[0].text) if found else row

    def render(self, candidate: Candidate, steps: Sequence[Step]) -> list[Message]:
        """The messages of some steps of a candidate."""
        protocol = candidate.run.format in messages.TEXT_PROTOCOLS
        return messages.render(steps, reasoning=self.checker.recipe.reasoning, text_protocol=protocol)

    def finish(
        self, candidate: Candidate, lane: Sequence[Step], shown: Sequence[Message], answer: Answer | None = None
    ) -> Row:
        """The row of these messages of a lane; what is its own begins with the failure."""
        since = candidate.recovery.onset if candidate.recovery else 0
        first, last = shown[0].first_step, max(message.last_step for message in shown)
        records = [step.source_index for step in lane if first <= step.step <= last]
        run = candidate.run
        used = {call.name for message in shown for call in message.calls} | (
            {answer.reference.name} if answer else set()
        )
        offered = tools.of_row(
            run.tools, self.seen[run.origin], used, text_protocol=run.format in messages.TEXT_PROTOCOLS
        )
        text = "\n".join([*(message.text for message in shown), str(offered.schemas)])
        own = "\n".join(m.text for m in shown if m.role != "system" and m.last_step >= since)
        return Row(
            candidate=candidate,
            messages=tuple(shown),
            tools=offered,
            first_step=first,
            last_step=last,
            tokens=self.counter.count(text),
            own_text=own,
            records=(min(records), max(records)),
            answer=answer,
        )


def _sft(builder: Builder, candidate: Candidate, steps: Sequence[Step], acts: Acts) -> Row | Drop:
    recovery = candidate.recovery
    if recovery is None:
        return _clean(builder, candidate, steps)
    lane = cut.lane_of(steps, recovery.lane)
    if problem := _unfit(candidate, recovery, lane):
        return problem
    shown = _to_last_reply(builder.render(candidate, cut.through_recovery(lane, recovery)))
    shown = mask.masked(shown, lane, recovery, acts)
    recovering = next(m for m in shown if any(call.step == recovery.recovery for call in m.calls))
    if recovering.weight == 0:
        return drop(candidate, "recovery_turn_fails", "the reply that recovers holds a failed or repeated call too")
    return builder.finish(candidate, lane, shown)


def _clean(builder: Builder, candidate: Candidate, steps: Sequence[Step]) -> Row | Drop:
    lane = cut.lane_of(steps, steps[0].lane) if steps else []
    shown = mask.masked(_to_last_reply(builder.render(candidate, lane)), lane, None, {})
    if not any(message.role == "user" for message in shown) or not any(message.calls for message in shown):
        return drop(candidate, "no_conversation", "the run has no request, or calls no tool")
    if any(step.type == "result" and step.status in {"error", "denied"} for step in lane):
        return drop(candidate, "not_clean", "a result of the run states an error")
    return builder.finish(candidate, lane, shown)


def _to_last_reply(shown: Sequence[Message]) -> Sequence[Message]:
    """The messages through the last reply: what comes after it trains nothing."""
    return shown[: max((at + 1 for at, message in enumerate(shown) if message.role == "assistant"), default=0)]


def _rft(builder: Builder, candidate: Candidate, steps: Sequence[Step], acts: Acts) -> Row | Drop:
    recovery = candidate.recovery
    assert recovery is not None
    lane = cut.lane_of(steps, recovery.lane)
    if problem := _unfit(candidate, recovery, lane) or _ungradable(candidate, recovery, lane, acts):
        return problem
    assert recovery.recovery is not None
    prompt = builder.render(candidate, cut.before_turn(lane, recovery.recovery))
    answer = _answer(lane, recovery, acts)
    known = "\n".join(message.text for message in prompt)
    if unknown := inferable.unknown(answer.reference.arguments, known):
        named = ", ".join(f"{atom.text!r} in {atom.slot}" for atom in unknown[:3])
        return drop(candidate, "not_inferable", f"nothing before the recovery tells {named}"[:300])
    return builder.finish(candidate, lane, prompt, answer)


def _unfit(candidate: Candidate, recovery: Recovery, lane: Sequence[Step]) -> Drop | None:
    calls = {step.step for step in lane if step.type == "call" and step.role == "assistant"}
    if recovery.recovery not in calls:
        return drop(candidate, "no_recovering_call", "the step that recovered is no call of the agent's in its lane")
    if recovery.recovery in recovery.failing:
        return drop(candidate, "recovery_fails", "a firm signal calls the recovering call itself a failure")
    if all(step.role != "user" for step in lane if step.step < recovery.onset):
        return drop(candidate, "no_request", "no person's message stands before the failure")
    return None


def _ungradable(candidate: Candidate, recovery: Recovery, lane: Sequence[Step], acts: Acts) -> Drop | None:
    call = next(step for step in lane if step.step == recovery.recovery)
    siblings = [step for step in lane if step.type == "call" and step.turn == call.turn]
    if len(siblings) > 1:
        return drop(candidate, "parallel_calls", "the reply that recovers makes several calls; a grader takes one")
    if recovery.kind.startswith(_QUERY_KINDS):
        return drop(candidate, "query_not_gradable", "a query is right by what it finds, which no offline grader sees")
    answer = _answer(lane, recovery, acts)
    if answer.reference in {_action(step) for step in _failed(lane, recovery, acts)}:
        return drop(candidate, "same_action", "the recovering call equals the failed one: the change came before it")
    if (longest := _longest(tools.parsed(answer.reference.arguments))) > MOST_NEW:
        return drop(
            candidate, "new_text", f"the recovering call writes a text of {longest:,} characters: no one answer"
        )
    if not tools.parsed(answer.reference.arguments):
        return drop(candidate, "no_arguments", "the recovering call has no arguments to grade")
    return None


def _longest(value: object) -> int:
    """Characters of the longest text in a value."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return max([len(value) if isinstance(value, str) else 0, *map(_longest, parts)])


def _answer(lane: Sequence[Step], recovery: Recovery, acts: Acts) -> Answer:
    call = next(step for step in lane if step.step == recovery.recovery)
    failed = dict.fromkeys(_action(step) for step in _failed(lane, recovery, acts))
    return Answer(_action(call), tuple(action for action in failed if action != _action(call)), effort=call.effort)


def _failed(lane: Sequence[Step], recovery: Recovery, acts: Acts) -> list[Step]:
    """Failing calls of the episode, the first failure first."""
    assert recovery.recovery is not None
    failing = mask.failing_calls(lane, recovery, acts)
    return [s for s in lane if s.step in failing and recovery.onset <= s.step < recovery.recovery]


def _action(step: Step) -> Action:
    call = Call(step.step, tools.tool_name(step.tool), step.arguments or "{}")
    return Action(call.name, call.arguments)
