"""From a candidate to a row, or to the reason why there is none."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reroute import lanes
from reroute.export.candidates import MOST_TEXT, Act, Candidate, Drop, Recovery, drop
from reroute.export.recipe import Recipe
from reroute.export.rows import cut, inferable, mask, messages, tools
from reroute.export.rows.messages import Message
from reroute.export.rows.row import Action, Answer, Extent, Row
from reroute.lineage import SourcePlace, source_place
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

    recipe: Recipe
    checked: Callable[[Row], Row | Drop]
    """The row, or the drop of the first rule that it breaks."""
    counter: Counter
    seen: dict[tuple[str, str, str], tools.Seen]
    """The calls of each origin."""

    def row(self, candidate: Candidate, steps: Sequence[Step], acts: Acts) -> Row | Drop:
        """The row of a candidate from all steps of its run, or the drop with its rule.

        Never raises: a candidate whose row cannot be made, for whatever reason, is a drop of the rule ``not_made``.
        """
        make = _rft if self.recipe.method == "rft" else _sft if candidate.recovery else _clean
        try:
            made = make(self, candidate, steps, acts)
            return made if isinstance(made, Drop) else self.checked(made)
        except Exception as error:  # noqa: BLE001 one run that nobody foresaw costs its own row, not the dataset
            at = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{type(error).__name__} in {Path(at.filename).name}, line {at.lineno}"
            return drop(candidate, "not_made", one_line(f"making the row raised {where}: {error}", MOST_TEXT))

    def render(self, candidate: Candidate, steps: Sequence[Step]) -> list[Message]:
        """The messages of some steps of a candidate."""
        protocol = candidate.run.format in messages.TEXT_PROTOCOLS
        return messages.render(steps, reasoning=self.recipe.reasoning, text_protocol=protocol)

    def finish(
        self, candidate: Candidate, lane: Sequence[Step], shown: Sequence[Message], answer: Answer | None = None
    ) -> Row:
        """The row of these messages of a lane; what is its own begins with the failure."""
        since = candidate.recovery.onset if candidate.recovery else 0
        first, last = shown[0].first_step, max(message.last_step for message in shown)
        run = candidate.run
        records: dict[str, list[int]] = {}
        for place in (source_place(step, run.path) for step in lane if first <= step.step <= last):
            records.setdefault(place.file, []).append(place.record)
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
            files=tuple(Extent(file, (min(of_file), max(of_file))) for file, of_file in records.items()),
            answer=answer,
            places=_decisive(candidate.recovery, lane, run.path),
        )


def _decisive(recovery: Recovery | None, lane: Sequence[Step], file: str) -> dict[str, SourcePlace]:
    if recovery is None:
        return {}
    steps = {"onset": recovery.onset, "manifest": recovery.manifest, "recovery": recovery.recovery}
    places = {step.step: source_place(step, file) for step in lane}
    return {name: places[step] for name, step in steps.items() if step in places}


def _sft(builder: Builder, candidate: Candidate, steps: Sequence[Step], acts: Acts) -> Row | Drop:
    """A supervised row: the lane through the recovery, with the mistake masked."""
    recovery = candidate.recovery
    assert recovery is not None
    if problem := _unfit(candidate, recovery, steps):
        return problem
    lane = lanes.path(steps, recovery.lane)
    shown = _to_last_reply(builder.render(candidate, cut.through_recovery(lane, recovery)))
    shown = mask.masked(shown, lane, recovery, acts)
    recovering = next(m for m in shown if any(call.step == recovery.recovery for call in m.calls))
    if recovering.weight == 0:
        return drop(candidate, "recovery_turn_fails", "the reply that recovers holds a failed or repeated call too")
    return builder.finish(candidate, lane, shown)


def _clean(builder: Builder, candidate: Candidate, steps: Sequence[Step], _: Acts) -> Row | Drop:
    """A supervised row of a whole run without a failure."""
    dead = lanes.abandoned(steps)
    begins = next((step.lane for step in steps if step.lane not in dead), None)
    lane = lanes.path(steps, begins) if begins is not None else []
    shown = mask.masked(_to_last_reply(builder.render(candidate, lane)), lane, None, {})
    if not any(message.role == "user" for message in shown) or not any(message.calls for message in shown):
        return drop(candidate, "no_conversation", "the run has no request, or calls no tool")
    failed = any(step.type == "result" and step.status in {"error", "denied"} for step in lane)
    if failed or mask.ended_badly(lane):
        return drop(candidate, "not_clean", "a result of the run states an error")
    return builder.finish(candidate, lane, shown)


def _to_last_reply(shown: Sequence[Message]) -> Sequence[Message]:
    """The messages through the last reply: what comes after it trains nothing."""
    return shown[: max((at + 1 for at, message in enumerate(shown) if message.role == "assistant"), default=0)]


def _rft(builder: Builder, candidate: Candidate, steps: Sequence[Step], acts: Acts) -> Row | Drop:
    """A reinforcement row: the lane up to the recovering reply as prompt, the recovering call as reference."""
    recovery = candidate.recovery
    assert recovery is not None
    if problem := _unfit(candidate, recovery, steps):
        return problem
    assert recovery.recovery is not None
    lane = lanes.path(steps, recovery.lane)
    answer = _answer(candidate, recovery, lane, acts)
    if isinstance(answer, Drop):
        return answer
    prompt = builder.render(candidate, cut.before_turn(lane, recovery.recovery))
    known = "\n".join(message.text for message in prompt)
    if unknown := inferable.unknown(answer.reference.arguments, known):
        named = ", ".join(f"{atom.text!r} in {atom.slot}" for atom in unknown[:3])
        return drop(candidate, "not_inferable", f"nothing before the recovery tells {named}"[:MOST_TEXT])
    return builder.finish(candidate, lane, prompt, answer)


def _unfit(candidate: Candidate, recovery: Recovery, steps: Sequence[Step]) -> Drop | None:
    """The rule by which an episode of a run gives no row, whatever the recipe."""
    if recovery.lane in lanes.abandoned(steps):
        return drop(candidate, "abandoned_branch", "the run went on another way from where this branch begins")
    lane = lanes.path(steps, recovery.lane)
    calls = {step.step for step in lane if step.type == "call" and step.role == "assistant"}
    if recovery.recovery not in calls:
        return drop(candidate, "no_recovering_call", "the step that recovered is no call of the agent's in its lane")
    if recovery.recovery in recovery.failing:
        return drop(candidate, "recovery_fails", "a firm signal calls the recovering call itself a failure")
    if recovery.recovery in mask.ended_badly(lane):
        return drop(candidate, "recovery_fails", "the recovering call went on in the background and failed there")
    if all(step.role != "user" for step in lane if step.step < recovery.onset):
        return drop(candidate, "no_request", "no person's message stands before the failure")
    return None


def _answer(candidate: Candidate, recovery: Recovery, lane: Sequence[Step], acts: Acts) -> Answer | Drop:
    """The recovering call as reference and the failed calls before it as forbidden, or why no grader can judge it."""
    assert recovery.recovery is not None
    call = next(step for step in lane if step.step == recovery.recovery)
    if len([step for step in lane if step.type == "call" and step.turn == call.turn]) > 1:
        return drop(candidate, "parallel_calls", "the reply that recovers makes several calls; a grader takes one")
    if recovery.kind.startswith(_QUERY_KINDS):
        return drop(candidate, "query_not_gradable", "a query is right by what it finds, which no offline grader sees")
    failing = mask.failing_calls(lane, recovery, acts)
    failed = [step for step in lane if step.step in failing and recovery.onset <= step.step < recovery.recovery]
    reference, *actions = [Action(tools.tool_name(one.tool), one.arguments or "{}") for one in (call, *failed)]
    forbidden = tuple(dict.fromkeys(actions))
    if reference in forbidden:
        return drop(candidate, "same_action", "the recovering call equals the failed one: the change came before it")
    values = tools.parsed(reference.arguments)
    if (longest := _longest(values)) > MOST_NEW:
        text = f"the recovering call writes a text of {longest:,} characters: no one answer"
        return drop(candidate, "new_text", text)
    if not values:
        return drop(candidate, "no_arguments", "the recovering call has no arguments to grade")
    return Answer(reference, forbidden, effort=call.effort)


def _longest(value: object) -> int:
    """Characters of the longest text in a value."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return max([len(value) if isinstance(value, str) else 0, *map(_longest, parts)])
