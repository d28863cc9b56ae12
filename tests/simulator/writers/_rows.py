"""What the writers share: results by their call, times, ids that depend on the run alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import UUID

from reroute.trace import Step
from simulator.run import Run

SHELLS = {"Bash", "bash", "shell"}


@dataclass
class Response:
    """One response of the model: what it thought and said, its calls, and their results in order."""

    said: list[Step] = field(default_factory=list)
    calls: list[Step] = field(default_factory=list)
    results: list[Step] = field(default_factory=list)


def parts(steps: list[Step]) -> Iterator[Step | Response]:
    """The steps with each response of the model as a whole; everything else as it is."""
    response: Response | None = None
    for step in steps:
        if step.role == "assistant" and step.type != "event":
            if response is None or response.results or _turn(response) != (step.turn, step.lane):
                if response is not None:
                    yield response
                response = Response()
            (response.calls if step.type == "call" else response.said).append(step)
        elif step.type == "result" and response is not None:
            response.results.append(step)
        else:
            if response is not None:
                yield response
            response = None
            yield step
    if response is not None:
        yield response


def command(step: Step) -> str | None:
    """The shell command of a call, where it is one."""
    given: dict[str, Any] = json.loads(step.arguments or "{}")
    if step.tool not in SHELLS or "command" not in given:
        return None
    words = given["command"]
    if isinstance(words, str):
        return words
    return words[2] if words[:2] == ["bash", "-lc"] else None


def uuid(random: Random) -> str:
    """A made-up UUID."""
    return str(UUID(int=random.getrandbits(128), version=4))


def identity(run: Run, salt: str) -> Random:
    """Ids of a run, the same whenever it is written."""
    return Random(f"{run.run_id}/{salt}")


def stamp(micros: int | None) -> str:
    """ISO 8601 with milliseconds, UTC."""
    at = datetime.fromtimestamp((micros or 0) / 1e6, UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def _turn(response: Response) -> tuple[int, str]:
    first = (response.said + response.calls)[0]
    return first.turn, first.lane
