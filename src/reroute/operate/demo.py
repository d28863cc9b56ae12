"""The demonstration: one folder in which the whole way is gone, on simulated runs or on a person's own traces."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from reroute import settings
from reroute.errors import UsageError
from reroute.progress import say

if TYPE_CHECKING:
    from reroute.settings import Project

_MARK = ".reroute-demo"


def prepare(folder: Path, *, traces: Path | None) -> Project:
    """Make the demo's folder: its reroute.toml and, where no traces are given, 200 simulated runs with known answers.

    Raises UsageError where the folder is something else than an earlier demo, or the traces are not there.
    """
    if traces is not None and not traces.exists():
        raise UsageError(f"Preparing the demo: {traces} is not there; give a file or folder of traces.")
    _empty(folder)
    if traces is None:
        from reroute.operate.known_answers import unpack

        say(f"Unpacking simulated runs with known answers into {folder / 'simulated'}.")
        unpack(folder / "simulated")
        source = {"name": "simulated", "path": "simulated/traces", "outcomes": "simulated/answers/outcomes.csv"}
    else:
        source = {"name": "traces", "path": str(traces.resolve())}
    lines = [f"{key} = {json.dumps(value)}" for key, value in source.items()]
    (folder / settings.FILE_NAME).write_text("\n".join(["[[sources]]", *lines, ""]), "utf-8")
    return settings.load(folder)


def summary(project: Project) -> None:
    """Print what was collected, found, sent to review, exported and dropped, and where it lies."""
    from reroute.operate.demo_summary import lines

    for line in lines(project):
        print(line)


def _empty(folder: Path) -> None:
    if folder.exists():
        if not (folder / _MARK).exists():
            raise UsageError(f"Preparing the demo: {folder} exists and is not an earlier demo; name another folder.")
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / _MARK).write_text("Made by `reroute demo`, which may delete this folder.\n", "utf-8")
