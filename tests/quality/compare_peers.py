"""Other tools on the same runs: who finds the failed runs of tau-bench, and how fast. ``make peers``.

Each peer is installed into an environment of its own under ``.tools/peers`` and sees the very same chat messages.
``--runs 5000`` repeats the runs under other ids for the comparison of speed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from reroute.shares import Share

HERE = Path(__file__).parent
ENVIRONMENTS = HERE.parents[1] / ".tools" / "peers"
PEERS = {"data_juicer": ("py-data-juicer", "aiohttp"), "trace2train": ("trace2train",)}
KEPT = HERE / "kept" / "peers.json"
NOTE = """\
Which of the 100 tau-bench airline runs (gpt-4o) failed by the verifier, told from the trace alone. py-data-juicer's
agent operators without those that ask a model; trace2train's rules on the messages as they are, and with every result
that begins with `Error` stated as an error.\
"""


def main() -> None:
    """Install, run, compare, keep."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--speed-runs", type=int, default=5000)
    options.add_argument("--keep", action="store_true", help="for the page on quality")
    chosen = options.parse_args()
    traces = Path(os.environ.get("REROUTE_TRACES", "../shared/traces")) / "tau_bench" / "gpt-4o-airline.tasks0-24.json"
    if not traces.is_file():
        raise SystemExit(f"There is no {traces}: set REROUTE_TRACES to the folder of real traces.")
    runs = json.loads(traces.read_bytes())
    failed = {str(number) for number, run in enumerate(runs) if run["reward"] < 1}
    with tempfile.TemporaryDirectory(prefix="reroute-peers-") as name:
        folder = Path(name)
        write(runs, folder / "runs.jsonl", len(runs))
        juicer = peer("data_juicer", folder / "runs.jsonl")
        trainer = peer("trace2train", folder / "runs.jsonl")
        rows = [
            row(
                "py-data-juicer",
                "bad-case tier high_precision or watchlist",
                flagged(juicer, lambda t: t != "none"),
                failed,
            ),
            row("py-data-juicer", "tier high_precision", flagged(juicer, lambda t: t == "high_precision"), failed),
            *(row("trace2train", reading, set(found), failed) for reading, found in trainer.items()),
            *ours(folder, traces, failed),
        ]
        speed = side_by_side(runs, folder, chosen.speed_runs)
    kept = {"note": NOTE + speed["said"], "rows": rows, "speed": speed}
    print(json.dumps(kept, indent=1))
    if chosen.keep:
        KEPT.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")


def write(runs: list[dict], path: Path, count: int) -> None:
    """``count`` runs as chat messages, a run a line; each repetition has an id and a first word of its own."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            messages = [message(each) for each in runs[number % len(runs)]["traj"]]
            if number >= len(runs):
                messages[0]["content"] = f"({number}) {messages[0]['content']}"
            file.write(json.dumps({"id": str(number), "messages": messages}) + "\n")


def message(given: dict) -> dict:
    """A message with every key, as tables of one shape want it."""
    calls = [
        {"id": call["id"], "type": "function",
         "function": {"name": call["function"]["name"], "arguments": call["function"]["arguments"]}}
        for call in given.get("tool_calls") or []
    ]  # fmt: skip
    named = {"name": given.get("name") or "", "tool_call_id": given.get("tool_call_id") or ""}
    return {"role": given["role"], "content": given.get("content") or "", "tool_calls": calls, **named}


def peer(name: str, runs: Path) -> dict:
    """What the peer answers, from its own environment."""
    folder = ENVIRONMENTS / name
    python = folder / "bin" / "python"
    if not python.exists():
        print(f"installing {' and '.join(PEERS[name])} into {folder}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", *PEERS[name]], check=True)
    answer = runs.with_suffix(f".{name}.json")
    offline = os.environ | {"HF_HUB_OFFLINE": "1", "DO_NOT_TRACK": "1"}
    subprocess.run([str(python), str(HERE / "peers" / f"run_{name}.py"), str(runs), str(answer)], check=True,
                   env=offline, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    return json.loads(answer.read_bytes())


def flagged(answer: dict, is_bad: Callable[[str], bool]) -> set[str]:
    """The runs whose tier is bad."""
    return {run for run, tier in answer["tiers"].items() if is_bad(tier)}


def row(tool: str, setting: str, found: set[str], failed: set[str]) -> dict[str, str]:
    """Precision and recall for failed runs."""
    hits = len(found & failed)
    return {"tool": tool, "setting": setting, "precision": str(Share(hits, len(found))),
            "recall": str(Share(hits, len(failed)))}  # fmt: skip


def ours(folder: Path, traces: Path, failed: set[str]) -> list[dict[str, str]]:
    """Runs with a firm finding, and with one that is still open."""
    from reroute.collect import collect
    from reroute.settings import Project, Settings
    from reroute.storage import store
    from reroute.tag import episodes
    from reroute.tag.tagging import tag

    project = Project(folder / "ours", Settings())
    project.root.mkdir()
    collect(project, [traces], progress=False)
    tag(project)
    with store.of(project).read() as connection:
        places = connection.execute("select trajectory_id, source_index from trajectories where is_current").fetchall()
    name = {trajectory: str(index) for trajectory, index in places}
    firm = [episode for episode in episodes.load(project) if episode.is_failure]
    still_open = {name[e.trajectory_id] for e in firm if not e.local_recovered}
    return [
        row("Reroute", "a firm finding", {name[episode.trajectory_id] for episode in firm}, failed),
        row("Reroute", "a firm finding that did not recover", still_open, failed),
    ]


def side_by_side(runs: list[dict], folder: Path, count: int) -> dict[str, object]:
    """The seconds that the peer's operators and our collecting and tagging take on the very same lines."""
    write(runs, folder / "many.jsonl", count)
    theirs = peer("data_juicer", folder / "many.jsonl")["seconds"]
    project = folder / "speed"
    project.mkdir()
    (project / "reroute.toml").touch()
    reroute = str(Path(sys.executable).parent / "reroute")
    began = time.perf_counter()
    subprocess.run([reroute, "collect", str(folder / "many.jsonl")], cwd=project, check=True, stderr=subprocess.DEVNULL)
    collected = time.perf_counter()
    subprocess.run([reroute, "tag"], cwd=project, check=True, stderr=subprocess.DEVNULL)
    tagged = time.perf_counter()
    said = (
        f" On {count:,} runs, two processes each: py-data-juicer's operators {theirs:.0f} s"
        f" ({count / theirs:.0f} runs/s);"
        f" Reroute's tagging {tagged - collected:.1f} s ({count / (tagged - collected):.0f} runs/s,"
        f" {theirs / (tagged - collected):.0f} times as fast), with reading and storing {tagged - began:.1f} s"
        f" ({theirs / (tagged - began):.0f} times)."
    )
    return {"runs": count, "data_juicer_s": theirs, "tag_s": tagged - collected, "all_s": tagged - began, "said": said}


if __name__ == "__main__":
    main()
