"""How fast steps are tagged, against a scan that hashes their text.

For each size: ``scan`` reads and hashes every text, ``features`` builds features, ``tag`` is `reroute tag` with its
store, ``sql`` the models over features that lie there. Each is a process of its own with one worker a core; they take
turns. Shuffled: trajectories in no order, in one size. Increment: `tag` where one part in a hundred is new; its tables
must be those of a run over everything. Printed are medians, steps a second, ratios to the scan of the same run, and the
peak memory of the whole process tree. ``make bench`` runs it; ``--sizes 10000 --rounds 1`` is a smoke test, ``--large``
adds ten million steps; ``--json FILE`` keeps the figures.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import tag_jobs

ROUND = ("scan", "features", "tag", "sql")  # `sql` reads the features that `tag` wrote
LARGE = 10_000_000


@dataclass(frozen=True)
class Cost:
    """What one process and its workers took."""

    wall: float
    cpu: float
    peak_mb: float


def main() -> None:
    """Make the projects, take turns, print the figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sizes", type=int, nargs="+", default=[100_000, 1_000_000], metavar="STEPS")
    options.add_argument("--large", action="store_true", help=f"also {LARGE:,} steps, once")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--json", type=Path, metavar="FILE")
    chosen = options.parse_args()
    figures: dict[str, object] = {"cores": os.cpu_count()}
    for steps in chosen.sizes:
        figures |= _size(steps, chosen.rounds, shuffled=False)
    figures |= _size(min(chosen.sizes), chosen.rounds, shuffled=True)
    figures |= _increment(max(chosen.sizes))
    if chosen.large:
        figures |= _size(LARGE, 1, shuffled=False)
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
    print("\n".join(f"{name:40} {value}" for name, value in figures.items()))


def _size(steps: int, rounds: int, *, shuffled: bool) -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="reroute-bench-") as name:
        folder = Path(name)
        megabytes = tag_jobs.write(folder, steps, shuffled=shuffled)
        costs: dict[str, list[Cost]] = {job: [] for job in ROUND}
        for number in range(rounds):
            shutil.rmtree(folder / "data/lake/features", ignore_errors=True)
            for job in ROUND:
                costs[job].append(measured(job, folder))
            said = ", ".join(f"{job} {costs[job][-1].wall:.1f} s" for job in ROUND)
            print(f"{steps:,} steps, round {number + 1}: {said}", file=sys.stderr)
    label = f"{steps}{'_shuffled' if shuffled else ''}"
    return {f"{label}.text_mb": round(megabytes)} | _figures(label, steps, costs)


def _figures(label: str, steps: int, costs: dict[str, list[Cost]]) -> dict[str, object]:
    middle = {job: _middle(runs) for job, runs in costs.items()}
    scanned = middle["scan"]
    figures: dict[str, object] = {}
    for job, cost in middle.items():
        figures |= {
            f"{label}.{job}.wall_s": round(cost.wall, 2),
            f"{label}.{job}.cpu_s": round(cost.cpu, 2),
            f"{label}.{job}.steps_per_s": round(steps / cost.wall),
            f"{label}.{job}.to_scan_wall": round(cost.wall / scanned.wall, 1),
            f"{label}.{job}.to_scan_cpu": round(cost.cpu / scanned.cpu, 1),
            f"{label}.{job}.tree_peak_mb": round(cost.peak_mb),
        }
    return figures


def _increment(steps: int) -> dict[str, object]:
    """One part in a hundred comes later: what that costs, and whether the tables are those of a run over everything."""
    with tempfile.TemporaryDirectory(prefix="reroute-bench-") as name:
        folder = Path(name)
        tag_jobs.write(folder, steps, shuffled=False, late=steps // 100)
        measured("tag", folder)
        tag_jobs.arrive(folder)
        added = measured("add", folder)
        in_two = measured_text("tables", folder)
        full = measured("tag", folder)
        return {
            f"{steps}.increment.wall_s": round(added.wall, 2),
            f"{steps}.increment.to_full_wall": round(added.wall / full.wall, 3),
            f"{steps}.increment.to_full_cpu": round(added.cpu / full.cpu, 3),
            f"{steps}.increment.tables_equal": in_two == measured_text("tables", folder),
        }


def measured(job: str, folder: Path) -> Cost:
    """One run of a job as a process of its own."""
    before, began = os.times(), time.perf_counter()
    with subprocess.Popen([sys.executable, tag_jobs.__file__, job, str(folder)]) as process:
        peak = _Peak(process.pid)
        if process.wait():
            raise SystemExit(f"The job {job} failed.")
        wall, after = time.perf_counter() - began, os.times()
        cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Cost(wall, cpu, peak.stop())


def measured_text(job: str, folder: Path) -> str:
    """What a job prints."""
    command = [sys.executable, tag_jobs.__file__, job, str(folder)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


class _Peak:
    """Looks at the memory of a process and all below it five times a second; what they share counts for each."""

    def __init__(self, pid: int) -> None:
        self._pid, self._most = pid, 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        """The most it was, in megabytes."""
        self._done.set()
        self._thread.join()
        return self._most

    def _watch(self) -> None:
        while not self._done.wait(0.2):
            self._most = max(self._most, self._now())

    def _now(self) -> float:
        listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,rss="], stdout=subprocess.PIPE, text=True, check=False)
        rows = [tuple(map(int, line.split())) for line in listed.stdout.splitlines()]
        family = {self._pid}
        while more := {pid for pid, parent, _ in rows if parent in family} - family:
            family |= more
        return sum(size for pid, _, size in rows if pid in family) / 1024


def _middle(runs: list[Cost]) -> Cost:
    return Cost(*(statistics.median(getattr(run, name) for run in runs) for name in ("wall", "cpu", "peak_mb")))


if __name__ == "__main__":
    main()
