"""The one tool of mini-swe-agent: a fresh bash for each command; everything else is done with it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from simulator.agent import Action, Agent
from simulator.shell.workshop import Workshop
from simulator.tape import Observation

SUBMIT = "COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"
"""A command whose output begins with this ends the run; what follows is the submission."""
FORMAT_ERROR = """Please always provide EXACTLY ONE action in triple backticks, found {} actions.

Please format your action in triple backticks as shown in <response_example>.

<response_example>
Here are some thoughts about why you want to perform the action.

```bash
<action>
```
</response_example>

If you have completed your assignment, please consult the first message about how to
submit your solution (you will not be able to continue working on this task after that)."""


@dataclass
class MiniTools:
    """Answers calls as mini-swe-agent does."""

    workshop: Workshop

    def call(self, tool: str, arguments: Mapping[str, object]) -> Observation:
        assert tool == "bash"
        ran = self.workshop.run(str(arguments["command"]))
        if ran.output.startswith(SUBMIT) and not ran.code:
            return Observation(ran.output.partition("\n")[2], "ok")
        return Observation(ran.output, "error" if ran.code else "ok", ran.code, failed=bool(ran.code))


@dataclass
class MiniHands:
    """Moves made with bash alone; each needs its thought, as that agent's rules demand."""

    agent: Agent

    def run(self, command: str, why: str | None = None, *, ok: bool | None = True) -> Action:
        return self.agent.act("bash", {"command": command}, f"THOUGHT: {why or self._thought()}", ok=ok)

    def look(self, path: str, why: str | None = None, *, ok: bool | None = True) -> Action:
        command = self.agent.random.choice(("cat {}", "sed -n '1,80p' {}", "nl -ba {}", "head -n 60 {}"))
        return self.run(command.replace("nl -ba", "cat -n").format(shlex.quote(path)), why, ok=ok)

    def grep(self, pattern: str, path: str, why: str | None = None, *, ok: bool | None = True) -> Action:
        return self.run(f"grep -rn {shlex.quote(pattern)} {shlex.quote(path)}", why, ok=ok)

    def find(self, name: str, why: str | None = None, *, ok: bool | None = True) -> Action:
        return self.run(f"find . -name {shlex.quote(name)}", why, ok=ok)

    def edit(self, path: str, old: str, new: str, why: str | None = None, *, ok: bool | None = True) -> Action:
        removed = [f"-{line}" for line in old.splitlines()]
        added = [f"+{line}" for line in new.splitlines()]
        line = self._line_of(path, old)
        hunk = f"@@ -{line},{len(removed)} +{line},{len(added)} @@"
        patch = "\n".join([f"--- a/{path}", f"+++ b/{path}", hunk, *removed, *added])
        return self.run(f"cat <<'EOF' | git apply --unidiff-zero -\n{patch}\nEOF", why, ok=ok)

    def write(self, path: str, text: str, why: str | None = None) -> Action:
        return self.run(f"cat <<'EOF' > {path}\n{text.rstrip(chr(10))}\nEOF", why)

    def invalid(self, path: str, why: str | None = None) -> Action:
        """Two blocks in one reply; the harness runs neither. The first is about ``path``."""
        blocks = [f"cat {path}", "ls tools"]
        self.agent.tape.says(f"THOUGHT: {why or self._thought()}")
        return self.agent.refused([("bash", {"command": block}) for block in blocks], FORMAT_ERROR.format(len(blocks)))

    def plan(self, *items: str) -> None:
        """It has no tool for that."""

    def _line_of(self, path: str, old: str) -> int:
        tools = self.agent.tools
        assert isinstance(tools, MiniTools)
        text = tools.workshop.path(path).read_text("utf-8") if tools.workshop.path(path).is_file() else ""
        return text[: text.find(old)].count("\n") + 1 if old in text else 7

    def _thought(self) -> str:
        return self.agent.random.choice(_THOUGHTS)


_THOUGHTS = (
    "Let me look at that next.",
    "One more thing to check before I go on.",
    "I want to be sure about this.",
    "Next step.",
    "This should tell me more.",
)
