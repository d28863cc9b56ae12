"""A rebuilt structure makes the same tables and datasets: beside what the code before it made of the demo's runs."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from reroute.operate.known_answers import unpack

HERE = Path(__file__).parent
sys.path.append(str(HERE))


def test_a_night_on_the_demos_runs_makes_the_tables_that_it_made_before(tmp_path: Path) -> None:
    from capture import capture

    unpack(tmp_path)
    before = json.loads((HERE / "demo.json").read_text("utf-8"))
    # A change that is meant: `python tests/baseline/capture.py FOLDER` on the unpacked runs prints what belongs there.
    assert capture(tmp_path / "traces") == before
