"""Runs that are no longer in their files: what is said of them, what is retired, and what is found again."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from reroute.collect import chunks, collect
from reroute.errors import PartialFailure
from reroute.formats import openai_chat
from reroute.settings import Project, Settings, SourceSettings
from reroute.storage import store
from reroute.terminal import output
from reroute.terminal.collected import summary

sys.path.append(str(Path(__file__).parent))
from damages import bad_line, cut, deleted, emptied, filled_with_nul, only_nul

FORMATS = Path(__file__).parents[1] / "formats"
CURRENT = "select trajectory_id, version, steps from trajectories where is_current order by all"


def test_damage_is_said_in_a_line_a_file_and_is_no_failure_while_others_are_whole(project, tmp_path, make, write, ask):
    for name in "abc":
        write(tmp_path / "in" / f"{name}.jsonl", make(name, "one"), make(f"{name}2", "two"))
    collect(project, [tmp_path / "in"])
    emptied(tmp_path / "in/a.jsonl")
    deleted(tmp_path / "in/b.jsonl")
    done = collect(project, [tmp_path / "in"])
    done.check()
    assert done.damaged == [
        "files: in/a.jsonl: empty file; 2 runs stay current as read from it before.",
        "files: in/b.jsonl: it is not there any more; 2 runs stay current as read from it before.",
    ]
    assert all(line in summary(done) for line in done.damaged)
    assert done.line().endswith("2 files damaged or gone, whose runs stay")
    assert json.loads(output.json(done, indented=True))["damaged"] == done.damaged
    again = collect(project, [tmp_path / "in"])
    assert (again.damaged, again.lost_runs) == ([], 4)
    assert "4 runs" in summary(again)
    assert ask(project, "select count(*) from trajectories where is_current") == [(6,)]


@pytest.mark.parametrize("damage", [emptied, only_nul, deleted])
def test_a_source_that_is_damaged_as_a_whole_is_a_failure_until_it_is_whole(tmp_path, make, write, damage):
    project = Project(tmp_path, Settings(sources=[SourceSettings(name=name, path=name) for name in ("one", "two")]))
    files = [write(tmp_path / place, make(place, "x")) for place in ("one/a.jsonl", "one/b.jsonl", "two/c.jsonl")]
    whole = [file.read_bytes() for file in files]
    collect(project).check()
    for file in files[:2]:
        damage(file)
    for _ in range(2):
        with pytest.raises(PartialFailure, match=r"source `one` is damaged as a whole: none of its 2 files"):
            collect(project).check()
    collect(project, [tmp_path / "two"]).check()
    for file, data in zip(files, whole, strict=True):
        file.write_bytes(data)
    collect(project).check()


@pytest.mark.usefixtures("permissions_hold")
def test_a_file_that_may_not_be_read_any_more_keeps_its_runs(project, tmp_path, make, write, ask):
    file = write(tmp_path / "in/a.jsonl", make("r1", "x"))
    collect(project, [tmp_path / "in"])
    file.touch()
    file.chmod(0)
    done = collect(project, [tmp_path / "in"])
    assert (done.damaged, len(done.problems)) == ([], 1)
    assert ask(project, "select is_current, lost_at from trajectories") == [(True, None)]


def test_a_newer_reader_retires_what_it_no_longer_reads_from_a_whole_file(
    project, tmp_path, make, write, ask, *, monkeypatch
):
    file = write(tmp_path / "a.jsonl", make("r1", "one"), make(None, "two"))
    collect(project, [file])
    write(file, make("r1", "one"), make(None, "two"), make("r3", "three"))
    reads_less(monkeypatch)
    done = collect(project, [file])
    assert done.damaged == []
    assert ask(project, "select run_id, is_current from trajectories order by all") == [
        ("r1", False),
        ("r3", True),
        (None, False),
    ]


@pytest.mark.parametrize("damage", [emptied, only_nul, cut(0.5), cut(0.9), bad_line])
def test_a_newer_reader_retires_nothing_from_a_damaged_file(
    project, tmp_path, make, write, ask, *, damage, monkeypatch
):
    file = write(tmp_path / "a.jsonl", make("r1", "one"), make(None, "two"), make("r3", "three"))
    collect(project, [file])
    current = ask(project, CURRENT)
    damage(file)
    reads_less(monkeypatch)
    collect(project, [file])
    collect(project, [file])
    assert ask(project, CURRENT) == current


def reads_less(monkeypatch) -> None:
    """A newer reader that passes by everything but `r3`."""
    read = openai_chat.read
    monkeypatch.setattr(openai_chat, "VERSION", openai_chat.VERSION + 1)
    monkeypatch.setattr(
        openai_chat, "read", lambda document: (item for item in read(document) if getattr(item, "run_id", "") == "r3")
    )


def test_a_session_that_grows_while_it_is_written_is_no_damage(project, tmp_path, ask):
    data = (FORMATS / "claude-code/compaction.jsonl").read_bytes()
    file = tmp_path / "s.jsonl"
    for share in (0.5, 0.7, 0.9, 1):
        file.write_bytes(data[: int(share * len(data))])
        done = collect(project, [file])
        assert (done.damaged, done.conflicts, done.lost_runs) == ([], [], 0)
    assert ask(project, "select count(*) from trajectories where is_current") == [(1,)]


def test_a_file_that_was_moved_is_no_damage(project, tmp_path, make, write, ask):
    file = write(tmp_path / "in/a.jsonl", make("r1", "one"), make(None, "two"))
    collect(project, [tmp_path / "in"])
    file.rename(tmp_path / "in/b.jsonl")
    for _ in range(2):
        done = collect(project, [tmp_path / "in"])
        assert (done.damaged, done.lost_runs, done.new) == ([], 0, 0)
    assert ask(project, "select distinct path, is_current from trajectories") == [("in/b.jsonl", True)]


def test_a_file_with_other_runs_in_it_keeps_those_that_it_had(project, tmp_path, make, write, ask, *, monkeypatch):
    file = write(tmp_path / "a.jsonl", make("r1", "one"), make(None, "two"))
    collect(project, [file])
    write(file, make("r3", "three"))
    assert collect(project, [file]).damaged == [
        "files: a.jsonl: it holds something else; 2 runs stay current as read from it before."
    ]
    monkeypatch.setattr(openai_chat, "VERSION", openai_chat.VERSION + 1)
    collect(project, [file])
    assert ask(project, "select count(*) from trajectories where is_current") == [(3,)]


def test_what_is_new_in_a_damaged_file_is_read(project, tmp_path, make, write, ask):
    file = write(tmp_path / "a.jsonl", make("r1", "one"), make(None, "two"), make("r3", "three"))
    collect(project, [file])
    filled_with_nul(file)
    with file.open("a") as more:
        more.write(json.dumps(make("r4", "four")) + "\n" + json.dumps(make(None, "five")) + "\n")
    assert collect(project, [file]).new == 2
    assert ask(project, "select count(*) from trajectories where is_current") == [(5,)]


def test_a_hole_in_a_chain_of_responses_makes_no_second_run_and_keeps_new_chains_out_of_it(project, tmp_path, ask):
    data = (FORMATS / "openai-responses/computer_use.jsonl").read_bytes().splitlines(keepends=True)
    file = tmp_path / "log.jsonl"
    file.write_bytes(b"".join(data))
    collect(project, [file])
    current = ask(project, CURRENT)
    for number in range(2):
        new = {
            "object": "response",
            "id": f"new-{number}",
            "output": [{"type": "message", "role": "assistant", "content": "hi"}],
        }
        data.append(json.dumps(new).encode() + b"\n")
        file.write_bytes(b"".join([*data[:5], bytes(len(data[5]) - 1) + b"\n", *data[6:]]))
        assert collect(project, [file]).new == 1
    assert set(current) < set(ask(project, CURRENT))
    assert len(ask(project, CURRENT)) == len(current) + 2


def test_a_hole_in_one_piece_of_a_long_file_loses_the_runs_of_that_piece_alone(
    project, tmp_path, make, write, ask, *, monkeypatch
):
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 16 * 1024)
    file = write(tmp_path / "a.jsonl", *[make(f"r{number}", "x" * 300) for number in range(200)])
    collect(project, [file])
    current = ask(project, CURRENT)
    data = bytearray(file.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 5] = bytes(5)
    file.write_bytes(data)
    done = collect(project, [file])
    assert (done.lost_runs, done.quarantined) == (1, 1)
    assert ask(project, CURRENT) == current


def test_a_run_that_was_retired_is_current_again_once_it_is_read(project, tmp_path, make, write, ask):
    file = write(tmp_path / "a.jsonl", make("r1", "one"))
    collect(project, [file])
    with store.of(project).write() as connection:
        connection.execute("update trajectories set is_current = false")
        connection.execute("delete from files")
    collect(project, [file])
    assert ask(project, "select is_current from trajectories") == [(True,)]
