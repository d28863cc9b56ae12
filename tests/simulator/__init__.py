"""A world with known answers: scripted agents work real tools, make planted mistakes, and say afterwards where.

A shell in a temporary folder that really runs commands and tests, an airline's API over SQLite with real rules, a
handbook to search. ``simulate`` writes traces as real agents leave them and, beside them, the answers that
:mod:`reroute.operate.known_answers` holds against what was tagged. ``python -m simulator`` writes the demo's bundle.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reroute.errors import UsageError
from reroute.progress import track
from simulator.answers import write_answers
from simulator.playing import play
from simulator.run import Run
from simulator.writers import writers

__all__ = ["Simulated", "play", "simulate"]

_ALONE = 8
"""So few runs are played without further processes."""


@dataclass(frozen=True)
class Simulated:
    """What was written: ``traces`` is what to collect, ``answers`` what to score against."""

    traces: Path
    answers: Path
    runs: int
    mistakes: int
    clean: int
    """Runs without a planted mistake."""
    formats: dict[str, int]

    def line(self) -> str:
        """The whole in one line."""
        each = ", ".join(f"{count} {name}" for name, count in sorted(self.formats.items()))
        return f"{self.runs} runs ({each}), {self.mistakes} planted mistakes, {self.clean} runs without any"


def simulate(count: int, folder: Path, seed: int = 0) -> Simulated:
    """Play ``count`` runs and write them under ``folder``: traces in ``traces/``, what is known in ``answers/``.

    The same seed gives the same answers everywhere, and the same traces wherever ``made_with`` is the same.
    Raises UsageError for a folder that already holds traces.
    """
    if (folder / "traces").exists():
        raise UsageError(f"Simulating: {folder / 'traces'} is there already; name another folder or delete it.")
    runs = list(track(_played(count, seed), "simulating", total=count))
    places = [_write(run, folder / "traces") for run in runs]
    write_answers(folder / "answers", seed, runs, places)
    used = [run.format for run in runs]
    return Simulated(
        traces=folder / "traces",
        answers=folder / "answers",
        runs=count,
        mistakes=sum(len(run.answers) for run in runs),
        clean=sum(not run.answers for run in runs),
        formats={name: used.count(name) for name in sorted(set(used))},
    )


def _played(count: int, seed: int) -> Iterator[Run]:
    if count <= _ALONE:
        yield from (play(number, seed) for number in range(count))
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    # Fresh processes: a fork of one that has threads, such as a test's, may hang.
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        yield from pool.map(play, range(count), [seed] * count, chunksize=4)


def _write(run: Run, traces: Path) -> tuple[str, int]:
    """Where the run lies: its file relative to ``traces``, and its record in it."""
    writer = writers()[run.format]
    place = writer.place(run)
    return place, writer.write(run, traces / place)
