"""The demonstration: one folder in which every stage runs, on simulated runs or on a person's own traces."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reroute import settings
from reroute.errors import UsageError
from reroute.operate.known_answers import Score, score, unpack
from reroute.progress import say
from reroute.report.figures import Table, query
from reroute.storage.publish import connect
from reroute.tag import episodes

if TYPE_CHECKING:
    from reroute.settings import Project

_MARK = ".reroute-demo"
"""The file that says of a folder that an earlier demo made it."""


@dataclass(frozen=True)
class Summary:
    """What the demonstration came to."""

    collected: Table
    """A row a format: format, trajectories, steps, passed, failed, undetected."""
    score: Score | None
    """How the episodes compare with the known answers; None for a person's own traces."""
    kinds: dict[str, dict[str, int]]
    """Kind -> outcome -> failures, each the commonest first; empty where there is a score."""
    waiting: int
    """Episodes for people to review."""
    written: Table
    """A row a dataset: recipe, version, training rows, validation rows, whether it passed, folder."""
    drops: Table
    """A row a recipe and rule: recipe, rule, candidates left out, one of the reasons."""


def prepare(folder: Path, *, traces: Path | None) -> Project:
    """Make the demo's folder: its reroute.toml and, where no traces are given, 200 simulated runs with known answers.

    Raises UsageError where the folder is something else than an earlier demo, or the traces are not there.
    """
    if traces is not None and not traces.exists():
        raise UsageError(f"Preparing the demo: {traces} is not there; give a file or folder of traces.")
    if folder.exists():
        if not (folder / _MARK).exists():
            raise UsageError(f"Preparing the demo: {folder} exists and is not an earlier demo; name another folder.")
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / _MARK).write_text("Made by `reroute demo`, which may delete this folder.\n", "utf-8")
    if traces is None:
        say(f"Unpacking simulated runs with known answers into {folder / 'simulated'}.")
        unpack(folder / "simulated")
        source = {"name": "simulated", "path": "simulated/traces", "outcomes": "simulated/answers/outcomes.csv"}
    else:
        source = {"name": "traces", "path": str(traces.resolve())}
    lines = [f"{key} = {json.dumps(value)}" for key, value in source.items()]
    (folder / settings.FILE_NAME).write_text("\n".join(["[[sources]]", *lines, ""]), "utf-8")
    return settings.load(folder)


def summarize(project: Project) -> Summary:
    """What was collected, found, sent to review, exported and left out, from the published copy and the store."""
    connection = connect(project)
    tables = {name: query(connection, name, project) for name in ("collected", "datasets_written", "drops")}
    waiting = connection.execute("select count(*) from reviews").fetchall()[0][0]
    connection.close()
    answers = project.root / "simulated" / "answers"
    scored, kinds = (score(project, answers) if answers.is_dir() else None), {}
    if scored is None:
        failures = [one for one in episodes.load(project) if one.is_failure is not False]
        counts = Counter((one.kind, one.outcome_final) for one in failures).most_common()
        for kind, _ in Counter(one.kind for one in failures).most_common():
            kinds[kind] = {outcome: count for (named, outcome), count in counts if named == kind}
    return Summary(tables["collected"], scored, kinds, waiting, tables["datasets_written"], tables["drops"])
