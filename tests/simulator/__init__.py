"""A world with known answers: scripted agents work real tools, make planted mistakes, and say afterwards where.

A shell in a temporary folder that really runs commands and tests, an airline's API over SQLite with real rules, a
handbook to search. ``simulate`` writes traces as real agents leave them and, beside them, the answers; ``score`` holds
what was tagged against these.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reroute.errors import UsageError
from reroute.narration import track
from reroute.simulate._answers import write_answers
from reroute.simulate.playing import play
from reroute.simulate.run import Run
from reroute.simulate.scoring import Score, score
from reroute.simulate.writers import writers

__all__ = ["Score", "Simulated", "play", "score", "simulate"]

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


def simulate(count: int, folder: Path, seed: int = 0, formats: list[str] | None = None) -> Simulated:
    """Play ``count`` runs and write them under ``folder``: traces in ``traces/``, what is known in ``answers/``.

    The same seed gives the same bytes. ``formats`` are those that may be used; by default, where such runs are met.
    Raises UsageError for a count below 1, an unknown format, or a folder that already holds traces.
    """
    if count < 1:
        raise UsageError(f"Simulating: {count} runs cannot be; give 1 or more.")
    if unknown := sorted(set(formats or ()) - writers().keys()):
        raise UsageError(f"Simulating: no writer for the format {unknown[0]}; there are {', '.join(writers())}.")
    if (folder / "traces").exists():
        raise UsageError(f"Simulating: {folder / 'traces'} is there already; name another folder or delete it.")
    runs = list(track(_played(count, seed, tuple(formats or ())), "simulating", total=count))
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


def _played(count: int, seed: int, formats: tuple[str, ...]) -> Iterator[Run]:
    if count <= _ALONE:
        yield from (play(number, seed, formats) for number in range(count))
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    # Fresh processes: a fork of one that has threads, such as a flow's, may hang.
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        yield from pool.map(play, range(count), [seed] * count, [formats] * count, chunksize=4)


def _write(run: Run, traces: Path) -> tuple[str, int]:
    """Where the run lies: its file relative to ``traces``, and its record in it."""
    writer = writers()[run.format]
    place = writer.place(run)
    return place, writer.write(run, traces / place)
