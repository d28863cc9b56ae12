"""Write the bundle of simulated runs that the demo unpacks: `make simulate`."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from reroute.operate.known_answers.answers import BUNDLE
from simulator import simulate
from simulator.bundle import pack

RUNS, SEED = 200, 0

if __name__ == "__main__":
    with TemporaryDirectory(prefix="reroute-simulated-") as folder:
        made = simulate(RUNS, Path(folder), SEED)
        pack(Path(folder), BUNDLE)
    print(f"{made.line()}\nwrote {BUNDLE}: {BUNDLE.stat().st_size:,} bytes")
