"""One simulated run: which world, which tools, and the trajectory with its answers."""

from __future__ import annotations

import json
from random import Random
from uuid import UUID

from reroute.trace import Trajectory
from simulator.agent import Agent
from simulator.airline import play as airline
from simulator.library import play as library
from simulator.run import Run, World
from simulator.shell import play as shell
from simulator.tape import Tape

_WORLDS: tuple[World, ...] = ("shell",) * 9 + ("airline",) * 7 + ("library",) * 4
_FORMATS: dict[World, tuple[str, ...]] = {
    "shell": ("claude-code", "codex-cli", "mini-swe-agent"),
    "airline": ("openai-chat", "openai-chat", "openai-chat", "claude-code"),
    "library": ("openai-chat", "claude-code"),
}
"""The formats in which such runs are met in real life, the commoner ones more than once."""
_MODELS = {
    "claude-code": "claude-sonnet-4-5-20250929",
    "codex-cli": "gpt-5-codex",
    "mini-swe-agent": "gemini/gemini-3-pro-preview",
    "openai-chat": "gpt-4o-2024-11-20",
}
_FIRST = 1_772_438_400_000_000  # 2026-03-02 08:00 UTC
_APART = 2_220_000_000  # 37 minutes
_UNJUDGED = 0.1
"""Share of runs of which nobody can say how they ended."""


def play(number: int, seed: int) -> Run:
    """Play run ``number`` of the simulation ``seed``."""
    random = Random(f"{seed}/{number}")
    world = random.choice(_WORLDS)
    chosen = random.choice(_FORMATS[world])
    tape = Tape(random, _MODELS[chosen], _FIRST + number * _APART + random.randrange(_APART // 2))
    run_id = str(UUID(int=random.getrandbits(128), version=4))
    agent, passed, place = _played(world, random, tape, chosen)
    return Run(
        run_id=run_id,
        number=number,
        world=world,
        format=chosen,
        trajectory=_trajectory(tape, number, place, chosen),
        answers=sorted(agent.answers, key=lambda answer: answer.onset_step),
        friends=agent.friends,
        passed=None if random.random() < _UNJUDGED else passed,
    )


def _played(world: World, random: Random, tape: Tape, chosen: str) -> tuple[Agent, bool, tuple[str, str]]:
    """Play it; the agent, whether the task was done, and the working folder with the task's repository."""
    if world == "shell":
        stage, green = shell.play(random, tape, chosen)
        return stage.agent, green and stage.ending != "masked", (stage.workshop.shown, f"acme__{stage.project.name}")
    if world == "airline":
        counter = airline.play(random, tape, chosen)
        return counter.agent, counter.achieved, (f"/srv/desks/airline-{random.randrange(20):02d}", "airline")
    session = library.play(random, tape, chosen)
    return session.agent, session.right, (f"/srv/desks/handbook-{random.randrange(20):02d}", "handbook")


def _trajectory(tape: Tape, number: int, place: tuple[str, str], chosen: str) -> Trajectory:
    folder, repository = place
    asked = next(step.content for step in tape.steps if step.role == "user")
    return Trajectory(
        format="simulated",
        steps=tape.steps,
        task_id=f"{repository}-{1000 + number}",
        task=asked,
        agent=chosen,
        model=tape.model,
        started_at=tape.steps[0].started_at,
        ended_at=tape.steps[-1].started_at,
        tools=_tools(tape) if chosen == "openai-chat" else None,
        split_group=repository,
        metadata={"cwd": folder},
    )


def _tools(tape: Tape) -> str:
    """Schemas of the tools that were called, as far as their arguments show them."""
    seen: dict[str, dict[str, object]] = {}
    for step in tape.steps:
        if step.type == "call" and step.tool:
            given = json.loads(step.arguments or "{}")
            seen.setdefault(step.tool, {}).update({name: {"type": _kind(value)} for name, value in given.items()})
    schemas = [
        {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": properties}}}
        for name, properties in sorted(seen.items())
    ]
    return json.dumps(schemas)


def _kind(value: object) -> str:
    kinds = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array"}
    return kinds.get(type(value), "object")
