"""A tagged project with doubtful episodes, and a judge on loopback."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence

import pytest

from reroute.collect import collect
from reroute.llm_api.retry import RetryPolicy
from reroute.review import judge
from reroute.settings import JudgeSettings, Project, Settings
from reroute.storage import store
from reroute.tag.tagging import tag

from .loopback import Endpoint

KEY = "sk-judge-7c1e-never-to-be-seen-41af"
QUICK = RetryPolicy(attempts=3, first=0.01, longest=5, sleep=lambda _: None)
RUNS = 3
Ask = Callable[..., judge.Judged]


def run(index: int, said: str = "", test: str = "") -> dict[str, object]:
    """A run whose first check after an edit is red: doubtful, since nobody knows whether it was green before."""
    name = test or f"test_rounding_{index}"
    red = f"F\nFAILED tests/test_price.py::{name} - assert {index} == {index + 1}\n1 failed in 0.02s\n{said}"
    steps = [
        ("sed -i 's/round(x)/floor(x)/' src/price.py", ""),
        (f"python -m pytest tests/test_price.py -k {name}", red),
        ("cat src/price.py", f"def price(x): return floor(x)  # {index}"),
    ]
    traj: list[dict[str, object]] = [{"role": "user", "content": f"Make {name} right in src/price.py."}]
    for number, (command, result) in enumerate(steps):
        made = {"name": "bash", "arguments": json.dumps({"command": command})}
        calls = [{"id": f"c{number}", "type": "function", "function": made}]
        traj.append({"role": "assistant", "content": None, "tool_calls": calls})
        traj.append({"role": "tool", "tool_call_id": f"c{number}", "name": "bash", "content": result})
    traj.append({"role": "assistant", "content": "I looked into it."})
    return {"task_id": index, "reward": 0.0, "traj": traj}


def tagged(project: Project, runs: Sequence[dict[str, object]]) -> Project:
    """A project with these runs collected and tagged."""
    file = project.root / "runs.json"
    file.write_text(json.dumps(list(runs)))
    collect(project, [file], progress=False)
    tag(project)
    return project


@pytest.fixture(scope="session")
def _doubtful(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return tagged(Project(tmp_path_factory.mktemp("doubtful"), Settings()), [run(index) for index in range(RUNS)])


@pytest.fixture
def doubtful(_doubtful: Project, project: Project) -> Project:
    """Runs with one doubtful episode each."""
    shutil.copytree(_doubtful.root, project.root, dirs_exist_ok=True)
    return project


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """A judge on loopback that judges soundly unless told otherwise."""
    with Endpoint() as server:
        yield server


def asking(project: Project, endpoint: Endpoint, **changes: object) -> Project:
    """The project with a judge at that endpoint."""
    given = {"base_url": endpoint.url, "model": "judge-1", "api_key_env": "JUDGE_KEY", "concurrency": 1} | changes
    fast = {"requests_per_minute": 1_000_000, "tokens_per_minute": 1_000_000_000} | given
    return Project(project.root, project.settings.model_copy(update={"judge": JudgeSettings(**fast)}))


@pytest.fixture
def ask(doubtful: Project, endpoint: Endpoint) -> Ask:
    """Asks the judge about them, with other settings where asked for."""

    def go(*, again: bool = False, **changes: object) -> judge.Judged:
        return judge.ask(asking(doubtful, endpoint, **changes), again=again, retry_policy=QUICK)

    return go


def rows(project: Project, query: str) -> list[tuple[object, ...]]:
    """Rows of the store."""
    with store.of(project).read() as connection:
        return connection.execute(query).fetchall()


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUDGE_KEY", KEY)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.delenv(name, raising=False)
