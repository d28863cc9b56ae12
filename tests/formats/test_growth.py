"""A session that is read while it grows: what was read of it stays as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from reroute.formats import read_file
from reroute.trace import Trajectory, prefix_hashes

HERE = Path(__file__).parent
GROWING = sorted(p for name in ("codex-cli", "claude-code", "openai-responses") for p in (HERE / name).glob("*.jsonl"))
COUNTED_LATER = {"tokens_after_the_response.jsonl"}
"""Codex writes the tokens of a response behind its items."""
REWRITTEN = {"chain_and_branches.jsonl"}
"""Responses that are stored twice, or before the one that they continue."""


def hashes(path: Path) -> dict[str | None, list[str]]:
    return {t.run_id: prefix_hashes(t.steps) for t in read_file(path)[1] if isinstance(t, Trajectory)}


def unstable(path: Path, scratch: Path, every: int) -> list[int]:
    """The numbers of lines after which what was read is no beginning of what the whole file reads as."""
    whole, lines, bad = hashes(path), path.read_bytes().splitlines(keepends=True), []
    for count in range(1, len(lines), every):
        scratch.joinpath(path.name).write_bytes(b"".join(lines[:count]))
        for run_id, known in hashes(scratch / path.name).items():
            if whole[run_id][: len(known)] != known:
                bad.append(count)
    return bad


@pytest.mark.parametrize(
    "sample", [p for p in GROWING if p.name not in COUNTED_LATER | REWRITTEN], ids=lambda p: p.name
)
def test_a_grown_session_begins_as_it_was(sample: Path, tmp_path: Path) -> None:
    assert unstable(sample, tmp_path, every=1) == []


def test_a_grown_real_session_begins_as_it_was(traces: Path, tmp_path: Path) -> None:
    files = [*traces.glob("agentcmd/**/full/*.jsonl"), *traces.glob("claude-code-viewer/**/*.jsonl")]
    assert {path.name: bad for path in files if (bad := unstable(path, tmp_path, every=23))} == {}
