"""Tagging a project: what is new is tagged once, whatever happens in between, and the tables are always the same."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from reroute.collect import collect
from reroute.errors import UsageError
from reroute.settings import Project, Settings
from reroute.storage import lake, store
from reroute.tag import episodes
from reroute.tag.parts import TABLES, jobs
from reroute.tag.tagging import relabel, tag

PROGRAM = """
import sys
from pathlib import Path
from reroute.settings import Project, Settings
from reroute.tag import parts, tagging
parts.BATCH_STEPS = 1
commit = tagging._commit
def announced(*given):
    commit(*given)
    print("committed", flush=True)
tagging._commit = announced
tagging.tag(Project(Path(sys.argv[1]), Settings()))
"""


def _run(name: str, results: list[str], **more: object) -> dict[str, object]:
    messages: list[dict[str, object]] = [{"role": "user", "content": f"Book a flight, {name}."}]
    for number, result in enumerate(results):
        arguments = json.dumps({"flight": "HAT100", "payment_id": f"card_{number}"})
        call = {"id": f"c{number}", "type": "function", "function": {"name": "book_flight", "arguments": arguments}}
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        messages.append({"role": "tool", "tool_call_id": f"c{number}", "content": result})
    return {"id": name, "messages": messages} | more


NEWER = ["content_hash", "path_hash", "file", "record_id", "forked_at", "ends_call"]
"""Columns that parts of the first schema have not."""
REFUSED, BOOKED = "Error: payment method not found", '{"reservation_id": "R1", "flight": "HAT100"}'


def _write(folder: Path, name: str, *runs: dict[str, object]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("".join(json.dumps(run) + "\n" for run in runs))
    return folder / name


def _collected(project: Project, *names: str) -> Project:
    """One part for each name."""
    for name in names:
        runs = [_run(f"{name}{index}", [REFUSED, BOOKED] if index % 2 else [REFUSED]) for index in range(4)]
        collect(project, [_write(project.root / "traces", f"{name}.jsonl", *runs)])
    return project


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Three parts, not tagged."""
    return _collected(Project(tmp_path_factory.mktemp("template"), Settings()), "a", "b", "c")


