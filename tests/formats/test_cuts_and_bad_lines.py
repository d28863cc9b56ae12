"""Any sample cut at any byte, written twice, forked, or with something bad in it: no step and no token is doubled,
what was read before the damage is read still, and a bad line costs itself alone."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from reroute.formats import Document, read_file, read_session
from reroute.hashes import contains, content_hashes, is_said
from reroute.trace import Rejected, Trajectory, number

HERE = Path(__file__).parent
SAMPLES = sorted(p for p in HERE.glob("*/*.json*") if ".golden." not in p.name and p.name != "resolved.json")
LINES = [p for p in SAMPLES if p.suffix == ".jsonl"]
REWRITTEN = {"chain_and_branches.jsonl"}
"""Responses that are stored twice, or before the one that they continue: what stands last decides."""
CUTS = 25


def runs(path: Path) -> list[Trajectory]:
    return [run for run in read_file(path)[1] if isinstance(run, Trajectory)]


def rejected(path: Path) -> list[Rejected]:
    return [one for one in read_file(path)[1] if isinstance(one, Rejected)]


def said(run: Trajectory) -> list[int]:
    """What was said and done in a run, in order."""
    hashes = content_hashes(number(run.steps))[0]
    return [one for one, step in zip(hashes, run.steps, strict=True) if is_said(step.role, step.type)]


def tokens(run: Trajectory) -> tuple[int, int]:
    return tuple(sum(getattr(step, name) or 0 for step in run.steps) for name in ("input_tokens", "output_tokens"))


def content(run: Trajectory) -> list[tuple[object, ...]]:
    """A run's steps without their places."""
    return [
        (s.lane, s.role, s.type, s.tool, s.arguments, s.content, s.status, s.input_tokens, s.output_tokens)
        for s in run.steps
    ]


def put(folder: Path, sample: Path, data: bytes) -> Path:
    """The sample with other bytes, and the verdicts that lie beside it."""
    if (verdicts := sample.with_name("resolved.json")).exists():
        folder.joinpath(verdicts.name).write_bytes(verdicts.read_bytes())
    folder.joinpath(sample.name).write_bytes(data)
    return folder / sample.name


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


@pytest.mark.parametrize("sample", [p for p in SAMPLES if p.name not in REWRITTEN], ids=named)
def test_cut_anywhere_a_sample_says_a_part_of_what_it_said(sample: Path, tmp_path: Path) -> None:
    data, whole = sample.read_bytes(), [(said(run), tokens(run)) for run in runs(sample)]
    rng = random.Random(sample.name)
    for at in sorted(rng.randrange(len(data)) for _ in range(CUTS)):
        for run in runs(put(tmp_path, sample, data[:at])):
            rest, spent = said(run), tokens(run)
            assert any(
                contains(longer, rest) and spent[0] <= most[0] and spent[1] <= most[1] for longer, most in whole
            ), at


BAD = [bytes(300), b"{broken", b'"text"', b"\xff\xfe\x00", "\u2028".encode(), b"[" * 5000]


@pytest.mark.parametrize("sample", LINES, ids=named)
def test_a_bad_line_anywhere_costs_itself_alone(sample: Path, tmp_path: Path) -> None:
    lines = sample.read_bytes().splitlines(keepends=True)
    lines[-1] = lines[-1].rstrip(b"\n") + b"\n"
    file = put(tmp_path, sample, b"".join(lines))
    whole, known = [content(run) for run in runs(file)], len(rejected(file))
    for place in range(len(lines) + 1):
        bad = BAD[place % len(BAD)]
        put(tmp_path, sample, b"".join([*lines[:place], bad, b"\n", *lines[place:]]))
        assert [content(run) for run in runs(file)] == whole, (place, bad[:10])
        assert len(rejected(file)) == known + 1, (place, bad[:10])


CLAUDE = sorted((HERE / "claude-code").glob("*.jsonl"))


@pytest.mark.parametrize("sample", CLAUDE, ids=named)
def test_a_claude_session_written_twice_into_its_file_is_itself(sample: Path, tmp_path: Path) -> None:
    data = sample.read_bytes().rstrip(b"\n") + b"\n"
    twice = runs(put(tmp_path, sample, data + data))
    assert [(said(run), tokens(run)) for run in twice] == [(said(run), tokens(run)) for run in runs(sample)]


@pytest.mark.parametrize("sample", [p for p in CLAUDE if not p.name.startswith("agent-")], ids=named)
def test_a_claude_session_forked_at_any_line_is_read_in_both_files_as_its_lines_say(
    sample: Path, tmp_path: Path
) -> None:
    lines = sample.read_bytes().splitlines(keepends=True)
    for at in range(1, len(lines), 3):
        fork = []
        for line in lines[:at]:
            try:
                record = json.loads(line)
            except ValueError:
                continue
            if isinstance(record, dict) and "sessionId" in record:
                fork.append(json.dumps(record | {"sessionId": "fork"}).encode())
        first, second = put(tmp_path, sample, b"".join(lines)), tmp_path / "fork.jsonl"
        second.write_bytes(b"\n".join(fork) + b"\n")
        alone = [(name, said(run), tokens(run)) for name in (first, second) for run in runs(name)]
        documents = [Document(name.name, name) for name in (first, second)]
        together = [item for _, item in read_session(documents) if isinstance(item, Trajectory)]
        assert sorted((said(run), tokens(run)) for run in together) == sorted((one, spent) for _, one, spent in alone)
