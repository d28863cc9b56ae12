"""A session's tokens are what a count by hand gives: input with what a cache gave, output, and its reasoning."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from reroute.formats import formats, read_file
from reroute.trace import Trajectory

HERE = Path(__file__).parent


class Sum(NamedTuple):
    input: int
    """With what was read from a cache and written to it."""
    cached: int
    output: int
    reasoning: int


COUNTED = {
    # m1 over four lines, 5 + 100 read + 20 written once, output grows to 90; m2 8 + 120 read, output 12
    "claude-code/streamed_response.jsonl": Sum(5 + 100 + 20 + 8 + 120, 100 + 120, 90 + 12, 0),
    # one message id, two requests: 10 + 500 and 10 + 400, the second no less for being smaller
    "claude-code/one_message_id_for_several_requests.jsonl": Sum(510 + 410, 500 + 400, 20 + 20, 0),
    # r1 over two lines (10, then 20 of output), r2; the same again under other uuids; then r3
    "claude-code/history_written_twice.jsonl": Sum(10 + 10 + 10, 0, 20 + 20 + 5, 0),
    # m1 without a request's id over two lines, its output 5 and then 30; m2 of a sub-agent
    "claude-code/stream_json.jsonl": Sum(10 + 10, 0, 30 + 5, 0),
    # a1 10 + 90 read, 25 of its output is thinking; four more of 10 and 5
    "claude-code/hooks_and_notices.jsonl": Sum(100 + 4 * 10, 90, 40 + 4 * 5, 25),
    # two of the main agent's own (30 and 5 of output), two sub-agents of 7 and 3, one more of 10 and 5
    "claude-code/agents_by_id.jsonl": Sum(10 + 2 * 7 + 2 * 10, 0, 30 + 2 * 3 + 2 * 5, 0),
    # 100 (60 cached), 150 (100 cached); the last count stands there twice
    "codex-cli/tokens_after_the_response.jsonl": Sum(250, 160, 50, 10),
    # the same in an older release, which counts before the response
    "codex-cli/tokens_before_the_response.jsonl": Sum(250, 160, 50, 10),
    # 500, 700 (500 cached), and 90 that no response took; the last count stands there twice
    "codex-cli/agents_and_ends_in_a_script.jsonl": Sum(500 + 700 + 90, 500, 60 + 12 + 5, 20),
    # the whole turn at its end
    "codex-cli/exec_json.jsonl": Sum(100, 50, 9, 0),
    # a record a request: each states its own
    "openai-chat/a_record_a_request.jsonl": Sum(100 + 140, 96, 30 + 9, 12),
}


@pytest.mark.parametrize("sample", COUNTED)
def test_the_tokens_of_a_session_are_those_counted_by_hand(sample: str) -> None:
    runs = [run for run in read_file(HERE / sample)[1] if isinstance(run, Trajectory)]
    steps = [step for run in runs for step in run.steps]
    counted = Sum(
        sum(step.input_tokens or 0 for step in steps),
        sum(step.cached_tokens or 0 for step in steps),
        sum(step.output_tokens or 0 for step in steps),
        sum(step.reasoning_tokens or 0 for step in steps),
    )
    assert counted == COUNTED[sample]


def test_no_step_of_any_sample_has_more_cached_than_input_or_fewer_than_no_tokens() -> None:
    for name in formats():
        for sample in (HERE / name).glob("*.json*"):
            if ".golden." in sample.name or sample.name == "resolved.json":
                continue
            for run in read_file(sample)[1]:
                for step in run.steps if isinstance(run, Trajectory) else ():
                    counts = (step.input_tokens, step.cached_tokens, step.output_tokens, step.reasoning_tokens)
                    assert all(count is None or count >= 0 for count in counts), sample
                    if step.input_tokens is not None and step.cached_tokens is not None:
                        assert step.cached_tokens <= step.input_tokens, sample
