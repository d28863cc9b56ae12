"""Known answers of simulated runs against the tagger: a regression check, synthetic.

``python tests/quality/known_answers.py [--runs 200] [--seed 11] [--keep]`` prints the score.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

KEPT = Path(__file__).parent / "kept" / "simulator.json"


def main() -> None:
    """Play, collect, tag, score."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=200)
    options.add_argument("--seed", type=int, default=11)
    options.add_argument("--keep", action="store_true", help="for the page on quality")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="reroute-simulated-") as folder:
        scored = score(Path(folder), chosen.runs, chosen.seed)
    from reroute.terminal import demo
    from reroute.terminal.output import put

    put(demo.score(scored))
    rows = [
        {
            "what": row.name,
            "precision": str(row.precision),
            "recall": str(row.recall),
            "with nominations": str(row.nominated),
        }
        for row in (scored.failures, *scored.kinds, *scored.outcomes)
    ]
    note = (
        f"Planted mistakes in {chosen.runs} simulated runs (seed {chosen.seed}); exact onset {scored.exact_onset},"
        f" right outcome {scored.right_outcome} of those found."
    )
    if chosen.keep:
        KEPT.write_text(json.dumps({"note": note, "rows": rows}, indent=1) + "\n", "utf-8")


def score(folder: Path, runs: int, seed: int):
    """The whole pipeline on simulated runs, in ``folder``."""
    from reroute.collect import collect
    from reroute.operate.known_answers import score as scored
    from reroute.settings import load
    from reroute.tag.tagging import tag
    from simulator import simulate

    made = simulate(runs, folder / "simulated", seed)
    (folder / "reroute.toml").touch()
    project = load(folder)
    collect(project, [made.traces])
    tag(project)
    return scored(project, made.answers)


if __name__ == "__main__":
    main()
