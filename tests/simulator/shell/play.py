"""One coding run from the task to the last message."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from simulator.agent import Agent, Tools
from simulator.chance import Chance
from simulator.prose import Prose
from simulator.shell import closing, detours, fixing, friends, leftovers, slips
from simulator.shell.claude import ClaudeHands, ClaudeTools
from simulator.shell.codex import CodexHands, CodexTools
from simulator.shell.hands import Hands
from simulator.shell.mini import MiniHands, MiniTools
from simulator.shell.project import Project
from simulator.shell.projects import projects
from simulator.shell.service import service
from simulator.shell.stage import Stage, Style
from simulator.shell.workshop import Workshop, workshop
from simulator.tape import Tape

STYLES: dict[str, Style] = {"codex-cli": "codex", "mini-swe-agent": "mini"}
"""The tools of each format; every other format gets those of Claude Code."""
ROOTS: dict[Style, str] = {"claude": "/home/dana/src/{}", "codex": "/workspace/{}", "mini": "/testbed"}


def play(random: Random, tape: Tape, format_name: str) -> tuple[Stage, bool]:
    """Play a run onto ``tape``; the stage as it was left, and whether all tests of the project pass at the end."""
    with set_stage(random, tape, format_name) as stage:
        _story(stage)
        return stage, stage.workshop.run("python -m unittest").code == 0


@contextmanager
def set_stage(random: Random, tape: Tape, format_name: str) -> Iterator[Stage]:
    """A project in its folder, the rate service, an agent with the tools of the format; gone when the block ends."""
    project = random.choice(list(projects().values()))
    style = STYLES.get(format_name, "claude")
    shown = ROOTS[style].format(project.name)
    files = project.furnished() | detours.notes(random)
    with service() as rates, workshop(files, shown, random, rates.port) as folder:
        folder.run("git init -q && git add -A && git commit -qm 'Import'")
        agent = Agent(random, tape, _tools(style, folder, random), {"claude": "toolu_01"}.get(style, "call_"))
        hands = _hands(style, agent, folder.shown)
        agent.detours = detours.detours(hands, random)
        prose = Prose(random, random.choice((0.3, 0.6, 0.9)))
        yield Stage(agent, hands, project, folder, rates, prose, random, style, unread=_unread(project))


def _unread(project: Project) -> list[str]:
    tests = f"tests/test_{project.aside}.py"
    return [project.aside_source, tests, "docs/guide.md", "config/service.ini", f"{project.package}/__main__.py"]


def _tools(style: Style, folder: Workshop, random: Random) -> Tools:
    if style == "claude":
        return ClaudeTools(folder, strict=random.random() < 0.3)
    return CodexTools(folder) if style == "codex" else MiniTools(folder)


def _hands(style: Style, agent: Agent, root: str) -> Hands:
    if style == "mini":
        return MiniHands(agent)
    return CodexHands(agent, root) if style == "codex" else ClaudeHands(agent, root)


def _story(stage: Stage) -> None:
    project, random = stage.project, stage.random
    chance = Chance(random)
    deck = random.sample(slips.SLIPS, len(slips.SLIPS))
    stage.agent.tape.person(random.choice(project.issue) + random.choice(_MANNERS))
    stage.hands.run("ls", stage.say("aside"))
    _slot(stage, chance, deck, friends.EARLY)
    stage.hands.look(project.source, stage.say("look", project.source))
    if random.random() < 0.7:
        stage.hands.look(project.tests, stage.say("look", project.tests))
        red = stage.hands.run(project.check, stage.say("test"), ok=False)
        stage.agent.friend("red_before_edit", red)
    _slot(stage, chance, deck, friends.EARLY)
    random.choice(fixing.BADLY if chance.strikes() else fixing.WELL)(stage)
    _slot(stage, chance, deck, friends.LATE)
    if stage.ending is None:
        _slot(stage, chance, deck, friends.LATE)
        if chance.strikes() and random.random() < 0.6:
            random.choice(leftovers.LEFTOVERS)(stage)
    closing.close(stage)


def _slot(stage: Stage, chance: Chance, deck: list[slips.Scene], harmless: tuple[friends.Scene, ...]) -> None:
    """A mistake with the known probability; otherwise often a false friend or a detour."""
    if chance.strikes():
        deck.pop()(stage)
    elif stage.random.random() < 0.35:
        stage.random.choice(harmless)(stage)
    elif stage.random.random() < 0.4:
        stage.agent.elsewhere(least=1)


_MANNERS = (
    "",
    " Thanks!",
    " Run the tests before you say it is done.",
    " Keep the change small.",
    " If anything is unclear write to dana.reyes@example.com.",
    " (The staging database is postgres://parcel:hunter2secret@db.internal:5432/parcel, in case you need it.)",
)
