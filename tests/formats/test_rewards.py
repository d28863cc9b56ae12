"""What a stated reward says of how a run ended, in every format that has one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
REWARD = re.compile(r'"reward": ?[0-9.]+')
SAMPLES = sorted(
    path
    for path in HERE.glob("*/*.json*")
    if ".golden." not in path.name and REWARD.search(path.read_text("utf-8", "replace"))
)


@pytest.mark.parametrize(
    ("reward", "outcome"), [(0, "fail"), (0.5, "fail"), (0.999, "fail"), (1, "pass"), (2.5, "pass")]
)
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_reward_of_one_or_more_is_a_pass_and_any_less_a_fail(sample, reward, outcome, read, tmp_path):
    file = tmp_path / sample.name
    file.write_text(REWARD.sub(f'"reward": {reward}', sample.read_text("utf-8")), "utf-8")
    stated = [run.outcome for run in read(file).trajectories if run.outcome]
    assert {(found.outcome, found.reward, found.source) for found in stated} == {(outcome, reward, "verifier")}


def test_every_format_that_reads_a_reward_has_a_sample_with_one():
    assert {path.parent.name for path in SAMPLES} >= {"openai-chat", "openai-responses", "tau2"}
