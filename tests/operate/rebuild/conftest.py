"""A project with everything in it: several nights, outcomes, grades, datasets, a job, a judge's vote."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from reroute import review
from reroute.collect import collect, outcomes
from reroute.collect.fidelity import Drift
from reroute.collect.messages import Chunk, Read
from reroute.export import export
from reroute.review.judge.chosen import asks
from reroute.review.judge.ledger import Ledger as JudgeLedger
from reroute.review.judge.limits import Budget, Spent
from reroute.review.judge.verdict import Reply, Vote
from reroute.review.judge.words import words
from reroute.settings import CollectSettings, Project, Settings, SourceSettings
from reroute.storage import store
from reroute.storage.publish import publish
from reroute.tag import episodes
from reroute.tag.tagging import relabel, tag
from reroute.tune.ledger import Intent, Ledger, RemoteEvent, RemoteJob

SETTINGS = Settings(
    sources=[SourceSettings(name="airline", path="traces")], collect=CollectSettings(part_mb=1, workers=1)
)
TIMES = {"collected_at", "committed_at", "first_seen", "fitted_at", "recorded_at", "tagged_at"}
OF_PARTS = {"part", "bytes", "steps_sha256", "trajectories_sha256"}
WAYS = [
    "Book flight {}", "Please reserve the early plane {}", "My mother travels on {}", "Two of us need seats on {}",
    "Get us onto {}", "I would like tickets for {}", "Could you arrange {}", "The family flies with {}",
]  # fmt: skip


def booking(index: int) -> dict[str, object]:
    """A run with one booking that is refused, corrected and accepted."""
    flight = f"HX{index:03}"

    def call(amount: int) -> dict[str, object]:
        given = {"flight": flight, "passengers": 2, "payment_id": f"card_{index:03}", "amount": amount}
        function = {"name": "book_flight", "arguments": json.dumps(given)}
        return {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": f"c{amount}", "type": "function", "function": function}],
        }

    def answer(amount: int, text: str) -> dict[str, object]:
        return {"role": "tool", "tool_call_id": f"c{amount}", "name": "book_flight", "content": text}

    wrong, right = 210 + index, 320 + index
    refused = f"Error: payment amount does not add up, total price is {right}, but paid {wrong}"
    traj = [
        {"role": "user", "content": WAYS[index % len(WAYS)].format(flight)},
        call(wrong),
        answer(wrong, refused),
        call(right),
        answer(right, json.dumps({"reservation_id": f"R{index:03}", "flight": flight, "total": right})),
        {"role": "assistant", "content": f"Flight {flight} is booked."},
        {"role": "user", "content": "Thank you."},
    ]
    return {"task_id": index, "reward": float(index % 3 > 0), "traj": traj}


def session(name: str, *results: str) -> str:
    """A chat run as one line: a task, then a call and its result for each of ``results``."""
    messages: list[dict[str, object]] = [{"role": "user", "content": f"Find it, {name}, a@b.co."}]
    for number, result in enumerate(results):
        function = {"name": "grep", "arguments": json.dumps({"pattern": f"p{number}"})}
        call = {"id": f"c{number}", "type": "function", "function": function}
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        messages.append({"role": "tool", "tool_call_id": f"c{number}", "content": result})
    return json.dumps({"id": name, "messages": messages}) + "\n"


def dump(project: Project, *, parts: bool = True) -> dict[str, list[tuple[object, ...]]]:
    """Every table of the store, rows sorted, without times (and, unless asked, without what names a part)."""
    hidden = TIMES if parts else TIMES | OF_PARTS
    found = {}
    with store.of(project).read() as connection:
        names = [name for (name,) in connection.execute("show tables").fetchall()]
        for name in set(names) - {"migrations", "journaled"}:
            columns = [column for column, *_ in connection.execute(f"describe {name}").fetchall()]
            shown = ", ".join(column for column in columns if column not in hidden)
            found[name] = sorted(connection.execute(f"select {shown} from {name}").fetchall(), key=repr)
    return found


def _nights(project: Project) -> None:
    traces = project.root / "traces"
    traces.mkdir(parents=True)
    (traces / "bookings.json").write_text(json.dumps([booking(index) for index in range(6)]))
    (traces / "grown.jsonl").write_text(session("grown", "one"))
    (traces / "other.jsonl").write_text(session("torn", "one", "two"))
    collect(project)
    tag(project)
    (traces / "grown.jsonl").write_text(session("grown", "one", "two") + '{"messages": 5}\n')
    (traces / "later.json").write_text(json.dumps([booking(6), booking(7)]))
    (traces / "second.jsonl").write_text(session("torn", "one", "another"))
    collect(project)
    unknown = Drift()
    chunk = Chunk(
        source="traces", name="second.jsonl", path=b"", start=0, end=1, first_index=0, file_size=1, mtime_ns=1,
        format=None,
    )  # fmt: skip
    unknown.add(chunk, Read(format="claude-code", fidelity=[("telepathy", "no message", 3)]))
    unknown.note(project)


def _graded(project: Project) -> None:
    review.plan(project)
    review.push(project)
    (file,) = project.outbox.rglob("tasks.json")
    items = []
    for number, (task, failure) in enumerate(zip(json.loads(file.read_text()), ["yes", "no", None], strict=False)):
        choice = {"from_name": "failure", "to_name": "steps", "type": "choices", "value": {"choices": [failure]}}
        made = {
            "completed_by": 1,
            "result": [choice | {"origin": "manual"}] if failure else [],
            "was_cancelled": failure is None,
            "lead_time": 20,
            "updated_at": "2026-03-01T10:00:00Z",
        }
        items.append({"id": number, "data": task["data"], "annotations": [made]})
    answers = project.root / "answers.json"
    answers.write_text(json.dumps(items))
    assert review.pull(project, answers).new == 3
    relabel(project)


def _ordered(project: Project) -> None:
    ledger = Ledger(project)
    ledger.intend(
        Intent(
            job_key="k1", recipe="recovery-sft", version="v", provider="openai", base_url="http://127.0.0.1", model="m",
            method="sft", price_usd=1.25, price_note="n", request='{"model": "m"}',
        )
    )  # fmt: skip
    ledger.uploaded("k1", "train", "file-1", again=False)
    ledger.creating("k1")
    events = [RemoteEvent(id="e1", created_at=1_760_000_000, message="begun")]
    ledger.record("k1", RemoteJob(id="ftjob-1", status="running"), "job made", events)


def _voted(project: Project) -> None:
    first, second = list(asks(project, words(project.root), "judge-model", episodes.load(project)[:2]))
    ledger, budget = JudgeLedger(project), Budget(1_000_000, None)
    vote = Vote("yes", "recovered_repair", None, 0.9, "it was refused", "does not add up")
    reply = Reply("{}", None, "stop", "judge-model-1", 900, 40)
    ledger.voted(ledger.sent(first, Spent(2000, None), budget), first, vote, reply, Spent(940, 0.001))
    ledger.ended(
        ledger.sent(second, Spent(2000, None), budget), "failed", "no", Spent(9, None), stated=True, closed=False
    )
    ledger.withheld([second])
    relabel(project)


@pytest.fixture(scope="session")
def _full(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("full"), SETTINGS)
    _nights(project)
    stated = project.root / "stated.csv"
    stated.write_text("task_id,outcome,source\n3,pass,human\n7,fail,verifier\n")
    outcomes.join(project, stated)
    tag(project)
    _graded(project)
    _voted(project)
    assert [export(project, recipe).rows > 0 for recipe in ("recovery-sft", "recovery-rft")] == [True, True]
    _ordered(project)
    publish(project)
    counts = {name: len(rows) for name, rows in dump(project).items()}
    # These need more runs and grades than a test should make, or runs that share history.
    too_few = {"outcome_scores", "probabilities", "families"}
    assert {name for name, count in counts.items() if not count} <= too_few, "every table is put to the test"
    return project


@pytest.fixture
def full(_full: Project, tmp_path: Path) -> Project:
    """A project of two nights in which every table has rows."""
    shutil.copytree(_full.root, tmp_path / "full")
    return Project(tmp_path / "full", SETTINGS)


@pytest.fixture
def tables() -> Callable[..., dict[str, list[tuple[object, ...]]]]:
    return dump
