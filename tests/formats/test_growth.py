"""A session that is read while it grows: what was read of it stays as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from reroute.formats import read_file
from reroute.hashes import contains, content_hashes, is_said
from reroute.trace import Trajectory

HERE = Path(__file__).parent
GROWING = sorted(p for name in ("codex-cli", "claude-code", "openai-responses") for p in (HERE / name).glob("*.jsonl"))
REWRITTEN = {"chain_and_branches.jsonl"}
"""Responses that are stored twice, or before the one that they continue."""


def said(path: Path) -> dict[str | None, list[int]]:
    """What was said and done in each run, and in the runs that it names as those that it goes on from."""
    found: dict[str | None, list[int]] = {}
    for run in read_file(path)[1]:
        if isinstance(run, Trajectory):
            hashes = content_hashes(run.steps)[0]
            found[run.run_id] = [
                one for step, one in zip(run.steps, hashes, strict=True) if is_said(step.role, step.type)
            ]
            if run.parent_run:
                found.setdefault(run.parent_run, found[run.run_id])
    return found


def unstable(path: Path, scratch: Path, every: int) -> list[int]:
    """The numbers of lines after which what was read is not contained in what the whole file reads as."""
    whole, lines, bad = said(path), path.read_bytes().splitlines(keepends=True), []
    for count in range(1, len(lines), every):
        scratch.joinpath(path.name).write_bytes(b"".join(lines[:count]))
        bad += [count for run, known in said(scratch / path.name).items() if not contains(whole[run], known)]
    return bad


@pytest.mark.parametrize("sample", [p for p in GROWING if p.name not in REWRITTEN], ids=lambda p: p.name)
def test_a_grown_session_contains_what_it_was(sample: Path, tmp_path: Path) -> None:
    assert unstable(sample, tmp_path, every=1) == []


def test_a_grown_real_session_begins_as_it_was(traces: Path, tmp_path: Path) -> None:
    files = [*traces.glob("agentcmd/**/full/*.jsonl"), *traces.glob("claude-code-viewer/**/*.jsonl")]
    assert {path.name: bad for path in files if (bad := unstable(path, tmp_path, every=23))} == {}
