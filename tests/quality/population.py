"""The real runs that quality is measured on: collected and tagged, each task in one half, development or final.

A project folder is made from the traces once (``prepared``); ``runs`` lists what may be drawn from it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Half = Literal["development", "final"]

UNFIT = (
    "adp-web/nnetnav-live",     # the model's actions were not carried out
    "hypabolic-trajectory",     # synthetic and broken on purpose
    "openai-agents",            # synthetic
    "langsmith", "openinference", "docent",
)  # fmt: skip
"""Folders of the traces that say nothing about real agents."""


@dataclass(frozen=True)
class Run:
    """A current run that may be drawn."""

    trajectory_id: str
    version: str
    part: str
    path: str
    format: str
    task: str
    """Runs with the same value are runs of one task, and lie in one half."""
    outcome: str | None

    @property
    def half(self) -> Half:
        """Decided by the task alone, so that what is added later moves nothing."""
        return "development" if int(_hashed(f"half/{self.task}"), 16) % 2 == 0 else "final"


def prepared(traces: Path, folder: Path) -> Path:
    """A project folder with every trace collected and tagged; what is there already is brought up to date."""
    from reroute.collect import collect
    from reroute.settings import load
    from reroute.tag.tagging import tag

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "reroute.toml").touch()
    project = load(folder)
    collect(project, [traces])
    tag(project)
    return folder


def runs(folder: Path, half: Half | None = None) -> Iterator[Run]:
    """Current runs in id order: fit for measuring, and each content once."""
    from reroute.settings import load
    from reroute.storage import store

    with store.of(load(folder)).read() as connection:
        rows = connection.execute(
            "select trajectory_id, version, part, path, format, coalesce(task_id, task), outcome"
            " from trajectories left join strongest_outcomes using (trajectory_id)"
            " where is_current qualify row_number() over (partition by version order by trajectory_id) = 1"
            " order by trajectory_id"
        ).fetchall()
    for trajectory_id, version, part, path, name, task, outcome in rows:
        if not any(piece in path for piece in UNFIT):
            run = Run(trajectory_id, version, part, path, name, _hashed(f"{name}/{task or trajectory_id}"), outcome)
            if half in (None, run.half):
                yield run


def _hashed(text: str) -> str:
    """A task may be known by its text alone, and no text of a trace is kept."""
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
