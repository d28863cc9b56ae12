"""Nothing new: nothing read, nothing written; and the same tables however often, wherever and in whatever pieces."""

from __future__ import annotations

import pytest

from reroute.collect import chunks, collect, decode_worker
from reroute.settings import CollectSettings, Project, Settings, SourceSettings


@pytest.fixture
def mixed(tmp_path, make, write):
    """Files of several kinds: many runs, broken lines, an unknown format, an empty one."""
    folder = tmp_path / "in"
    runs = [make(f"r{n}", *[f"result {n} {m} " + "x" * 200 for m in range(n % 7)]) for n in range(60)]
    write(folder / "many.jsonl", *runs[:40], '{"messages": [', "not json at all")
    write(folder / "more/rest.jsonl", *runs[30:], b'{"messages": [{"role": "user", "content": "\xff\xfe"}]}')
    write(folder / "notes.md", "nothing to see")
    (folder / "empty.jsonl").touch()
    return folder


def test_a_second_run_reads_nothing_and_changes_no_byte(project, mixed, contents):
    first = collect(project, [mixed])
    before = contents(project.data_dir)
    second = collect(project, [mixed])
    assert (first.files, first.files_unchanged) == (4, 0)
    assert (second.files, second.files_unchanged, second.trajectories, second.parts) == (4, 4, 0, 0)
    assert second.passed_by == first.passed_by
    assert contents(project.data_dir) == before


def test_configured_sources_are_read_under_their_names(tmp_path, mixed, ask):
    sources = [SourceSettings(name="ours", path="in"), SourceSettings(name="gone", path="nowhere")]
    project = Project(tmp_path, Settings(sources=sources))
    done = collect(project)
    assert ask(project, "select distinct source from trajectories") == [("ours",)]
    assert len(done.problems) == 1
    assert "nowhere" not in ask(project, "select string_agg(path) from files")[0][0]


def test_decoding_in_other_processes_gives_the_same_tables_and_parts(tmp_path, mixed, seen, contents, monkeypatch):
    alone, beside = _twins(tmp_path, part_mb=64)
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 32 * 1024)
    collect(alone, [mixed])
    monkeypatch.setattr(decode_worker, "IN_PROCESS_BYTES", 0)
    collect(beside, [mixed])
    assert seen(alone) == seen(beside)
    assert contents(alone.lake).keys() == contents(beside.lake).keys()


def test_a_long_file_cut_into_chunks_gives_the_same_runs_at_the_same_places(tmp_path, mixed, seen, monkeypatch):
    whole, cut = _twins(tmp_path, part_mb=64)
    collect(whole, [mixed])
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 16 * 1024)
    done = collect(cut, [mixed])
    assert done.parts > 2
    assert {k: v for k, v in seen(whole).items() if k != "files"} == {
        k: v for k, v in seen(cut).items() if k != "files"
    }


def test_a_file_that_grew_at_its_end_is_decoded_only_from_where_it_grew(tmp_path, mixed, project, make, monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 16 * 1024)
    file = mixed / "many.jsonl"
    whole = collect(project, [file]).trajectories
    with file.open("a") as out:
        out.write('{"messages": [{"role": "user", "content": "one more"}]}\n')
    done = collect(project, [file])
    assert done.new == 1
    assert done.trajectories < whole


def _twins(tmp_path, **collecting):
    """Two empty projects with one key, so that their placeholders agree."""
    settings = Settings(collect=CollectSettings(workers=2, **collecting))
    twins = [Project(tmp_path / name, settings) for name in ("one", "two")]
    for twin in twins:
        twin.key_path.parent.mkdir(parents=True)
        twin.key_path.write_bytes(b"k" * 32)
    return twins
