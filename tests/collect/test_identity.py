"""Who is who: equal, grown, contradicting and renamed runs."""

from __future__ import annotations

import shutil

import pytest

from reroute.collect import collect
from reroute.formats import openai_chat
from reroute.storage import lake

CURRENT = "select run_id, steps, is_current, conflict from trajectories order by all"


def test_equal_runs_in_two_files_count_once(project, tmp_path, make, write, ask):
    write(tmp_path / "in/a.jsonl", make("r1", "found"))
    write(tmp_path / "in/b.jsonl", make("r1", "found"))
    done = collect(project, [tmp_path / "in"])
    assert (done.trajectories, done.new, done.duplicates) == (2, 1, 1)
    assert ask(project, CURRENT) == [("r1", 3, True, False)]


def test_equal_runs_in_one_file_count_once(project, tmp_path, make, write, ask):
    done = collect(project, [write(tmp_path / "a.jsonl", make(None, "found"), make(None, "found"))])
    assert (done.new, done.duplicates, done.steps) == (1, 1, 3)


def test_a_grown_run_supersedes_its_earlier_version(project, tmp_path, make, write, ask):
    file = tmp_path / "a.jsonl"
    collect(project, [write(file, make("r1", "one"))])
    done = collect(project, [write(file, make("r1", "one", "two"))])
    assert (done.new, done.superseded, done.conflicts) == (0, 1, [])
    assert ask(project, CURRENT) == [("r1", 3, False, False), ("r1", 5, True, False)]


def test_a_grown_run_without_an_id_supersedes_what_stood_in_its_place(project, tmp_path, make, write, ask):
    file = tmp_path / "a.jsonl"
    collect(project, [write(file, make(None, "one"))])
    done = collect(project, [write(file, make(None, "one", "two"))])
    assert done.superseded == 1
    assert ask(project, CURRENT) == [(None, 3, False, False), (None, 5, True, False)]


@pytest.mark.parametrize("long_first", [True, False])
def test_an_older_copy_of_a_grown_run_is_no_conflict_whichever_comes_first(
    project, tmp_path, make, write, ask, *, long_first
):
    names = ("a", "b") if long_first else ("b", "a")
    write(tmp_path / f"in/{names[0]}.jsonl", make("r1", "one", "two"))
    write(tmp_path / f"in/{names[1]}.jsonl", make("r1", "one"))
    done = collect(project, [tmp_path / "in"])
    assert done.conflicts == []
    assert ask(project, CURRENT) == [("r1", 3, False, False), ("r1", 5, True, False)]


def test_an_older_copy_read_in_a_later_run_is_found_by_the_chain_in_the_lake(project, tmp_path, make, write, ask):
    collect(project, [write(tmp_path / "in/a.jsonl", make("r1", "one", "two"))])
    done = collect(project, [write(tmp_path / "in/b.jsonl", make("r1", "one"))])
    assert (done.duplicates, done.conflicts) == (1, [])
    assert ask(project, CURRENT) == [("r1", 3, False, False), ("r1", 5, True, False)]


def test_versions_that_contradict_each_other_are_both_kept_and_reported(project, tmp_path, make, write, ask):
    collect(project, [write(tmp_path / "in/a.jsonl", make("r1", "one"))])
    done = collect(project, [write(tmp_path / "in/b.jsonl", make("r1", "another"))])
    assert len(done.conflicts) == 1
    assert sorted(ask(project, CURRENT)) == [("r1", 3, False, True), ("r1", 3, True, True)]


def test_a_known_conflict_is_not_reported_again(project, tmp_path, make, write):
    write(tmp_path / "in/a.jsonl", make("r1", "one"))
    collect(project, [write(tmp_path / "in/b.jsonl", make("r1", "another"))])
    write(tmp_path / "in/b.jsonl", make("r1", "another"), make("r2", "x"))
    assert collect(project, [tmp_path / "in/b.jsonl"]).conflicts == []


def test_a_touched_file_with_the_same_bytes_is_not_decoded_again(project, tmp_path, make, write, contents):
    file = write(tmp_path / "a.jsonl", make("r1", "one"))
    collect(project, [file])
    before = contents(project.lake)
    file.touch()
    done = collect(project, [file])
    assert (done.files_unchanged, done.trajectories) == (0, 0)
    assert contents(project.lake) == before
    assert collect(project, [file]).files_unchanged == 1


