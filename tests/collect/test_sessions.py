"""Sessions that lie in several files: what becomes of the run when one of the files changes, breaks, goes or comes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from backports import zstd

from reroute.collect import collect, decoding

sys.path.append(str(Path(__file__).parent))
from damages import bad_line, cut, deleted, emptied, filled_with_nul, only_nul
from sessions import SESSION, rollout, talk

MAIN, SIDE = f"in/p/{SESSION}.jsonl", f"in/p/{SESSION}/subagents/agent-a.jsonl"
CURRENT = "select trajectory_id, version, steps, conflict from trajectories where is_current order by all"


@pytest.fixture
def session(tmp_path, write):
    write(tmp_path / MAIN, *talk(2))
    write(tmp_path / SIDE, *talk(3, "a"))
    return tmp_path


@pytest.mark.parametrize("grown", [MAIN, SIDE])
def test_with_one_file_changed_the_whole_session_is_read(project, session, write, ask, grown):
    collect(project, [session / "in"])
    write(session / grown, *talk(4, None if grown == MAIN else "a"))
    done = collect(project, [session / "in"])
    assert (done.new, done.superseded, done.conflicts, done.damaged) == (0, 1, [], [])
    assert ask(project, "select run_id, steps, path from trajectories where is_current") == [
        (SESSION, 9 + 7 if grown == MAIN else 5 + 9, MAIN)
    ]


@pytest.mark.parametrize("damage", [emptied, only_nul, filled_with_nul, bad_line, cut(0.6), deleted])
@pytest.mark.parametrize("file", [MAIN, SIDE])
def test_damage_to_one_file_keeps_the_run_and_restored_it_leaves_no_trace(project, session, ask, seen, *, file, damage):
    collect(project, [session / "in"])
    current, tables, data = ask(project, CURRENT), seen(project), (session / file).read_bytes()
    damage(session / file)
    done = collect(project, [session / "in"])
    assert (len(done.damaged), done.lost_runs, done.conflicts) == (1, 1, [])
    assert Path(file).name in done.damaged[0]
    again = collect(project, [session / "in"])
    assert (again.damaged, again.lost_runs, again.files) == ([], 1, again.files_unchanged)
    assert ask(project, CURRENT) == current
    (session / file).write_bytes(data)
    restored = collect(project, [session / "in"])
    assert (restored.lost_runs, restored.damaged) == (0, [])
    found = seen(project)
    assert (found["trajectories"], found["steps"], found["quarantine"]) == (
        tables["trajectories"],
        tables["steps"],
        tables["quarantine"],
    )
    assert sorted(row[:3] for row in found["files"]) == sorted(row[:3] for row in tables["files"])


@pytest.mark.parametrize("damage", [emptied, filled_with_nul, deleted])
def test_a_session_that_grows_beside_a_damaged_file_is_current_as_a_whole_once_that_is_back(
    project, session, write, ask, damage
):
    collect(project, [session / "in"])
    current, data = ask(project, "select version from trajectories where is_current"), (session / SIDE).read_bytes()
    damage(session / SIDE)
    write(session / MAIN, *talk(9))
    collect(project, [session / "in"])
    assert ask(project, "select version from trajectories where is_current") == current
    (session / SIDE).write_bytes(data)
    collect(project, [session / "in"])
    assert ask(project, "select steps, conflict, lost_at from trajectories where is_current or conflict") == [
        (19 + 7, False, None)
    ]


def test_a_file_of_a_session_that_cannot_be_opened_for_a_night_is_read_the_next(
    project, session, write, ask, *, monkeypatch
):
    collect(project, [session / "in"])
    write(session / MAIN, *talk(9))
    real = decoding._hash

    def refuse(chunk, path, answer):
        if path.name.startswith("agent-"):
            raise PermissionError(13, "Permission denied")
        real(chunk, path, answer)

    monkeypatch.setattr(decoding, "_hash", refuse)
    assert len(collect(project, [session / "in"]).problems) == 1
    monkeypatch.undo()
    collect(project, [session / "in"])
    assert ask(project, "select steps, conflict, lost_at from trajectories where is_current or conflict") == [
        (19 + 7, False, None)
    ]


@pytest.mark.parametrize("first", [MAIN, SIDE])
def test_a_file_that_arrives_a_night_later_joins_the_run(project, session, ask, first):
    late = SIDE if first == MAIN else MAIN
    data = (session / late).read_bytes()
    (session / late).unlink()
    collect(project, [session / "in"])
    (session / late).write_bytes(data)
    done = collect(project, [session / "in"])
    assert (done.superseded, done.conflicts, done.damaged, done.lost_runs) == (1, [], [], 0)
    assert ask(project, "select run_id, steps from trajectories where is_current") == [(SESSION, 12)]


def test_without_its_own_file_a_session_keeps_its_run_and_its_sub_agents_make_no_second_one(
    project, session, write, ask
):
    collect(project, [session / "in"])
    current = ask(project, CURRENT)
    (session / MAIN).unlink()
    (session / SIDE).touch()
    assert len(collect(project, [session / "in"]).damaged) == 1
    assert ask(project, CURRENT) == current


def test_a_thread_over_the_folders_of_several_days_is_one_run_whichever_file_is_first(project, tmp_path, write, ask):
    base = {"thread_id": SESSION, "end_ordinal_exclusive": 3}
    second = write(tmp_path / f"in/2026/03/02/rollout-2-{SESSION}.jsonl", *rollout(SESSION, 3, "EF", history_base=base))
    collect(project, [tmp_path / "in"])
    write(tmp_path / f"in/2026/03/01/rollout-1-{SESSION}.jsonl", *rollout(SESSION, 0, "ABCD"))
    collect(project, [tmp_path / "in"])
    whole = "select steps, conflict, lost_at, path from trajectories where is_current or conflict"
    assert ask(project, whole) == [(4, False, None, f"in/2026/03/01/rollout-1-{SESSION}.jsonl")]
    write(second, *rollout(SESSION, 3, "EFGH", history_base=base))
    collect(project, [tmp_path / "in"])
    assert ask(project, whole) == [(6, False, None, f"in/2026/03/01/rollout-1-{SESSION}.jsonl")]


@pytest.mark.parametrize("overlap", [False, True], ids=["at once", "after a night with both"])
@pytest.mark.parametrize("name", [MAIN, SIDE, f"in/2026/03/01/rollout-1-{SESSION}.jsonl"])
def test_a_file_that_was_compressed_since_is_the_same_file(project, session, write, ask, *, name, overlap):
    write(session / f"in/2026/03/01/rollout-1-{SESSION}.jsonl", *rollout(SESSION, 0, "ABCD"))
    collect(project, [session / "in"])
    current = ask(project, CURRENT)
    plain = session / name
    plain.with_name(f"{plain.name}.zst").write_bytes(zstd.compress(plain.read_bytes()))
    if overlap:
        done = collect(project, [session / "in"])
        assert (done.damaged, done.conflicts, done.new, ask(project, CURRENT)) == ([], [], 0, current)
    plain.unlink()
    done = collect(project, [session / "in"])
    assert (done.damaged, done.conflicts, done.new, done.lost_runs) == ([], [], 0, 0)
    assert ask(project, CURRENT) == current
    again = collect(project, [session / "in"])
    assert (again.files, again.damaged) == (again.files_unchanged, [])


def test_one_session_in_two_places_is_one_run_and_stays_it_when_one_place_is_gone(project, session, write, ask):
    write(session / "in/logs/nightly.jsonl", *talk(2))
    done = collect(project, [session / "in"])
    assert (done.conflicts, ask(project, "select run_id, steps from trajectories where is_current")) == (
        [],
        [(SESSION, 12)],
    )
    (session / "in/logs/nightly.jsonl").unlink()
    assert collect(project, [session / "in"]).damaged == []


def test_one_file_of_a_session_given_by_name_is_read_with_those_known_beside_it(project, session, write, ask):
    collect(project, [session / "in"])
    write(session / MAIN, *talk(4))
    done = collect(project, [session / MAIN])
    assert (done.damaged, done.conflicts) == ([], [])
    assert ask(project, "select steps, lost_at from trajectories where is_current") == [(9 + 7, None)]


@pytest.mark.parametrize("packed", [False, True])
def test_a_second_run_opens_no_file_and_changes_no_byte(project, session, write, contents, packed, *, monkeypatch):
    write(session / f"in/2026/03/01/rollout-1-{SESSION}.jsonl", *rollout(SESSION, 0, "ABCD"))
    for file in list(session.glob("in/**/*.jsonl")) if packed else []:
        file.with_name(f"{file.name}.zst").write_bytes(zstd.compress(file.read_bytes()))
        file.unlink()
    collect(project, [session / "in"])
    before = contents(project.data_dir)
    monkeypatch.setattr(decoding, "_hash", None)
    done = collect(project, [session / "in"])
    assert (done.files, done.files_unchanged) == (3, 3)
    assert contents(project.data_dir) == before
