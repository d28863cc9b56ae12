"""How fast steps are tagged: features and models over seeded full-text steps, against a scan that hashes their text.

Each is a process of its own with one worker a core, as `reroute.tag` runs; they take turns. Printed are medians of wall
and CPU time, steps a second, the ratio to the scan and the peak memory of one worker. Run by ``make bench``;
``--steps 20000 --rounds 1`` is a smoke test.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

JOBS = ("scan", "features", "tag")


@dataclass(frozen=True)
class Cost:
    """What one process and its workers took."""

    wall: float
    cpu: float
    peak_mb: float


def main() -> None:
    """Make the parts, take turns, print the figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--steps", type=int, default=1_000_000)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--json", action="store_true")
    options.add_argument("--work", nargs=2, metavar=("JOB", "FOLDER"), help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.work:
        work(chosen.work[0], Path(chosen.work[1]))
        return
    with tempfile.TemporaryDirectory(prefix="reroute-bench-") as folder:
        written = write(Path(folder), chosen.steps)
        costs: dict[str, list[Cost]] = {job: [] for job in JOBS}
        for number in range(chosen.rounds):
            for job in JOBS:
                costs[job].append(measured(job, Path(folder)))
            said = ", ".join(f"{job} {costs[job][-1].wall:.1f} s" for job in JOBS)
            print(f"round {number + 1}: {said}", file=sys.stderr)
    figures = report(chosen.steps, written, costs)
    print(json.dumps(figures) if chosen.json else "\n".join(f"{name:24} {value}" for name, value in figures.items()))


def write(folder: Path, steps: int) -> float:
    """Lake parts of seeded steps; their text in megabytes."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq
    from corpus import Corpus

    (folder / "data/lake/steps").mkdir(parents=True)
    size = 0
    for number, part in enumerate(Corpus(seed=7).parts(steps)):
        pq.write_table(part, folder / f"data/lake/steps/{number:04}.parquet", compression="zstd")
        size += sum(pc.sum(pc.binary_length(part[name])).as_py() or 0 for name in ("content", "arguments"))
    return size / 1e6


def measured(job: str, folder: Path) -> Cost:
    """One run of a job as a process of its own."""
    shutil.rmtree(folder / "data/lake/features", ignore_errors=True)
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    said = subprocess.run(
        [sys.executable, __file__, "--work", job, str(folder)], check=True, stdout=subprocess.PIPE, text=True
    )
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall, cpu, float(said.stdout))


def work(job: str, folder: Path) -> None:
    """Do the job over all parts with one worker a core; say the largest worker's peak memory in megabytes."""
    parts = sorted(path.stem for path in (folder / "data/lake/steps").glob("*.parquet"))
    with ProcessPoolExecutor(os.cpu_count(), mp_context=multiprocessing.get_context("spawn")) as pool:
        peaks = list(pool.map({"scan": scan, "features": features, "tag": tag}[job], [folder] * len(parts), parts))
    print(max(peaks))


def scan(folder: Path, part: str) -> float:
    """Read a part and hash every text."""
    import hashlib

    import pyarrow.parquet as pq

    table = pq.read_table(folder / f"data/lake/steps/{part}.parquet", columns=["content", "arguments"])
    digest = hashlib.blake2b()
    for name in table.column_names:
        for text in table[name].to_pylist():
            digest.update((text or "").encode())
    return _peak()


def features(folder: Path, part: str) -> float:
    """Read a part and build its features."""
    os.environ["POLARS_MAX_THREADS"] = "1"
    import pyarrow.parquet as pq

    from reroute.features import COLUMNS, build

    build(pq.read_table(folder / f"data/lake/steps/{part}.parquet", columns=list(COLUMNS)))
    return _peak()


def tag(folder: Path, part: str) -> float:
    """All that `reroute tag` does with a part outside the store."""
    from reroute._tagging import Job, tag_parts
    from reroute.settings import Project, Settings

    tag_parts(Job(Project(folder, Settings()), "bench", (part,), threads=1))
    return _peak()


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def report(steps: int, megabytes: float, costs: dict[str, list[Cost]]) -> dict[str, object]:
    """Medians and their ratios to the scan."""
    middle = {job: _middle(runs) for job, runs in costs.items()}
    scanned = middle["scan"]
    figures: dict[str, object] = {"steps": steps, "text_mb": round(megabytes), "cores": os.cpu_count()}
    for job, cost in middle.items():
        figures |= {
            f"{job}_wall_s": round(cost.wall, 2),
            f"{job}_cpu_s": round(cost.cpu, 2),
            f"{job}_steps_per_s": round(steps / cost.wall),
            f"{job}_worker_peak_mb": round(cost.peak_mb),
        }
    figures["tag_to_scan_wall"] = round(middle["tag"].wall / scanned.wall, 1)
    figures["tag_to_scan_cpu"] = round(middle["tag"].cpu / scanned.cpu, 1)
    return figures


def _middle(runs: list[Cost]) -> Cost:
    return Cost(*(statistics.median(getattr(run, name) for run in runs) for name in ("wall", "cpu", "peak_mb")))


if __name__ == "__main__":
    main()
