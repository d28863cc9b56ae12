"""A slice of the fuzzing of the readers, the same every time."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
from fuzz_formats import fuzz


def test_twenty_seconds_of_mutated_samples_raise_nothing():
    readings, raised = fuzz(20, seed=9_000_000)
    assert raised == []
    assert readings > 20
