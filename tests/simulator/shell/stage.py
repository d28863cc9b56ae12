"""What a scene of a coding run has at hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Literal

from simulator.agent import Agent
from simulator.prose import Prose
from simulator.shell.hands import Hands
from simulator.shell.project import Project
from simulator.shell.service import Service
from simulator.shell.workshop import Workshop

Style = Literal["claude", "codex", "mini"]
Ending = Literal["told", "masked", "abandoned"]
"""``told``: the last message says truthfully what is open; ``masked``: it claims success; ``abandoned``: neither."""


@dataclass
class Stage:
    """The agent, its hands, the project and the folder; and how the run will end, once that is decided."""

    agent: Agent
    hands: Hands
    project: Project
    workshop: Workshop
    service: Service
    prose: Prose
    random: Random
    style: Style
    ending: Ending | None = None
    trouble: str = ""
    """What stays open, in words for the last message."""
    unread: list[str] = field(default_factory=list)
    """Files that nobody has looked at yet in this run; each is used once."""

    def fresh(self) -> str:
        """A file not seen yet; what it says will be new."""
        return self.unread.pop(self.random.randrange(len(self.unread)))

    def say(self, topic: str, it: str = "") -> str | None:
        return self.prose.maybe(topic, it)

    def leaves(self, ending: Ending, trouble: str) -> None:
        """Something stays open until the end of the run."""
        self.ending, self.trouble = ending, trouble

    def real_text(self, path: str) -> str:
        return self.workshop.path(path).read_text("utf-8")
