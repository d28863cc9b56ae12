"""A small project with known episodes: bookings that are refused, corrected and accepted."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import pytest

from reroute import lake, store
from reroute._columns import Identified, tables
from reroute.redact import Redactor
from reroute.settings import Project
from reroute.trace import Step, Trajectory, number, prefix_hashes

KINDS = ("call.rejected", "call.invalid", "edit.rejected", "shell.error")


@dataclass
class Talk:
    """A conversation written step by step."""

    steps: list[Step] = field(default_factory=list)
    turn: int = 0

    def says(self, role: str, text: str) -> Talk:
        self.turn += role == "assistant"
        self.steps.append(Step(role=role, type="message", content=text, turn=self.turn))
        return self

    def calls(
        self, tool: str, result: str | None, *, words: str | None = None, status: str = "unknown", **given
    ) -> int:
        """Append a call and its result; the call's step."""
        self.turn += 1
        if words:
            self.steps.append(Step(role="assistant", type="message", content=words, turn=self.turn))
        at = len(self.steps)
        self.steps.append(
            Step(role="assistant", type="call", tool=tool, arguments=json.dumps(given), call_id="same", turn=self.turn)
        )
        if result is not None:
            self.steps.append(
                Step(
                    role="tool",
                    type="result",
                    tool=tool,
                    content=result,
                    call_id="same",
                    parent_step=at,
                    status=status,
                    turn=self.turn,
                )
            )
        number(self.steps)
        return at

    def done(self) -> list[Step]:
        return number(self.steps)


@dataclass(frozen=True)
class Booked:
    """A run in which a booking failed and was corrected."""

    steps: list[Step]
    onset: int
    recovery: int


def booking(n: int) -> Booked:
    """The ``n``-th run: pays too little, looks the price up, pays right, says so."""
    price = 300 + 7 * n
    talk = (
        Talk()
        .says("system", "You book flights.")
        .says("user", f"Book flight HAT{n:03} for ann_lee_{n:04}, please, gate {n * 37}.")
    )
    onset = talk.calls(
        "book", "Error: payment amount does not add up", flight=f"HAT{n:03}", user=f"ann_lee_{n:04}", amount=100
    )
    talk.calls(
        "get_price", json.dumps({"price": price}), words="That was refused; I look the price up.", flight=f"HAT{n:03}"
    )
    recovery = talk.calls("book", f"booked as RES{n:04}", flight=f"HAT{n:03}", user=f"ann_lee_{n:04}", amount=price)
    return Booked(talk.says("assistant", f"It is booked as RES{n:04}.").says("user", "Thanks!").done(), onset, recovery)


def smooth(n: int) -> list[Step]:
    """The ``n``-th run without a failure."""
    talk = (
        Talk()
        .says("system", "You book flights.")
        .says("user", f"What does HAT{n:03} to {'abcdefgh'[n % 8] * 4} cost on day {n}?")
    )
    talk.calls("get_price", json.dumps({"price": 200 + n}), flight=f"HAT{n:03}")
    return talk.says("assistant", f"HAT{n:03} costs {200 + n} on day {n}.").done()


