"""Episodes made from the practice exercises."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace

import pytest

from reroute.collect import collect
from reroute.episode import Episode
from reroute.review import practice
from reroute.settings import Project, Settings
from reroute.tag.tagging import tag


@pytest.fixture
def episode() -> Callable[..., Episode]:
    """A factory: an ordinary recovered episode, but for what is asked to be different."""
    base = practice.exercises()[0].timeline.episode

    def make(number: int, **changes: object) -> Episode:
        name = f"e{number:04}"
        made = replace(base, episode_id=name, trajectory_id=f"t{number:04}", prefix_hash=name, score=0.9, tier="B")
        return replace(made, **changes)

    return make


@pytest.fixture(scope="session")
def _tagged(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("booked"), Settings())
    runs = [{"task_id": index, "reward": 1.0, "traj": _booking(index)} for index in range(8)]
    file = project.root / "runs.json"
    file.write_text(json.dumps(runs))
    collect(project, [file], progress=False)
    tag(project)
    return project


@pytest.fixture
def booked(_tagged: Project, project: Project) -> Project:
    """A collected and tagged project: eight runs, each with one booking that is refused, corrected and accepted."""
    shutil.copytree(_tagged.root, project.root, dirs_exist_ok=True)
    return project


def _booking(index: int) -> list[dict]:
    def call(amount: int) -> dict:
        given = {"flight": f"HX{index:03}", "passengers": 2, "payment_id": f"card_{index:03}", "amount": amount}
        function = {"name": "book_flight", "arguments": json.dumps(given)}
        made = {"id": f"c{amount}", "type": "function", "function": function}
        return {"role": "assistant", "content": None, "tool_calls": [made]}

    def answer(amount: int, text: str) -> dict:
        return {"role": "tool", "tool_call_id": f"c{amount}", "name": "book_flight", "content": text}

    return [
        {"role": "user", "content": f"Book flight HX{index:03} for two."},
        call(210),
        answer(210, "Error: payment amount does not add up, total price is 320, but paid 210"),
        call(320),
        answer(320, json.dumps({"reservation_id": f"R{index:03}", "flight": f"HX{index:03}", "total": 320})),
        {"role": "assistant", "content": f"Flight HX{index:03} is booked."},
        {"role": "user", "content": "Thank you."},
    ]
