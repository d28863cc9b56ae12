"""What a coding agent can do, whatever its tools are called."""

from __future__ import annotations

from typing import Protocol

from simulator.agent import Action, Agent


class Hands(Protocol):
    """The same moves with the tools of one agent. ``ok`` and ``why`` as in :meth:`Agent.act`."""

    agent: Agent

    def run(self, command: str, why: str | None = None, *, ok: bool | None = True) -> Action:
        """A shell command."""

    def look(self, path: str, why: str | None = None, *, ok: bool | None = True) -> Action:
        """Read a file."""

    def grep(self, pattern: str, path: str, why: str | None = None, *, ok: bool | None = True) -> Action:
        """Search the text of files."""

    def find(self, name: str, why: str | None = None, *, ok: bool | None = True) -> Action:
        """Find files by name."""

    def edit(self, path: str, old: str, new: str, why: str | None = None, *, ok: bool | None = True) -> Action:
        """Replace a passage of a file."""

    def write(self, path: str, text: str, why: str | None = None) -> Action:
        """Write a whole file."""

    def invalid(self, path: str, why: str | None = None) -> Action:
        """A call on ``path`` that the harness cannot accept."""

    def plan(self, *items: str) -> None:
        """Note a plan, where the agent has a tool for it."""
