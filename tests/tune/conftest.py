"""Datasets made by hand, and a provider on loopback."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from reroute import datasets
from reroute.datasets import Dataset
from reroute.llm_api.retry import RetryPolicy
from reroute.settings import Project, Settings
from reroute.tune import capabilities
from reroute.tune.job_spec import JobOptions
from reroute.tune.tuning import Quote, Tuning

from .loopback import Loopback

KEY = "sk-test-1f6e-never-to-be-seen-9a2b"
TODAY = date(2026, 11, 21)
Row = dict[str, object]
MakeDataset = Callable[..., Dataset]
Ask = Callable[..., Quote]

CALL = {"id": "call_1", "type": "function", "function": {"name": "bash", "arguments": '{"command": "ls nowhere"}'}}
TOOLS = [{"type": "function", "function": {"name": "bash", "parameters": {"type": "object", "properties": {}}}}]
GRADER = {
    "type": "string_check",
    "name": "right-tool",
    "input": "{{sample.output_text}}",
    "reference": "{{item.reference_answer}}",
    "operation": "eq",
}


def sft_row(number: int) -> Row:
    """A masked mistake, its result, and the recovery that is trained on."""
    return {
        "messages": [
            {"role": "system", "content": "You work in a shell."},
            {"role": "user", "content": f"Find file number {number}."},
            {"role": "assistant", "content": None, "tool_calls": [CALL], "weight": 0},
            {"role": "tool", "tool_call_id": "call_1", "content": "ls: cannot access 'nowhere'"},
            {"role": "assistant", "content": f"I look elsewhere for {number}.", "weight": 1},
        ],
        "tools": TOOLS,
    }


def rft_row(number: int) -> Row:
    """A failure as the prompt, ended by a user message as Azure wants it."""
    return {
        "messages": [
            {"role": "developer", "content": "You work in a shell."},
            {"role": "user", "content": f"Find file number {number}. `ls nowhere` failed: no such file."},
        ],
        "tools": TOOLS,
        "reference_answer": f"find . -name {number}",
    }


def dpo_row(number: int) -> Row:
    """The recovery preferred to the same mistake once more."""
    return {
        "input": {"messages": [{"role": "user", "content": f"Find file number {number}."}], "tools": TOOLS},
        "preferred_output": [{"role": "assistant", "content": "I look elsewhere."}],
        "non_preferred_output": [{"role": "assistant", "content": "I try the same again."}],
    }


ROWS = {"sft": sft_row, "rft": rft_row, "dpo": dpo_row}


def _write(path: Path, rows: list[Row]) -> dict[str, object]:
    data = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    path.write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    return {"path": path.name, "rows": len(rows), "bytes": len(data), "sha256": digest}


@pytest.fixture
def make_dataset(project: Project) -> MakeDataset:
    """Makes a dataset folder as export leaves it; every part can be replaced."""

    def make(method: str = "sft", train: list[Row] | None = None, validation: list[Row] | None = None, **more: object):
        row = ROWS[method]
        train = [row(number) for number in range(12)] if train is None else train
        validation = [row(number) for number in range(100, 103)] if validation is None else validation
        recipe = f"recovery-{method}"
        version = hashlib.sha256(json.dumps([train, validation, more], default=str).encode()).hexdigest()[:16]
        folder = project.datasets / recipe / version
        folder.mkdir(parents=True)
        files = {"train": _write(folder / "train.jsonl", train), "validation": None}
        if validation:
            files["validation"] = _write(folder / "validation.jsonl", validation)
        manifest = {"format": "reroute.dataset", "format_version": 1, "recipe": recipe, "version": version}
        manifest |= {
            "method": method,
            "dialect": "openai",
            "passed": True,
            "files": files,
            "rows": [],
            "ledger": "dropped.jsonl",
        }
        manifest |= {"grader": GRADER if method == "rft" else None, "created_at": "2026-11-20T10:00:00Z"}
        (folder / "manifest.json").write_text(json.dumps(manifest | more))
        return datasets.read(folder)

    return make


@pytest.fixture
def table() -> capabilities.Capabilities:
    """The capability table that is shipped."""
    return capabilities.load()


@pytest.fixture
def quick() -> RetryPolicy:
    """A retry policy that waits no longer than a test may."""
    return RetryPolicy(first=0.01, longest=0.5, listing_delay=0.3, processing=5, sleep=lambda _: None)


@pytest.fixture
def provider() -> Iterator[Loopback]:
    """A provider of the OpenAI dialect on loopback."""
    with Loopback() as server:
        yield server


@pytest.fixture
def tuning(project: Project, table: capabilities.Capabilities, quick: RetryPolicy) -> Tuning:
    """An empty project on a day on which everything that tests submit is open."""
    return Tuning(project, TODAY, table, quick)


@pytest.fixture
def ask(tuning: Tuning, make_dataset: MakeDataset, provider: Loopback) -> Ask:
    """Quotes the same dataset, with other options where asked."""
    found = make_dataset()

    def quote(name: str = "openai", model: str = "gpt-4.1", **options: object) -> Quote:
        return tuning.quote(str(found.folder), name, model, JobOptions(base_url=provider.url, **options))

    return quote


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """The API keys that a test may use; nothing of the machine's own."""
    for name in ("OPENAI_API_KEY", "AZURE_OPENAI_API_KEY"):
        monkeypatch.setenv(name, KEY)
    for name in ("OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project whose store gives up quickly."""
    return Project(tmp_path, Settings())