@pytest.fixture(scope="module")
def undisturbed(template: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Three parts, tagged in one run."""
    project = _copied(template, tmp_path_factory.mktemp("undisturbed") / "project")
    tag(project)
    return project


@pytest.fixture
def collected(template: Project, tmp_path: Path) -> Project:
    return _copied(template, tmp_path / "collected")


@pytest.fixture
def tagged(undisturbed: Project, tmp_path: Path) -> Project:
    return _copied(undisturbed, tmp_path / "tagged")


def _rows(project: Project) -> dict[str, list[tuple[object, ...]]]:
    """What tagging writes, sorted, without part names and times."""
    with store.of(project).read() as connection:
        return {
            name: connection.execute(f"select {shown} from {name} order by all").fetchall()
            for name, shown in dict.fromkeys(TABLES, "* exclude (part)").items() | {("labels", "*")}
        }


def _bytes(project: Project) -> dict[str, bytes]:
    folder = project.data_dir
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _copied(project: Project, folder: Path) -> Project:
    shutil.copytree(project.root, folder)
    return replace(project, root=folder)


def test_a_second_run_changes_no_byte(tagged: Project) -> None:
    before = _bytes(tagged)
    assert tag(tagged).retagged == 0
    assert _bytes(tagged) == before


def test_a_full_refresh_makes_the_same_tables(tagged: Project, undisturbed: Project) -> None:
    assert tag(tagged, full_refresh=True).retagged == 3
    assert _rows(tagged) == _rows(undisturbed)


def test_a_part_of_before_todays_columns_is_tagged_as_ever(collected: Project, undisturbed: Project) -> None:
    for part in lake.parts(collected):
        path = lake.files(collected, part).steps
        rows = pq.read_table(path)
        pq.write_table(rows.drop_columns([name for name in NEWER if name in rows.column_names]), path)
    with store.of(collected).write() as connection:  # such parts have no checksums either
        connection.execute("update parts set steps_sha256 = null, trajectories_sha256 = null")
    assert tag(collected).retagged == 3
    # Without hashes of paths nothing is known of how runs are related.
    assert _rows(collected) == _rows(undisturbed) | {"links": []}


def test_new_data_tags_only_itself_and_makes_the_tables_of_one_run_over_all(
    collected: Project, tagged: Project
) -> None:
    tag(_collected(collected, "d"))
    assert tag(_collected(tagged, "d")).retagged == 1
    assert _rows(tagged) == _rows(collected)


def test_new_rules_tag_everything_again_and_make_the_tables_of_one_run(collected: Project, tagged: Project) -> None:
    for project in (collected, tagged):
        own = project.root / "sql/episodes/rejected_calls.sql"
        own.parent.mkdir(parents=True)
        own.write_text("select * from denied_auths")
        assert tag(project).retagged == 3
    assert _rows(tagged) == _rows(collected)
    assert not any("call.rejected" in row for row in _rows(tagged)["episodes"])


def test_new_feature_rules_leave_no_older_feature_files(tagged: Project) -> None:
    before = {path.name for path in (tagged.lake / "features").iterdir()}
    own = tagged.root / "sql/thresholds.csv"
    own.parent.mkdir(parents=True)
    shipped = Path(__file__).parents[2] / "sql/thresholds.csv"
    own.write_text(shipped.read_text("utf-8").replace("quote_max,200", "quote_max,20"))
    tag(tagged)
    after = {path.name for path in (tagged.lake / "features").iterdir()}
    assert len(after) == len(before) == 9  # two tables and their checksums for each of three parts
    assert not after & before


def test_a_part_that_was_compacted_leaves_nothing_behind(project: Project) -> None:
    files = [_write(project.root / "traces", f"{name}.jsonl", _run(name, [REFUSED, BOOKED])) for name in "ab"]
    collect(project, files)
    tag(project)
    before = _rows(project)
    with store.of(project).write() as connection:
        connection.execute("update parts set redaction_version = -1")
        connection.execute("update files set redaction_version = -1")
    collect(project, files[:1])  # its run moves to another part, and what is left of the old one is written anew
    assert len(lake.parts(project)) == 2
    tag(project)
    assert _rows(project) == before


@pytest.mark.parametrize("commits", [0, 1, 2])
def test_killed_in_the_middle_the_next_run_ends_with_the_same_tables(
    collected: Project, undisturbed: Project, commits: int
) -> None:
    program = [sys.executable, "-c", PROGRAM, str(collected.root)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True, stderr=subprocess.DEVNULL) as running:
        for _ in range(commits):
            assert running.stdout.readline() == "committed\n"
        if not commits:
            _wait_for(collected.lake / "features", running)
        os.kill(running.pid, signal.SIGKILL)
    tag(collected)
    assert _rows(collected) == _rows(undisturbed)


def _wait_for(folder: Path, running: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while not folder.exists() and running.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)


def test_parts_in_parallel_make_the_tables_of_parts_in_turn(
    collected: Project, undisturbed: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reroute.tag.tagging.PARALLEL_FROM_STEPS", 1)
    assert tag(collected).retagged == 3
    assert _rows(collected) == _rows(undisturbed)


def test_parts_one_at_a_time_make_the_tables_of_parts_together(
    collected: Project, undisturbed: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reroute.tag.parts.BATCH_STEPS", 1)
    assert tag(collected).retagged == 3
    assert _rows(collected) == _rows(undisturbed)


@pytest.mark.parametrize(("workers", "batches"), [(1, 3), (2, 4), (3, 3)])
def test_each_part_is_in_one_of_a_whole_number_of_equal_batches_for_each_worker(
    workers: int, batches: int, project: Project
) -> None:
    steps = {f"{number:03}": 9_000 + 100 * (number % 20) for number in range(60)}
    found = jobs(project, "rules", steps, workers)
    weights = [sum(steps[part] for part in job.parts) for job in found]
    assert sorted(part for job in found for part in job.parts) == sorted(steps)
    assert len(found) == batches
    assert max(weights) - min(weights) < max(steps.values())


def test_a_superseded_version_shows_up_nowhere(project: Project) -> None:
    path = _write(project.root / "traces", "a.jsonl", _run("a", [REFUSED]))
    collect(project, [path])
    tag(project)
    assert [episode.outcome_final for episode in episodes.load(project)] == ["ended"]
    _write(path.parent, "a.jsonl", _run("a", [REFUSED, BOOKED]))
    collect(project, [path])
    assert tag(project).episodes == {"call.rejected": {"recovered_repair": 1}}
    assert [episode.outcome_final for episode in episodes.load(project)] == ["recovered_repair"]


def test_an_outcome_that_arrives_later_makes_the_tier(project: Project) -> None:
    collect(project, [_write(project.root / "traces", "a.jsonl", _run("a", [REFUSED, BOOKED]))])
    tag(project)
    assert [episode.tier for episode in episodes.load(project)] == ["B"]
    with store.of(project).write() as connection:
        connection.execute(
            "insert into outcomes select trajectory_id, 'pass', 1, 'verifier', null, now() from trajectories"
        )
    assert [episode.tier for episode in episodes.load(project)] == ["A"]
    relabel(project)
    assert [row[8] for row in _rows(project)["labels"]] == ["A"]


def test_a_grade_finds_its_episode_again_after_the_run_has_grown(project: Project) -> None:
    path = _write(project.root / "traces", "a.jsonl", _run("a", [REFUSED]))
    collect(project, [path])
    tag(project)
    (graded,) = episodes.load(project)
    with store.of(project).write() as connection:
        connection.execute(
            "insert into grades (grade_id, task_id, episode_id, trajectory_id, prefix_hash, span_start, span_end, "
            "question, answer, annotator, origin, seconds, graded_at, pulled_at) "
            "values ('g', null, ?, ?, ?, ?, ?, 'failure', 'no', 'ann', 'manual', 1, now(), now())",
            [graded.episode_id, graded.trajectory_id, graded.prefix_hash, graded.onset_step, graded.close_step],
        )
    _write(path.parent, "a.jsonl", _run("a", [REFUSED, BOOKED]))
    collect(project, [path])
    tag(project)
    assert [(e.is_failure, e.label_source, e.tier) for e in episodes.load(project)] == [(False, "grades", None)]


def test_episodes_are_found_by_filters_and_by_the_beginning_of_an_id(undisturbed: Project) -> None:
    found = episodes.load(undisturbed)
    first = found[0]
    assert episodes.get(undisturbed, first.episode_id[:10]) == first
    assert {e.outcome_final for e in episodes.load(undisturbed, outcome="ended")} == {"ended"}
    assert episodes.load(undisturbed, kind="infra.transient") == []
    assert len(episodes.load(undisturbed, format="openai-chat", tier="B")) == 6
    of_one = episodes.load(undisturbed, id_prefix=first.trajectory_id)
    assert {e.trajectory_id for e in of_one} == {first.trajectory_id}


def test_an_id_that_is_not_there_is_refused(undisturbed: Project) -> None:
    with pytest.raises(UsageError, match="there is none"):
        episodes.get(undisturbed, "zzzz")


def test_found_without_a_store_is_what_is_stored(undisturbed: Project) -> None:
    stored = {e.episode_id: e.outcome for e in episodes.load(undisturbed)}
    tables = [pq.read_table(lake.files(undisturbed, part).steps) for part in lake.parts(undisturbed)]
    found = [episode for table in tables for episode in episodes.find(table).episodes]
    assert {e.episode_id: e.outcome for e in found} == stored
