"""How fast traces become a committed lake: `reroute.collect` against `orjson.loads` on every line of the same file.

Both run as processes of their own, taking turns; medians, ratios of wall and CPU time, and the peak memory of the
collecting processes together are printed. Run by ``make bench``; ``--mb 20 --rounds 1`` is a smoke test.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

_LOADS = """
import sys, orjson
bad = 0
with open(sys.argv[1], "rb") as lines:
    for line in lines:
        try:
            orjson.loads(line)
        except orjson.JSONDecodeError:
            bad += 1
print(bad)
"""
_COLLECT = """
import sys
from pathlib import Path
from reroute.collect import collect
from reroute.settings import Project, Settings
done = collect(Project(Path(sys.argv[2]), Settings()), [Path(sys.argv[1])], progress=False)
print(done.quarantined, done.trajectories, done.steps)
"""
_MALFORMED = 0.002
_TALK = """the order was found but refund cannot be issued before it arrives please check again user asked about change
of address booking reservation flight seat total price error file line value return result test passed failed module
import class function argument expected actual path directory permission denied retry limit reached next step"""


@dataclass(frozen=True)
class Cost:
    """What one process took."""

    wall: float
    cpu: float
    peak_mb: float
    said: str


def main() -> None:
    """Make the file, take turns, print the figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--mb", type=int, default=500)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="reroute-bench-") as folder:
        file = Path(folder) / "runs.jsonl"
        write(file, chosen.mb, seed=7)
        loads: list[Cost] = []
        collects: list[Cost] = []
        for number in range(chosen.rounds):
            loads.append(_measured(_LOADS, str(file)))
            collects.append(_measured(_COLLECT, str(file), f"{folder}/project{number}"))
            print(
                f"round {number + 1}: loads {loads[-1].wall:.2f} s, collect {collects[-1].wall:.2f} s", file=sys.stderr
            )
        figures = _figures(file.stat().st_size / 1e6, loads, collects)
    print(json.dumps(figures) if chosen.json else "\n".join(f"{name:24} {value}" for name, value in figures.items()))


def write(path: Path, megabytes: int, seed: int) -> None:
    """NDJSON of chat runs with tool calls, some secrets in them, 0.2 % of the lines broken; the same for a seed."""
    made = random.Random(seed)
    pool = [" ".join(made.choices(_TALK.split(), k=made.randint(5, 60))) for _ in range(4000)]
    size = number = 0
    with path.open("wb") as file:
        while size < megabytes * 1_000_000:
            line = orjson.dumps(_run(made, pool, number))
            if made.random() < _MALFORMED:
                line = line[: made.randint(1, len(line) - 1)]
            size += file.write(line + b"\n")
            number += 1


def _run(made: random.Random, pool: list[str], number: int) -> dict[str, object]:
    messages: list[dict[str, object]] = [
        {"role": "system", "content": "\n".join(made.choices(pool, k=8))},
        {"role": "user", "content": made.choice(pool)},
    ]
    for turn in range(made.randint(3, 14)):
        call_id = f"call_{number}_{turn}"
        arguments = orjson.dumps({"id": made.randint(1, 9999), "query": made.choice(pool)[:80]}).decode()
        call = {"id": call_id, "type": "function", "function": {"name": f"tool_{turn % 5}", "arguments": arguments}}
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        messages.append({"role": "tool", "tool_call_id": call_id, "content": _result(made, pool)})
        if made.random() < 0.3:
            messages.append({"role": "assistant", "content": made.choice(pool)})
    return {"id": f"run-{number}", "task_id": f"task-{number % 500}", "messages": messages}


def _result(made: random.Random, pool: list[str]) -> str:
    text = "\n".join(made.choices(pool, k=made.randint(1, 8)))
    secret = made.random()
    if secret < 0.01:
        return f"{text}\nwrite to {made.choice(_TALK.split())}.{made.randint(1, 999)}@example.com"
    if secret < 0.012:
        return f"{text}\nkey = sk-{made.getrandbits(128):032x}"
    return text


def _measured(program: str, *arguments: str) -> Cost:
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with subprocess.Popen([sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, text=True) as process:
        peak = 0.0
        while process.poll() is None:
            peak = max(peak, sum(map(_megabytes, _tree(process.pid))))
            time.sleep(0.05)
        said = process.stdout.read().strip() if process.stdout else ""
    if process.returncode:
        raise SystemExit(f"The measured program ended with {process.returncode}.")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(time.perf_counter() - started, cpu, peak, said)


def _tree(pid: int) -> Iterator[int]:
    yield pid
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        children = [int(child) for thread in threads for child in (thread / "children").read_text().split()]
    except OSError:
        return  # it ended meanwhile, or there is no /proc
    for child in children:
        yield from _tree(child)


def _megabytes(pid: int) -> float:
    """Memory of a process, what it shares with others counted in part (0 where there is no /proc)."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def _figures(megabytes: float, loads: list[Cost], collects: list[Cost]) -> dict[str, object]:
    def middle(costs: list[Cost], name: str) -> float:
        return statistics.median(getattr(cost, name) for cost in costs)

    return {
        "megabytes": round(megabytes, 1),
        "rounds": len(loads),
        "orjson wall s": round(middle(loads, "wall"), 2),
        "orjson cpu s": round(middle(loads, "cpu"), 2),
        "collect wall s": round(middle(collects, "wall"), 2),
        "collect cpu s": round(middle(collects, "cpu"), 2),
        "wall ratio (aim 8)": round(
            statistics.median(c.wall / o.wall for c, o in zip(collects, loads, strict=True)), 2
        ),
        "cpu ratio": round(statistics.median(c.cpu / o.cpu for c, o in zip(collects, loads, strict=True)), 2),
        "peak MB (aim < 1000)": round(max(cost.peak_mb for cost in collects)),
        "quarantined runs steps": collects[0].said,
        "broken lines": loads[0].said,
    }


if __name__ == "__main__":
    main()
