"""The scripted agent: it acts with real tools, and writes down what it knows about its own mistakes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from reroute.operate.known_answers.answers import Answer, Friend
from simulator.tape import Observation, Tape

ELSEWHERE = (0, 0, 0, 0, 1, 1, 2, 3, 4, 5)
"""How many other actions lie between a failure and its recovery: drawn from these."""


class Tools(Protocol):
    """A world that answers calls."""

    def call(self, tool: str, arguments: Mapping[str, object]) -> Observation:
        """Do it for real and say what came back."""


class SurpriseError(AssertionError):
    """The world answered otherwise than the script was written for: the script is wrong, not the agent."""


@dataclass(frozen=True)
class Action:
    """A call with its result, by their rows, and its number among the calls."""

    call: int
    result: int
    number: int
    seen: Observation


@dataclass
class Failure:
    """A planted mistake whose end is not known yet."""

    agent: Agent
    kinds: tuple[str, ...]
    first: Action
    last_onset: int

    def recovered(self, action: Action, *outcomes: str, clarified: bool = False) -> None:
        """The agent found its way back at ``action``; the first outcome is meant, the others are allowed."""
        self._close(action, outcomes, clarified=clarified)

    def ended(self, *outcomes: str) -> None:
        """The agent never found its way back."""
        self._close(None, outcomes, clarified=False)

    def _close(self, recovery: Action | None, outcomes: tuple[str, ...], *, clarified: bool) -> None:
        self.agent.answers.append(
            Answer(
                kind=self.kinds[0],
                outcome=outcomes[0],
                kinds=list(self.kinds),
                outcomes=list(outcomes),
                onset_step=self.first.call,
                manifest_step=self.first.result,
                recovery_step=recovery.call if recovery else None,
                onset_action=self.first.number,
                last_onset_action=self.last_onset,
                recovery_action=recovery.number if recovery else None,
                clarified=clarified,
            )
        )


@dataclass
class Agent:
    """Acts, speaks, and keeps the answers. ``over`` is set once nothing more may happen in the run."""

    random: Random
    tape: Tape
    tools: Tools
    call_prefix: str
    detours: Sequence[Callable[[], object]] = ()
    answers: list[Answer] = field(default_factory=list)
    friends: list[Friend] = field(default_factory=list)
    over: bool = False

    def act(
        self, tool: str, arguments: Mapping[str, object], why: str | None = None, *, ok: bool | None = True
    ) -> Action:
        """Call one tool. ``ok`` is what the script counts on (None: either); SurpriseError where it is mistaken."""
        if why:
            self.tape.says(why)
        return self._do(tool, arguments, ok)

    def act_together(self, calls: Sequence[tuple[str, Mapping[str, object]]], why: str | None = None) -> list[Action]:
        """Several calls of one response, all expected to do well."""
        if why:
            self.tape.says(why)
        rows = [(self._call(tool, arguments), tool, arguments) for tool, arguments in calls]
        first = self.tape.calls - len(rows)
        done = []
        for offset, (row, tool, arguments) in enumerate(rows):
            seen = self._ask(tool, arguments, ok=True)
            done.append(Action(row, self.tape.result(row, seen), first + offset, seen))
        return done

    def refused(self, calls: Sequence[tuple[str, Mapping[str, object]]], message: str) -> Action:
        """Several calls of one response, none of which the harness would run; the first of them."""
        rows = [self._call(tool, arguments) for tool, arguments in calls]
        seen = Observation(message, "error", failed=True)
        results = [self.tape.result(row, seen) for row in rows]
        return Action(rows[0], results[0], self.tape.calls - len(rows), seen)

    def failed(self, action: Action, *kinds: str, last: Action | None = None) -> Failure:
        """Note a mistake; ``last`` where the onset may be any action up to that one."""
        return Failure(self, kinds, action, (last or action).number)

    def friend(self, name: str, action: Action, last: Action | None = None) -> None:
        """Note an action that only looks like a failure."""
        self.friends.append(Friend(name=name, action=action.number, last_action=(last or action).number))

    def last(self) -> Action:
        """The last call so far, with its result."""
        steps = self.tape.steps
        result = max(step.step for step in steps if step.type == "result")
        call = steps[result].parent_step
        assert call is not None
        return Action(call, result, self.tape.calls - 1, Observation(steps[result].content or ""))

    def elsewhere(self, least: int = 0, most: int = 5) -> int:
        """Do a few other things that have nothing to do with the mistake; how many were done.

        At most 2 where the way back is another tool: an episode that was left for 3 actions is dormant, and another
        tool's look at the same target no longer revives it.
        """
        count = min(max(least, self.random.choice(ELSEWHERE)), most)
        for _ in range(count if self.detours else 0):
            self.random.choice(self.detours)()
        return count

    def _do(self, tool: str, arguments: Mapping[str, object], ok: bool | None) -> Action:
        row = self._call(tool, arguments)
        number = self.tape.calls - 1
        seen = self._ask(tool, arguments, ok)
        return Action(row, self.tape.result(row, seen), number, seen)

    def _call(self, tool: str, arguments: Mapping[str, object]) -> int:
        return self.tape.call(tool, arguments, self.call_prefix + self.tape.token(24))

    def _ask(self, tool: str, arguments: Mapping[str, object], ok: bool | None) -> Observation:
        seen = self.tools.call(tool, arguments)
        if ok is not None and seen.failed is ok:
            raise SurpriseError(f"{tool} {arguments}: expected {'success' if ok else 'failure'}, saw {seen.content!r}")
        return seen
