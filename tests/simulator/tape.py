"""The record of a run while it is played: canonical rows, a clock, and ids that depend on the seed alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from reroute.trace import Status, Step

_TOKEN_CHARS = 4  # characters a token, roughly
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True)
class Observation:
    """What a tool answered. ``failed`` is the world's own verdict, used to check the script, never written down."""

    content: str
    status: Status = "unknown"
    exit_code: int | None = None
    http_status: int | None = None
    seconds: float = 0.1
    failed: bool = False


@dataclass
class Tape:
    """Rows in the order in which they happen; one response of the model is one turn."""

    random: Random
    model: str
    now: int
    """Microseconds since the epoch, UTC."""
    steps: list[Step] = field(default_factory=list)
    calls: int = 0
    _turn: int = 0
    _open: bool = False
    _read: int = 0

    def system(self, text: str) -> int:
        return self._add(Step(role="system", type="message", content=text, turn=0))

    def person(self, text: str) -> int:
        self._close()
        self._wait(8, 90)
        return self._add(Step(role="user", type="message", content=text, turn=self._turn))

    def event(self, text: str) -> int:
        """Something that the harness itself says, such as a limit."""
        self._close()
        return self._add(Step(role="system", type="event", content=text, status="error", turn=self._turn))

    def says(self, text: str) -> int:
        return self._respond(Step(role="assistant", type="message", content=text))

    def thinks(self, text: str) -> int:
        return self._respond(Step(role="assistant", type="reasoning", content=text))

    def call(self, tool: str, arguments: Mapping[str, object], call_id: str) -> int:
        self.calls += 1
        text = json.dumps(arguments, ensure_ascii=False)
        return self._respond(Step(role="assistant", type="call", tool=tool, arguments=text, call_id=call_id))

    def result(self, call: int, seen: Observation) -> int:
        self._close()
        self.now += int(seen.seconds * 1e6) + self.random.randrange(20_000, 400_000)
        origin = self.steps[call]
        return self._add(
            Step(
                role="tool",
                type="result",
                tool=origin.tool,
                call_id=origin.call_id,
                parent_step=call,
                turn=origin.turn,
                content=seen.content,
                status=seen.status,
                exit_code=seen.exit_code,
                http_status=seen.http_status,
                duration_ms=round(seen.seconds * 1e3, 1),
            )
        )

    def token(self, length: int) -> str:
        """A made-up id of letters and digits."""
        return "".join(self.random.choices(_ALPHABET, k=length))

    def _respond(self, step: Step) -> int:
        if not self._open:
            self._turn += 1
            self._open = True
            self._wait(2, 14)
            step.input_tokens = self._read // _TOKEN_CHARS
        step.turn, step.model = self._turn, self.model
        step.output_tokens = (len(step.content or "") + len(step.arguments or "")) // _TOKEN_CHARS + 3
        return self._add(step)

    def _add(self, step: Step) -> int:
        step.step, step.started_at = len(self.steps), self.now
        self._read += len(step.content or "") + len(step.arguments or "")
        self.steps.append(step)
        return step.step

    def _close(self) -> None:
        self._open = False

    def _wait(self, least: float, most: float) -> None:
        self.now += int(self.random.uniform(least, most) * 1e6)
