"""A file that is damaged or gone after it was read retires no run, and restored it leaves no trace."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reroute import store
from reroute.collect import chunks, collect
from reroute.errors import PartialFailure
from reroute.formats import openai_chat
from reroute.settings import Project, Settings, SourceSettings

sys.path.append(str(Path(__file__).parents[1] / "formats"))
from hostile_values import samples

PLACES = [(f"{name}/{sample.name.partition('.')[0]}", sample) for name, sample in samples()]
FORMATS = Path(__file__).parents[1] / "formats"
CURRENT = "select trajectory_id, version, steps from trajectories where is_current order by all"


def emptied(file: Path) -> None:
    file.write_bytes(b"")


def filled_with_nul(file: Path) -> None:
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 3] + bytes(len(data) // 3) + data[2 * len(data) // 3 :])


def only_nul(file: Path) -> None:
    file.write_bytes(bytes(file.stat().st_size))


def cut(share: float) -> Callable[[Path], None]:
    def damage(file: Path) -> None:
        data = file.read_bytes()
        file.write_bytes(data[: int(share * len(data))])

    damage.__name__ = f"cut at {share:.0%}"
    return damage


def bad_line(file: Path) -> None:
    """A block of the middle line is overwritten; of a file that is one record, a block in its middle."""
    lines = file.read_bytes().splitlines(keepends=True)
    middle = lines[len(lines) // 2]
    lines[len(lines) // 2] = middle[: len(middle) // 2] + b"\xff{broken" + middle[len(middle) // 2 + 8 :]
    file.write_bytes(b"".join(lines))


def without_a_line(file: Path) -> None:
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([*lines[: len(lines) // 2], b"\x00\xff not a line\n", *lines[len(lines) // 2 + 1 :]]))


def deleted(file: Path) -> None:
    file.unlink()


def replaced_by_a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def replaced_by_a_dangling_link(file: Path) -> None:
    file.unlink()
    file.symlink_to(file.with_name("nowhere"))


DAMAGES = [
    emptied, only_nul, filled_with_nul, bad_line, without_a_line, deleted, replaced_by_a_folder,
    replaced_by_a_dangling_link, *map(cut, (0.01, 0.2, 0.5, 0.8, 0.95, 0.999)),
]  # fmt: skip


@pytest.fixture
def configured(tmp_path: Path) -> Project:
    """A source for every sample of every format: many of them are sessions of one name."""
    for folder, sample in PLACES:
        (tmp_path / "in" / folder).mkdir(parents=True)
        shutil.copy(sample, tmp_path / "in" / folder / sample.name)
    shutil.copytree(tmp_path / "in", tmp_path / "whole")
    sources = [SourceSettings(name=folder.replace("/", "-"), path=f"in/{folder}") for folder, _ in PLACES]
    return Project(tmp_path, Settings(sources=sources))


def restore(project: Project) -> None:
    """Bring the files back; they have the same bytes and other times."""
    shutil.rmtree(project.root / "in")
    shutil.copytree(project.root / "whole", project.root / "in", copy_function=shutil.copyfile)


def facts(tables: dict[str, list[tuple[object, ...]]]) -> dict[str, list[tuple[object, ...]]]:
    """The tables without what may differ: a file's time, and alarms, which stay until a person acknowledges them."""
    kept = {name: rows for name, rows in tables.items() if name != "alarms"}
    kept["files"] = [(*row[:5], *row[6:]) for row in kept["files"]]
    return kept


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_damage_to_every_file_retires_no_run_and_restored_files_leave_no_trace(configured, seen, ask, damage):
    collect(configured)
    before, current = facts(seen(configured)), ask(configured, CURRENT)
    for folder, sample in PLACES:
        damage(configured.root / "in" / folder / sample.name)
    done = collect(configured)
    assert done.conflicts == []
    assert ask(configured, CURRENT) == current
    assert done.damaged or done.problems
    assert collect(configured).damaged == []
    restore(configured)
    done = collect(configured)
    assert (done.lost_runs, done.damaged) == (0, [])
    assert facts(seen(configured)) == before


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chance=st.randoms(use_true_random=False))
def test_cuts_and_holes_anywhere_retire_no_run(configured, seen, ask, chance):
    restore(configured)
    collect(configured)
    before, current = facts(seen(configured)), ask(configured, CURRENT)
    for _ in range(2):
        for folder, sample in PLACES:
            file = configured.root / "in" / folder / sample.name
            data = file.read_bytes()
            start, length = chance.randrange(len(data) + 1), chance.randrange(200)
            rest = chance.choice([b"", bytes(length) + data[start + length :], data[start:] + bytes(length)])
            file.write_bytes(data[:start] + rest)
        assert collect(configured).conflicts == []
        assert ask(configured, CURRENT) == current
    restore(configured)
    collect(configured)
    assert facts(seen(configured)) == before


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
    assert all(line in done.table() for line in done.damaged)
    assert json.loads(done.json())["damaged"] == done.damaged
    again = collect(project, [tmp_path / "in"])
    assert (again.damaged, again.lost_runs) == ([], 4)
    assert "4 runs" in again.table()
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
