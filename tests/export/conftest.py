"""A small project with known episodes: bookings that are refused, corrected and accepted."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reroute.export.candidates import Candidate, Recovery, Run
from reroute.export.rows.messages import Message
from reroute.export.rows.row import Extent, Row
from reroute.export.rows.tools import Tools
from reroute.settings import Project
from reroute.storage import lake, store
from reroute.storage.lake import features as derived
from reroute.tag import features
from reroute.trace import Step, number, steps_schema, trajectories_schema

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


@dataclass(frozen=True)
class Item:
    """One run of the world, with a prefix hash of its own for each step."""

    trajectory_id: str
    steps: list[Step]
    task: str
    facts: dict[str, str]
    """What its header has beside or instead of what all have."""

    @property
    def chain(self) -> list[str]:
        return [f"{self.trajectory_id}-{step.step}" for step in self.steps]

    @property
    def version(self) -> str:
        return self.chain[-1]

    @property
    def header(self) -> dict[str, object]:
        return {
            "trajectory_id": self.trajectory_id, "version": self.version, "source": "files", "path": "runs.json",
            "format": "openai-chat", "task_id": self.task, "split_group": self.task, "steps": len(self.steps),
            "source_index": 0, "metadata": "{}", **self.facts,
        }  # fmt: skip

    @property
    def rows(self) -> list[dict[str, object]]:
        base = {"trajectory_id": self.trajectory_id, "version": self.version}
        return [
            base | {"prefix_hash": link} | msgspec.structs.asdict(step)
            for link, step in zip(self.chain, self.steps, strict=True)
        ]


@dataclass
class World:
    """A project being filled; :meth:`commit` writes everything at once."""

    project: Project
    items: list[Item] = field(default_factory=list)
    episodes: list[dict[str, object]] = field(default_factory=list)
    outcomes: dict[str, str] = field(default_factory=dict)
    findings: list[tuple[str, str, int]] = field(default_factory=list)

    def run(self, name: str, steps: list[Step], task: str, outcome: str | None = "pass", **facts: str) -> Item:
        item = Item(name, steps, task, facts)
        self.items.append(item)
        if outcome:
            self.outcomes[name] = outcome
        return item

    def booked(
        self,
        n: int,
        *,
        task: str | None = None,
        outcome: str | None = "pass",
        ended: str = "recovered_repair",
        facts: dict[str, str] | None = None,
        **episode: object,
    ) -> None:
        made = booking(n)
        item = self.run(f"run{n:04}", made.steps, task or f"task-{n}", outcome, **facts or {})
        self.episode(item, f"e{n:04}", made.onset, made.recovery, outcome=ended, **episode)

    def episode(self, item: Item, name: str, onset: int, recovery: int | None, **changed: object) -> None:
        self.findings.append((item.trajectory_id, item.version, onset))
        base = {
            "part": "p", "episode_id": name, "trajectory_id": item.trajectory_id, "version": item.version,
            "lane": "main",
            "kind": "call.rejected", "outcome": "recovered_repair", "cause": "agent", "assisted": "agent_initiated",
            "clarified": False, "local_recovered": True, "nominated": False, "score": 1.0, "onset_step": onset,
            "manifest_step": onset + 1, "recovery_step": recovery, "recovery_result_step": (recovery or 0) + 1,
            "close_step": (recovery or onset) + 1, "goal": [], "failed_tool": "book", "failed_signature": name,
            "repair_tool": "book", "actions": 3, "failures": 1, "hinted": False, "near_miss": False, "looped": False,
            "lost_call": False, "prefix_hash": name, "evidence": [],
        }  # fmt: skip
        self.episodes.append(base | changed)

    def commit(self) -> Project:
        """Write everything, with the features that tagging would make of it."""
        headers = pa.Table.from_pylist([item.header for item in self.items], schema=trajectories_schema())
        steps = pa.Table.from_pylist([row for item in self.items for row in item.rows], schema=steps_schema())
        writer = lake.PartWriter(lake.staging(self.project) / "single")
        writer.add(headers, steps)
        part, built = writer.close(), features.build(steps)
        for name, path in derived.paths(self.project, part.name, "rules").items():
            path.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(getattr(built, name), path)
        with store.of(self.project).write() as connection:
            lake.commit_part(connection, lake.place(self.project, part), 1)
            insert(connection, "tagged_parts", {
                "part": part.name, "rules": "rules", "features": "rules", "tagged_at": "2026-01-01",
            })  # fmt: skip
            for item in self.items:
                known = {name: value for name, value in item.header.items() if name != "tools"}
                insert(connection, "trajectories", known | {
                    "part": part.name, "is_current": True, "conflict": False, "collected_at": "2026-01-01",
                    "reader_version": 1,
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
                    "part": part.name, "trajectory_id": trajectory_id, "version": version, "lane": "main",
                    "step": call + 1, "call_step": call, "kind": "call.rejected", "signal": "error_line",
                    "firm": True, "field": "content",
                    "quote": "Error", "span_start": 0, "span_end": 5,
                })  # fmt: skip
        return self.project

    def grade(self, episode: str, question: str, answer: str) -> None:
        name = episode.replace("e", "run")
        chain = next(item.chain for item in self.items if item.trajectory_id == name)
        with store.of(self.project).write() as connection:
            insert(connection, "grades", {
                "grade_id": f"{episode}-{question}", "episode_id": episode, "trajectory_id": name,
                "prefix_hash": chain[3], "span_start": 2, "span_end": 3, "question": question, "answer": answer,
                "annotator": "a", "origin": "manual", "graded_at": "2026-01-02", "pulled_at": "2026-01-02",
            })  # fmt: skip


def insert(connection, table: str, values: dict[str, object]) -> None:
    marks = ", ".join("?" for _ in values)
    connection.execute(f"insert into {table} ({', '.join(values)}) values ({marks})", list(values.values()))


def made_row(n: int, **changed: object) -> Row:
    """A row as selection sees it: recovery ``n`` of a task of its own, unless changed."""
    facts = {"kind": "call.rejected", "tier": "A", "cause": "agent", "task": f"task-{n}", "template": f"template {n}"}
    facts |= changed
    recovery = None if facts["kind"] is None else Recovery(
        episode_id=f"e{n:04}", kind=facts["kind"], episode_outcome="recovered_repair", cause=facts["cause"],
        tier=facts["tier"],
        assisted="agent_initiated", lane="main", onset=2, manifest=3, recovery=6, failed_tool="book",
        repair_tool="book", error_template=facts["template"],
    )  # fmt: skip
    run = Run(f"run{n:04}", "v", "p", "files", "f", "openai-chat", 0, task_id=facts["task"])
    text = facts.get("text") or " ".join(hashlib.sha256(f"{n} {k}".encode()).hexdigest()[:6] for k in range(40))
    return Row(
        Candidate(run, recovery),
        (Message("user", text, 0, 0),),
        Tools((), "inferred"),
        0,
        7,
        10,
        text,
        (Extent("f", (0, 0)),),
    )


@pytest.fixture
def rows():
    """A maker of rows for selection."""
    return made_row


@pytest.fixture
def talk() -> Talk:
    return Talk()


@pytest.fixture
def booked() -> Booked:
    return booking(1)


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