def test_a_newer_reader_replaces_what_the_older_one_read_without_a_conflict(
    project, tmp_path, make, write, ask, *, monkeypatch
):
    file = write(tmp_path / "a.jsonl", make("r1", "one"), make(None, "two"))
    collect(project, [file])
    _read_differently(monkeypatch)
    done = collect(project, [file])
    assert done.conflicts == []
    assert ask(project, "select run_id, count(*) from trajectories where is_current group by 1 order by 1") == [
        ("r1", 1),
        (None, 1),
    ]


def test_a_newer_reader_that_reads_the_same_changes_no_part(project, tmp_path, make, write, *, contents, monkeypatch):
    file = write(tmp_path / "a.jsonl", make("r1", "one"))
    collect(project, [file])
    before = contents(project.lake)
    monkeypatch.setattr(openai_chat, "VERSION", openai_chat.VERSION + 1)
    assert (collect(project, [file]).steps, contents(project.lake)) == (0, before)
    assert collect(project, [file]).files_unchanged == 1


@pytest.mark.parametrize("other", [["one"], ["another"]], ids=["an older copy", "another version"])
@pytest.mark.parametrize("gone", [True, False])
def test_a_newer_reader_leaves_current_what_is_current(
    project, tmp_path, make, write, ask, *, other, gone, monkeypatch
):
    write(tmp_path / "in/b.jsonl", make("r1", *other))
    collect(project, [tmp_path / "in"])
    long = write(tmp_path / "in/a.jsonl", make("r1", "one", "two"))
    collect(project, [tmp_path / "in"])
    before = ask(project, CURRENT)
    if gone:
        long.unlink()
    monkeypatch.setattr(openai_chat, "VERSION", openai_chat.VERSION + 1)
    collect(project, [tmp_path / "in"])
    assert ask(project, CURRENT) == before


def test_a_newer_reader_that_reads_as_the_one_before_the_last_makes_its_version_current_again(
    project, tmp_path, make, write, ask, *, monkeypatch
):
    file = write(tmp_path / "a.jsonl", make("r1", "one"))
    collect(project, [file])
    before = ask(project, "select version from trajectories where is_current")
    read = openai_chat.read
    _read_differently(monkeypatch)
    collect(project, [file])
    assert ask(project, "select version from trajectories where is_current") != before
    monkeypatch.setattr(openai_chat, "read", read)
    monkeypatch.setattr(openai_chat, "VERSION", openai_chat.VERSION + 1)
    collect(project, [file])
    assert ask(project, "select version from trajectories where is_current") == before


def test_newer_redaction_rules_move_runs_to_a_new_part_and_drop_the_old_rows(project, tmp_path, make, write, ask):
    files = [write(tmp_path / f"{name}.jsonl", make(name, "key ZZTOP-1234")) for name in "ab"]
    collect(project, files)
    old = lake.parts(project)
    _rules_that_hide(project, "ZZTOP-[0-9]+")
    files[0].unlink()
    collect(project, files[1:])
    assert len(lake.parts(project)) == 2
    assert not set(old) & set(lake.parts(project))
    texts = {run: lake.read_steps(project, key)[-1].content for run, key in ask(project, _IDS)}
    assert texts["a"] == "key ZZTOP-1234"
    assert texts["b"].startswith("key <key:")


_IDS = "select run_id, trajectory_id from trajectories order by run_id"


def _read_differently(monkeypatch):
    read = openai_chat.read

    def other(document):
        for found in read(document):
            found.steps[0].content = "read anew"
            yield found

    monkeypatch.setattr(openai_chat, "VERSION", openai_chat.VERSION + 1)
    monkeypatch.setattr(openai_chat, "read", other)


def _rules_that_hide(project, pattern):
    from reroute import content

    path = project.root / "sql/lexicons/redaction.toml"
    path.parent.mkdir(parents=True)
    shutil.copy(content.find("sql/lexicons/redaction.toml"), path)
    text = path.read_text().replace("version = 1\n", "version = 1001\n")
    path.write_text(
        f'{text}\n[[rules]]\nname = "ours"\nkind = "key"\npattern = \'{pattern}\'\nhits = []\nmisses = []\n'
    )
