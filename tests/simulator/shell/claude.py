"""The tools of Claude Code, as far as the scripts use them, and the moves made with them."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from reroute.trace import Status
from simulator.agent import Action, Agent
from simulator.shell.workshop import Workshop
from simulator.tape import Observation

_REQUIRED = {
    "Bash": ["command"],
    "Read": ["file_path"],
    "Edit": ["file_path", "old_string", "new_string"],
    "Write": ["file_path", "content"],
    "Grep": ["pattern"],
    "Glob": ["pattern"],
    "TodoWrite": ["todos"],
}


@dataclass
class ClaudeTools:
    """Answers calls as Claude Code does."""

    workshop: Workshop
    strict: bool = False
    """Older releases call every exit code but 0 an error; newer ones know what `grep`, `diff` and `test` mean by 1."""
    read: set[str] = field(default_factory=set)

    def call(self, tool: str, arguments: Mapping[str, object]) -> Observation:
        for name in _REQUIRED[tool]:
            if name not in arguments:
                issue = f"{tool} failed due to the following issue:\nThe required parameter `{name}` is missing"
                return _refused(f"InputValidationError: {issue}")
        answers: dict[str, Callable[[dict[str, str]], Observation]] = {
            "Bash": self._bash,
            "Read": self._read,
            "Edit": self._edit,
            "Write": self._write,
            "Grep": self._grep,
            "Glob": self._glob,
            "TodoWrite": lambda _: Observation(_TODOS, "ok"),
        }
        return answers[tool]({name: str(value) for name, value in arguments.items()})

    def _bash(self, arguments: dict[str, str]) -> Observation:
        ran = self.workshop.run(arguments["command"], keep_cwd=True)
        meant = not self.strict and ran.code == 1 and arguments["command"].startswith(_ANSWERS)
        status: Status = "error" if ran.code and not meant else "ok"
        return Observation(ran.output.rstrip("\n"), status, ran.code, failed=bool(ran.code))

    def _read(self, arguments: dict[str, str]) -> Observation:
        path = self.workshop.path(arguments["file_path"])
        if not path.is_file():
            return _refused("File does not exist.")
        self.read.add(str(path))
        lines = self.workshop.show(path.read_text("utf-8")).splitlines()
        return Observation("\n".join(f"{n:6}→{line}" for n, line in enumerate(lines, 1)), "ok")

    def _edit(self, arguments: dict[str, str]) -> Observation:
        path = self.workshop.path(arguments["file_path"])
        old, new = arguments["old_string"], arguments["new_string"]
        if not path.is_file():
            return _refused("File does not exist.")
        if str(path) not in self.read:
            return _refused("File has not been read yet. Read it first before writing to it.")
        text = path.read_text("utf-8")
        if old not in text:
            return _refused(f"String to replace not found in file.\nString: {old}")
        if text.count(old) > 1:
            return _refused(f"{_MANY.format(text.count(old))}\nString: {old}")
        path.write_text(text.replace(old, new), "utf-8")
        lines = path.read_text("utf-8").splitlines()
        at = text[: text.index(old)].count("\n")
        snippet = "\n".join(
            f"{n:6}→{line}" for n, line in enumerate(lines[max(0, at - 2) : at + 4], max(0, at - 2) + 1)
        )
        return Observation(f"The file {arguments['file_path']} has been updated. {_SNIPPET}\n{snippet}", "ok")

    def _write(self, arguments: dict[str, str]) -> Observation:
        path = self.workshop.path(arguments["file_path"])
        if path.is_file() and str(path) not in self.read:
            return _refused("File has not been read yet. Read it first before writing to it.")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(arguments["content"], "utf-8")
        self.read.add(str(path))
        return Observation(f"File created successfully at: {arguments['file_path']}", "ok")

    def _grep(self, arguments: dict[str, str]) -> Observation:
        top = self.workshop.path(arguments.get("path", self.workshop.shown))
        pattern = re.compile(arguments["pattern"])
        files = [top] if top.is_file() else sorted(path for path in top.rglob("*") if path.is_file())
        found = []
        for path in files:
            if ".git" not in path.parts:
                lines = path.read_text("utf-8").splitlines()
                found += [f"{path}:{n}:{line}" for n, line in enumerate(lines, 1) if pattern.search(line)]
        return Observation(self.workshop.show("\n".join(found)) or "No matches found", "ok")

    def _glob(self, arguments: dict[str, str]) -> Observation:
        root = self.workshop.root
        name = arguments["pattern"].removeprefix("**/")
        found = [
            str(path)
            for path in sorted(root.rglob("*"))
            if fnmatch.fnmatch(path.name, name) and ".git" not in path.parts
        ]
        return Observation(self.workshop.show("\n".join(found)) or "No files found", "ok")


@dataclass
class ClaudeHands:
    """Moves made with Claude Code's tools; paths are absolute, as that agent likes them."""

    agent: Agent
    root: str

    def run(self, command: str, why: str | None = None, *, ok: bool | None = True) -> Action:
        return self.agent.act("Bash", {"command": command, "description": _describe(command)}, why, ok=ok)

    def look(self, path: str, why: str | None = None, *, ok: bool | None = True) -> Action:
        return self.agent.act("Read", {"file_path": self._at(path)}, why, ok=ok)

    def grep(self, pattern: str, path: str, why: str | None = None, *, ok: bool | None = True) -> Action:
        arguments = {"pattern": pattern, "path": self._at(path), "output_mode": "content", "-n": True}
        return self.agent.act("Grep", arguments, why, ok=ok)

    def find(self, name: str, why: str | None = None, *, ok: bool | None = True) -> Action:
        return self.agent.act("Glob", {"pattern": f"**/{name}"}, why, ok=ok)

    def edit(self, path: str, old: str, new: str, why: str | None = None, *, ok: bool | None = True) -> Action:
        arguments = {"file_path": self._at(path), "old_string": old, "new_string": new}
        return self.agent.act("Edit", arguments, why, ok=ok)

    def write(self, path: str, text: str, why: str | None = None) -> Action:
        return self.agent.act("Write", {"file_path": self._at(path), "content": text}, why)

    def invalid(self, path: str, why: str | None = None) -> Action:
        return self.agent.act("Edit", {"file_path": self._at(path), "new_string": ""}, why, ok=False)

    def plan(self, *items: str) -> None:
        todos = [{"content": item, "status": "pending", "activeForm": item} for item in items]
        self.agent.act("TodoWrite", {"todos": todos})

    def _at(self, path: str) -> str:
        return path if path.startswith("/") else f"{self.root}/{path}"


def _refused(message: str) -> Observation:
    return Observation(f"<tool_use_error>{message}</tool_use_error>", "error", failed=True)


def _describe(command: str) -> str:
    first = command.split(maxsplit=1)[0]
    return {"ls": "List files", "python": "Run Python", "git": "Ask git", "cat": "Show file"}.get(first, f"Run {first}")


_TODOS = (
    "Todos have been modified successfully. Ensure that you continue to use the todo list to track your progress. "
    "Please proceed with the current tasks if applicable"
)
_ANSWERS = ("grep ", "diff ", "test ", "find ")
_MANY = (
    "Found {} matches of the string to replace, but replace_all is false. To replace all occurrences, set replace_all "
    "to true. To replace only one occurrence, please provide more context to uniquely identify the instance."
)
_SNIPPET = "Here's the result of running `cat -n` on a snippet of the edited file:"
