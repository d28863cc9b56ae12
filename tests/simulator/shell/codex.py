"""The tools of Codex CLI: one shell, ``apply_patch`` through it, and a plan."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from simulator.agent import Action, Agent
from simulator.shell.workshop import Workshop
from simulator.tape import Observation


@dataclass
class CodexTools:
    """Answers calls as Codex CLI does."""

    workshop: Workshop

    def call(self, tool: str, arguments: Mapping[str, object]) -> Observation:
        if tool == "update_plan":
            return Observation("Plan updated", "unknown")
        command = arguments.get("command")
        if not isinstance(command, list):
            return Observation(
                "failed to parse function arguments: missing field `command` at line 1 column 26", "error", failed=True
            )
        if command[0] == "apply_patch":
            return self._patch(str(command[1]))
        ran = self.workshop.run(str(command[2]) if command[:2] == ["bash", "-lc"] else shlex.join(map(str, command)))
        return Observation(ran.output, "error" if ran.code else "ok", ran.code, failed=bool(ran.code))

    def _patch(self, patch: str) -> Observation:
        lines = patch.splitlines()
        name = lines[1].partition(": ")[2]
        path = self.workshop.path(name)
        if lines[1].startswith("*** Add File"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(line[1:] + "\n" for line in lines[2:-1]), "utf-8")
            return _patched(f"A {name}")
        body = [line for line in lines[2:-1] if not line.startswith("@@")]
        old = "".join(line[1:] + "\n" for line in body if line[:1] in {" ", "-"})
        new = "".join(line[1:] + "\n" for line in body if line[:1] in {" ", "+"})
        if not path.is_file():
            return _unpatched(
                f"Failed to read file to update {self.workshop.shown}/{name}: No such file or directory (os error 2)"
            )
        if old not in path.read_text("utf-8"):
            return _unpatched(f"Failed to find expected lines in {self.workshop.shown}/{name}:\n{old}")
        path.write_text(path.read_text("utf-8").replace(old, new, 1), "utf-8")
        return _patched(f"M {name}")


@dataclass
class CodexHands:
    """Moves made with Codex CLI's tools."""

    agent: Agent
    root: str

    def run(self, command: str, why: str | None = None, *, ok: bool | None = True) -> Action:
        return self._shell(["bash", "-lc", command], why, ok=ok)

    def look(self, path: str, why: str | None = None, *, ok: bool | None = True) -> Action:
        command = self.agent.random.choice(("sed -n '1,120p' {}", "cat {}")).format(shlex.quote(path))
        return self.run(command, why, ok=ok)

    def grep(self, pattern: str, path: str, why: str | None = None, *, ok: bool | None = True) -> Action:
        return self.run(f"grep -rn {shlex.quote(pattern)} {shlex.quote(path)}", why, ok=ok)

    def find(self, name: str, why: str | None = None, *, ok: bool | None = True) -> Action:
        return self.run(f"find . -name {shlex.quote(name)}", why, ok=ok)

    def edit(self, path: str, old: str, new: str, why: str | None = None, *, ok: bool | None = True) -> Action:
        body = [f"-{line}" for line in old.splitlines()] + [f"+{line}" for line in new.splitlines()]
        patch = "\n".join(["*** Begin Patch", f"*** Update File: {path}", "@@", *body, "*** End Patch"])
        return self._shell(["apply_patch", patch], why, ok=ok)

    def write(self, path: str, text: str, why: str | None = None) -> Action:
        body = [f"+{line}" for line in text.splitlines()]
        return self._shell(
            ["apply_patch", "\n".join(["*** Begin Patch", f"*** Add File: {path}", *body, "*** End Patch"])],
            why,
            ok=True,
        )

    def invalid(self, path: str, why: str | None = None) -> Action:
        return self.agent.act("shell", {"cmd": f"cat {path}", "workdir": self.root}, why, ok=False)

    def plan(self, *items: str) -> None:
        self.agent.act("update_plan", {"plan": [{"step": item, "status": "pending"} for item in items]})

    def _shell(self, command: list[str], why: str | None, *, ok: bool | None) -> Action:
        return self.agent.act("shell", {"command": command, "workdir": self.root}, why, ok=ok)


def _patched(line: str) -> Observation:
    return Observation(f"Success. Updated the following files:\n{line}\n", "ok", 0)


def _unpatched(message: str) -> Observation:
    return Observation(f"apply_patch verification failed: {message}", "error", 1, failed=True)
