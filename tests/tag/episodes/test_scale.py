"""A lane that repeats itself for ever costs no more than its length."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from reroute.tag import models

sys.path.insert(0, str(Path(__file__).parent))
from _handmade import actions, notes, prefixes

ACTIONS = 20_000
SECONDS = 30  # some two on a machine at rest; a join of all pairs takes minutes

LANES = {
    "one failing call": lambda _: {"fail": "rejected"},
    "failing calls that differ": lambda at: {"fail": "rejected", "signature": str(at)},
    "failing and passing in turn": lambda at: {"fail": "rejected"} if at % 2 else {},
    "goals that overlap": lambda at: {"fail": "rejected", "targets": ["id:1", f"id:{at % 7}"], "observation_hash": "o"},
}


@pytest.mark.parametrize("lane", LANES)
def test_a_long_lane_on_one_target_stays_bounded(lane: str) -> None:
    rows = actions([{"targets": ["id:1"]} | LANES[lane](at) for at in range(ACTIONS)])
    began = time.monotonic()
    found = models.run({"actions": rows, "notes": notes([]), "prefixes": prefixes()}, ["episodes"])["episodes"]
    assert found.num_rows > 0
    assert time.monotonic() - began < SECONDS
