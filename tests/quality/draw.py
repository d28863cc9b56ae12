"""Draw what is graded: findings of each kind, nominations, unflagged actions, whole failed runs.

``python tests/quality/draw.py development FOLDER`` collects and tags the real traces (``REROUTE_TRACES``) into
``FOLDER/project`` and writes ``FOLDER/items.jsonl`` (with the tagger's verdicts, for the comparison) and, for the
graders, ``FOLDER/sheets/`` without them. What was drawn before in ``kept/`` is never drawn again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import sheets
from population import Half, Run, prepared, runs

if TYPE_CHECKING:
    from reroute.episode import Episode

FINDINGS = 40
"""Of each kind."""
NOMINATIONS = 20
UNFLAGGED = 60
FAILED_RUNS = 15
KEPT = Path(__file__).parent / "kept"


@dataclass(frozen=True)
class Item:
    """What a grader is asked about, and what the tagger said of it."""

    item: str
    why: str
    """finding, nomination, unflagged, or run."""
    trajectory_id: str
    format: str
    task: str
    path: str
    step: int | None
    """The row of the call (or message) in question; None for a whole run."""
    population: int
    """How many there are in the half that might have been drawn in its place, itself included."""
    kind: str | None = None
    outcome: str | None = None
    recovery_step: int | None = None
    part: str = ""
    version: str = ""
    calls: tuple[int, ...] = ()
    """Of a whole run: its calls' rows."""
    suspects: tuple[int, ...] = ()
    """Of a whole run: the rows where it went wrong, the likeliest first."""


@dataclass(frozen=True)
class Finding:
    """A sign that the tagger saw in a run that is read whole."""

    trajectory_id: str
    kind: str
    step: int
    call_step: int | None
    firm: bool