@dataclass
class World:
    """A project being filled; :meth:`commit` writes everything at once."""

    project: Project
    items: list[Identified] = field(default_factory=list)
    episodes: list[dict[str, object]] = field(default_factory=list)
    outcomes: dict[str, str] = field(default_factory=dict)
    findings: list[tuple[str, str, int]] = field(default_factory=list)

    def run(
        self, name: str, steps: list[Step], task: str, outcome: str | None = "pass", fmt: str = "openai-chat"
    ) -> Identified:
        trajectory = Trajectory(format=fmt, steps=steps, task_id=task, split_group=task, run_id=name)
        item = Identified(name, "files", f"{name}.json", trajectory, prefix_hashes(steps))
        self.items.append(item)
        if outcome:
            self.outcomes[name] = outcome
        return item

    def booked(self, n: int, *, task: str | None = None, outcome: str | None = "pass", **episode: object) -> None:
        made = booking(n)
        item = self.run(f"run{n:04}", made.steps, task or f"task-{n}", outcome)
        self.episode(item, f"e{n:04}", made.onset, made.recovery, **episode)

    def episode(self, item: Identified, name: str, onset: int, recovery: int | None, **changed: object) -> None:
        self.findings.append((item.trajectory_id, item.version, onset))
        base = {
            "part": "p", "episode_id": name, "trajectory_id": item.trajectory_id, "version": item.version, "lane": "main",
            "kind": "call.rejected", "outcome": "recovered_repair", "cause": "agent", "assisted": "agent_initiated",
            "clarified": False, "local_recovered": True, "nominated": False, "score": 1.0, "onset_step": onset,
            "manifest_step": onset + 1, "recovery_step": recovery, "recovery_result_step": (recovery or 0) + 1,
            "close_step": (recovery or onset) + 1, "goal": [], "failed_tool": "book", "failed_signature": name,
            "repair_tool": "book", "actions": 3, "failures": 1, "hinted": False, "near_miss": False, "looped": False,
            "lost_call": False, "prefix_hash": name, "evidence": [],
        }  # fmt: skip
        self.episodes.append(base | changed)

    def commit(self) -> Project:
        headers, steps = tables(self.items, Redactor(b"0" * 32))
        part = lake.write_part(self.project, headers, steps)
        with store.of(self.project).write() as connection:
            lake.commit_part(connection, part, 1)
            for item in self.items:
                run = item.trajectory
                insert(connection, "trajectories", {
                    "trajectory_id": item.trajectory_id, "version": item.version, "part": part.name, "source": item.source,
                    "path": item.path, "format": run.format, "task_id": run.task_id, "split_group": run.split_group,
                    "steps": len(run.steps), "source_index": 0, "metadata": "{}", "is_current": True, "conflict": False,
                    "collected_at": "2026-01-01", "reader_version": 1,
                })  # fmt: skip
            for name, outcome in self.outcomes.items():
                insert(
                    connection,
                    "outcomes",
                    {"trajectory_id": name, "outcome": outcome, "source": "verifier", "recorded_at": "2026-01-01"},
                )
            for episode in self.episodes:
                insert(connection, "episodes", episode | {"part": part.name})
            for trajectory_id, version, call in self.findings:
                insert(connection, "findings", {
                    "part": part.name, "trajectory_id": trajectory_id, "version": version, "lane": "main", "step": call + 1,
                    "call_step": call, "kind": "call.rejected", "signal": "error_line", "firm": True, "field": "content",
                    "quote": "Error", "span_start": 0, "span_end": 5,
                })  # fmt: skip
        return self.project

    def grade(self, episode: str, question: str, answer: str) -> None:
        with store.of(self.project).write() as connection:
            insert(connection, "grades", {
                "grade_id": f"{episode}-{question}", "episode_id": episode, "trajectory_id": episode.replace("e", "run"),
                "prefix_hash": episode, "span_start": 2, "span_end": 3, "question": question, "answer": answer,
                "annotator": "a", "origin": "manual", "graded_at": "2026-01-02", "pulled_at": "2026-01-02",
            })  # fmt: skip


def insert(connection, table: str, values: dict[str, object]) -> None:
    marks = ", ".join("?" for _ in values)
    connection.execute(f"insert into {table} ({', '.join(values)}) values ({marks})", list(values.values()))


@pytest.fixture
def world(project: Project) -> World:
    return World(project)


@pytest.fixture
def bookings(world: World) -> Project:
    """Forty bookings of four kinds of failure and twenty smooth runs, all passed, each a task of its own."""
    for n in range(40):
        world.booked(n, kind=KINDS[n % 4], error_template=f"template {n}")
    for n in range(20):
        world.run(f"smooth{n:04}", smooth(n), f"smooth-{n}")
    return world.commit()
