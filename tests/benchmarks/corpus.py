"""Seeded full-text steps across coding, API and search work: what `reroute.tag.tagging` is measured on.

Texts are as long as real ones (a result has about a kilobyte, some have 30), commands and arguments are mostly unique,
one call in eight fails in some way. The same seed gives the same bytes.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

import pyarrow as pa

from reroute.trace import steps_schema

_WORDS = tuple(
    word
    for line in (
        "parser config session request header stream buffer model index query cache token column table field value",
        "result error handler widget layout client server router schema record branch commit module package import",
        "filter sorted mapping window cursor socket thread worker queue lock event signal report figure metric",
    )
    for word in line.split(" ")
)
_AIRPORTS = ("JFK", "SEA", "ORD", "LAX", "DEN", "ATL", "SFO", "IAH", "PHX", "BOS")
_PROSE = (
    "Let me look at the {a} first, since the {b} seems to come from there.",
    "The {a} is built before the {b}, so the {c} cannot be right at that point.",
    "I'll run the tests for {a} to see whether the change to {b} holds.",
    "That did not work: the {a} is still missing. Let me try a different way through the {b}.",
    "Now the {a} handles {b} and {c} alike.",
)


@dataclass
class _Run:
    """A trajectory being written."""

    rows: list[dict[str, object]] = field(default_factory=list)
    turn: int = 0

    def say(self, role: str, content: str) -> None:
        self.rows.append({"role": role, "type": "message", "content": content, "turn": self.turn})

    def call(self, tool: str, arguments: dict[str, object], content: str, **stated: object) -> None:
        """A call and its result, as the source states it."""
        step = len(self.rows)
        self.rows.append(
            {"role": "assistant", "type": "call", "tool": tool, "turn": self.turn, "call_id": f"c{step}",
             "arguments": json.dumps(arguments), "input_tokens": 2000 + step, "output_tokens": 150}
        )  # fmt: skip
        self.rows.append(
            {"role": "tool", "type": "result", "tool": tool, "turn": self.turn, "call_id": f"c{step}",
             "parent_step": step, "content": content, **stated}
        )  # fmt: skip
        self.turn += 1


class Corpus:
    """Trajectories of a seed, one after the other."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.lines = [self._line() for _ in range(20_000)]
        self.prose = [self._sentence() for _ in range(5_000)]

    def parts(self, steps: int, part_steps: int = 40_000) -> Iterator[pa.Table]:
        """Tables of about ``part_steps`` whole-trajectory steps, ``steps`` in all."""
        rows: list[dict[str, object]] = []
        made = number = 0
        while made < steps:
            run = self._trajectory()
            identity = {"trajectory_id": f"{number:016x}", "version": f"{number * 7919:016x}", "lane": "main"}
            for index, row in enumerate(run.rows):
                rows.append(
                    {"status": "unknown", **identity, **row, "step": index, "prefix_hash": f"{made + index:016x}"}
                )
            made, number = made + len(run.rows), number + 1
            if len(rows) >= part_steps or made >= steps:
                yield pa.Table.from_pylist(rows, schema=steps_schema())
                rows = []

    def _trajectory(self) -> _Run:
        run = _Run()
        run.say("user", self._text(6))
        kind = self.random.choices((self._coding, self._service, self._research), (6, 3, 1))[0]
        for _ in range(self.random.randint(12, 40)):
            if self.random.random() < 0.8:
                run.say("assistant", self._text(self.random.randint(1, 5)))
            kind(run)
        run.say("assistant", self._text(3))
        return run

    def _coding(self, run: _Run) -> None:
        path, word = self._path(), self._word()
        actions = {
            "grep": (f'grep -rn "{word}_{self._number()}" {path}', lambda: self._listing(path)),
            "sed": (f"sed -n '{self._number()},{self._number()}p' {path}", self._code),
            "cat": (f"cd /testbed && cat {path} | head -n {self._number()}", self._code),
            "write": (f"cat <<'EOF' > {path}\n{self._code()[:1200]}\nEOF", str),
            "edit": (f"sed -i 's/{word}/{self._word()}_{self._number()}/' {path}", str),
            "test": (f"python -m pytest -q {path}::test_{word} 2>&1 | tail -n 40", lambda: self._tests(path)),
            "inline": (f'python -c "import {word}; print({word}.{self._word()}({self._number()}))"', self._short),
            "loop": (f'for f in $(ls {path}); do wc -l "$f"; done', self._short),
            "list": (f"ls -la {path.rsplit('/', 1)[0]} && git status --short", self._short),
        }
        name = self.random.choices(list(actions), (22, 22, 8, 10, 10, 14, 6, 2, 6))[0]
        command, shown = actions[name]
        content, code = shown(), 0
        if self.random.random() < 0.12:
            content, code = self._shell_failure(name, path, content)
        run.call("bash", {"command": command}, content, exit_code=code)

    def _shell_failure(self, name: str, path: str, content: str) -> tuple[str, int]:
        if name == "grep":
            return "", 1
        if name == "test":
            return (
                content + f"\nFAILED {path}::test_{self._word()} - AssertionError: assert 1 == 2\n1 failed in 0.31s",
                1,
            )
        if name == "inline":
            return f"Traceback (most recent call last):\n  File \"<string>\", line 1\nKeyError: '{self._word()}'", 1
        return f"{name}: {path}: No such file or directory\n", 2

    def _service(self, run: _Run) -> None:
        if self.random.random() < 0.4:
            date = f"2024-05-{self._number() % 28 + 1:02}"
            arguments = {"origin": self._airport(), "destination": self._airport(), "date": date}
            flights = [{"flight_number": f"HAT{self._number():03}", "status": "available"} for _ in range(6)]
            run.call("search_direct_flight", arguments, json.dumps(flights))
            return
        arguments = {
            "reservation_id": f"{self.random.randrange(36**6):06X}",
            "cabin": "economy",
            "payment_id": f"gift_card_{self._number()}{self._number()}",
            "flights": [{"flight_number": f"HAT{self._number():03}", "date": "2024-05-20"} for _ in range(2)],
        }
        good = json.dumps({**arguments, "user_id": f"{self._word()}_{self._number()}", "history": self._code()[:700]})
        content = f"Error: not enough seats on flight HAT{self._number():03}" if self.random.random() < 0.2 else good
        run.call("update_reservation_flights", arguments, content)
        if self.random.random() < 0.3:
            run.say("user", self._text(1))

    def _research(self, run: _Run) -> None:
        query = " ".join(self._word() for _ in range(5))
        if self.random.random() < 0.5:
            content = "No results found." if self.random.random() < 0.1 else self._page()
            run.call("web_search", {"query": query}, content)
        else:
            run.call(
                "web_fetch", {"url": f"https://{self._word()}.example/{self._word()}/{self._number()}"}, self._page()
            )

    def _tests(self, path: str) -> str:
        dots = "\n".join(f"{path}::test_{self._word()}_{self._number()} PASSED [ {i}%]" for i in range(12))
        return (
            f"===== test session starts =====\nrootdir: /testbed\n{dots}\n===== 12 passed in 0.{self._number()}s ====="
        )

    def _listing(self, path: str) -> str:
        return "\n".join(f"{path}:{self._number()}:{line}" for line in self._some(self.random.randint(1, 30)))

    def _code(self) -> str:
        long = self.random.random() < 0.02
        return "\n".join(self._some(700 if long else self.random.randint(5, 60)))

    def _page(self) -> str:
        return "\n".join(self.random.choices(self.prose, k=self.random.randint(20, 80)))

    def _short(self) -> str:
        return "\n".join(self._some(self.random.randint(1, 8)))

    def _some(self, count: int) -> list[str]:
        start = self.random.randrange(len(self.lines) - count)
        return self.lines[start : start + count]

    def _text(self, sentences: int) -> str:
        return " ".join(self.random.choices(self.prose, k=sentences))

    def _line(self) -> str:
        indent = "    " * self.random.randint(0, 3)
        return f"{indent}{self._word()}_{self._word()} = self.{self._word()}({self._word()}, {self._number()})"

    def _sentence(self) -> str:
        return self.random.choice(_PROSE).format(a=self._word(), b=self._word(), c=self._word())

    def _path(self) -> str:
        return f"src/{self._word()}/{self._word()}_{self._number()}.py"

    def _word(self) -> str:
        return self.random.choice(_WORDS)

    def _airport(self) -> str:
        return self.random.choice(_AIRPORTS)

    def _number(self) -> int:
        return self.random.randint(1, 999)