def main() -> None:
    """Draw one half and write its sheets."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("half", choices=["development", "final"])
    options.add_argument("folder", type=Path)
    options.add_argument("--formats", nargs="*", help="only these")
    chosen = options.parse_args()
    traces = Path(os.environ.get("REROUTE_TRACES", "../shared/traces")).resolve()
    project = prepared(traces, chosen.folder / "project")
    items = sorted(drawn(project, chosen.half, chosen.formats), key=lambda item: (item.trajectory_id, item.step or -1))
    (chosen.folder / "items.jsonl").write_text("".join(json.dumps(asdict(item)) + "\n" for item in items), "utf-8")
    whole = {item.trajectory_id for item in items if item.why == "run"}
    found = [asdict(finding) for finding in _findings(project, whole)]
    (chosen.folder / "findings.jsonl").write_text("".join(json.dumps(row) + "\n" for row in found), "utf-8")
    sheets.write(project, items, chosen.folder / "sheets")
    for (why, kind), count in sorted(Counter((item.why, item.kind or "") for item in items).items()):
        print(f"{why:<11} {kind:<20} {count:>4}")


def drawn(folder: Path, half: Half, formats: list[str] | None) -> Iterator[Item]:
    """The items of one half, each at most once."""
    from reroute.settings import load
    from reroute.tag import episodes

    chosen = {run.trajectory_id: run for run in runs(folder, half) if not formats or run.format in formats}
    found = [e for e in episodes.load(load(folder)) if e.trajectory_id in chosen]
    firm, weak = [e for e in found if not e.nominated], [e for e in found if e.nominated]
    by_kind: dict[str, list[Item]] = defaultdict(list)
    for episode in _once(firm, chosen):
        by_kind[episode.kind].append(_finding("finding", episode, chosen))
    for candidates in by_kind.values():
        yield from _some(candidates, FINDINGS)
    yield from _some([_finding("nomination", episode, chosen) for episode in _once(weak, chosen)], NOMINATIONS)
    yield from _some(list(_unflagged(folder, chosen)), UNFLAGGED)
    failed = [_item("run", run, None) for run in chosen.values() if run.outcome == "fail"]
    yield from (_whole(folder, item) for item in _spread(failed, FAILED_RUNS))


def _once(found: Iterable[Episode], chosen: dict[str, Run]) -> Iterator[Episode]:
    """Many runs of one task that fail alike count once: the first by hash."""
    seen = set()
    for episode in sorted(found, key=lambda e: _rank(e.episode_id)):
        alike = chosen[episode.trajectory_id].task, episode.kind, episode.failed_tool, episode.error_template
        if alike not in seen:
            seen.add(alike)
            yield episode


def _finding(why: str, episode: Episode, chosen: dict[str, Run]) -> Item:
    item = _item(why, chosen[episode.trajectory_id], episode.onset_step)
    return replace(item, kind=episode.kind, outcome=episode.outcome, recovery_step=episode.recovery_step)


def _item(why: str, run: Run, step: int | None) -> Item:
    name = hashlib.blake2b(f"{run.trajectory_id}/{step}".encode(), digest_size=5).hexdigest()
    return Item(
        name, why, run.trajectory_id, run.format, run.task, run.path, step, 1, part=run.part, version=run.version
    )


def _unflagged(folder: Path, chosen: dict[str, Run]) -> Iterator[Item]:
    """Calls with an answer from outside that no finding, firm or weak, is about."""
    import duckdb

    from reroute.settings import load
    from reroute.storage import store

    project = load(folder)
    with store.of(project).read() as connection:
        flagged = set(
            connection.execute("select trajectory_id, coalesce(call_step, step) from findings").fetchall()
            + connection.execute("select trajectory_id, onset_step from episodes").fetchall()
        )
    glob = str(project.lake / "features" / "*.actions.parquet")
    rows = duckdb.execute(
        "select distinct trajectory_id, version, call_step from read_parquet(?) where external", [glob]
    ).fetchall()
    for trajectory_id, version, step in sorted(rows):
        run = chosen.get(trajectory_id)
        if run and run.version == version and (trajectory_id, step) not in flagged:
            yield _item("unflagged", run, step)


def _whole(folder: Path, item: Item) -> Item:
    """With what a guess of its critical step may be made from."""
    import duckdb

    from reroute.settings import load
    from reroute.storage import store
    from reroute.storage.lake import files

    project, key = load(folder), [item.trajectory_id, item.version]
    with store.of(project).read() as connection:
        sql = "select step from suspects where trajectory_id = ? and version = ? order by rank"
        suspects = connection.execute(sql, key).fetchall()
    sql = "select step from read_parquet(?) where trajectory_id = ? and version = ? and type = 'call' order by step"
    calls = duckdb.execute(sql, [str(files(project, item.part).steps), *key]).fetchall()
    return replace(item, calls=tuple(step for (step,) in calls), suspects=tuple(step for (step,) in suspects))


def _findings(folder: Path, runs: set[str]) -> Iterator[Finding]:
    """What the tagger found in these runs, text left out."""
    from reroute.settings import load
    from reroute.storage import store

    with store.of(load(folder)).read() as connection:
        rows = connection.execute(
            "select distinct trajectory_id, kind, step, call_step, firm from findings"
            " semi join (select * from trajectories where is_current) as t using (trajectory_id, version) order by all"
        ).fetchall()
    yield from (Finding(*row) for row in rows if row[0] in runs)


def _some(items: list[Item], count: int) -> list[Item]:
    taken = sorted(items, key=lambda item: _rank(item.item))[:count]
    return [replace(item, population=len(items)) for item in taken]


def _spread(items: list[Item], count: int) -> list[Item]:
    """As ``_some``, one of each format in turn and one of a task."""
    ranked: dict[str, list[Item]] = defaultdict(list)
    tasks = set()
    for item in sorted(items, key=lambda item: _rank(item.item)):
        if item.task not in tasks:
            tasks.add(item.task)
            ranked[item.format].append(item)
    turns = [pair for row in ranked.values() for pair in enumerate(row)]
    taken = [item for _, item in sorted(turns, key=lambda pair: (pair[0], pair[1].item))][:count]
    return [replace(item, population=len(items)) for item in taken]


def _rank(name: str) -> str:
    return hashlib.blake2b(f"draw/1/{name}".encode(), digest_size=8).hexdigest()


if __name__ == "__main__":
    main()
