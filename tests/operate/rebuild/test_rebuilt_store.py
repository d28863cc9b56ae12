"""A lost or corrupt store is made anew from what lies beside it, and is the same."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from reroute import datasets
from reroute.collect import collect, outcomes
from reroute.errors import PartialFailure, StoreBusy, StoreDamaged, UsageError
from reroute.export import verification
from reroute.operate.rebuild import rebuild
from reroute.operate.status import status
from reroute.storage import journal, lake, publish, queries, store
from reroute.tag.tagging import tag
from reroute.terminal import output

DERIVED = {
    "tagged_parts", "findings", "episodes", "run_counts", "contexts", "labels", "suspects", "fits", "outcome_scores",
    "probabilities", "links", "families", "family_searches",
}  # fmt: skip
"""What `reroute tag` makes."""
FOLDERS = {"datasets", "dataset_rows", "dropped"}
GRADES = {"reviews", "annotations", "grades"}
DROPS = "select recipe, version, candidate, rule, reason from dropped order by all"


def lose(project, *names):
    for path in (project.data_dir / name for name in names):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def run(project, *arguments):
    command = [sys.executable, "-c", "from reroute.cli import main; main()", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=project.root, check=False)


def seen(project):
    """What a person sees of a project."""
    figures = status(project)
    shown = [f"{found.name} {found.manifest.created_at}" for found in datasets.every(project)]
    counts = (figures.figures.runs, figures.figures.files, figures.figures.episodes, figures.figures.grades)
    return counts, figures.jobs, figures.alarms, shown, queries.ask(project, DROPS).rows


def test_every_table_is_made_anew_from_somewhere(full):
    with store.of(full).read() as connection:
        query = "select table_name from information_schema.tables where table_type = 'BASE TABLE'"
        names = {name for (name,) in connection.execute(query).fetchall()} - {"migrations", "journaled"}
    assert names == journal.KEYS.keys() | DERIVED | FOLDERS | GRADES


def test_a_store_that_is_gone_with_its_published_copy_is_made_anew_and_is_the_same(full, tables):
    before, shown = tables(full), seen(full)
    lose(full, "reroute.duckdb", "published")
    rebuilt = rebuild(full)
    tag(full)
    publish.publish(full)
    assert tables(full) == before
    assert seen(full) == shown
    assert rebuilt.lost == []
    assert [verification.verify(full, found) for found in datasets.every(full)] == [[], []]


def test_what_was_made_anew_goes_on_as_if_nothing_had_been(full, tables):
    lose(full, "reroute.duckdb")
    rebuild(full)
    tag(full)
    assert collect(full).files_unchanged == 5
    (full.root / "traces" / "other.jsonl").unlink()
    assert collect(full).conflicts == []
    before = tables(full)
    lose(full, "reroute.duckdb", "published")
    rebuild(full)
    tag(full)
    assert tables(full) == before


def foreign(path):
    with duckdb.connect(path) as connection:
        connection.execute("create table theirs as select 1 as x")


DAMAGES = {
    "random bytes": lambda path: path.write_bytes(b"\x8f\x13 no database" * 5000),
    "half of it": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "nothing in it": lambda path: path.write_bytes(b""),
    "zeros in the middle": lambda path: path.write_bytes(_with_zeros(path.read_bytes())),
    "another database": lambda path: (path.unlink(), foreign(path)),
    "a new, empty store": lambda path: (path.unlink(), duckdb.connect(path).close()),
}


def _with_zeros(data):
    middle = len(data) // 4
    return data[:middle] + bytes(len(data) // 2) + data[middle + len(data) // 2 :]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_store_names_the_command_and_the_command_keeps_what_was_there(full, tables, damage):
    before = tables(full)
    DAMAGES[damage](full.store_path)
    broken = full.store_path.read_bytes()
    with pytest.raises(StoreDamaged, match="`reroute rebuild`"):
        tag(full, full_refresh=True)
    with pytest.raises(StoreDamaged, match="`reroute rebuild`"):
        collect(full)
    rebuilt = rebuild(full)
    tag(full)
    assert tables(full) == before
    (aside,) = [name for name in rebuilt.aside if "duckdb" in name]
    assert Path(aside).read_bytes() == broken


@pytest.mark.parametrize(
    "verb",
    [
        ["collect"], ["tag"], ["episodes"], ["export", "recovery-sft"], ["review", "status"], ["review", "plan"],
        ["job", "list"], ["quarantine", "list"], ["dataset", "verify", "recovery-sft"], ["publish"], ["doctor"],
        ["outcomes", "stated.csv"], ["nightly", "--plain"], ["status"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_every_verb_that_needs_a_lost_store_names_the_command(full, verb):
    settings = '[[sources]]\nname = "airline"\npath = "traces"\n'
    (full.root / "reroute.toml").write_text(settings)
    lose(full, "reroute.duckdb", "published")
    done = run(full, *verb)
    assert done.returncode == 1
    assert "`reroute rebuild`" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert not full.store_path.exists()


def test_the_command_tags_publishes_and_says_what_came_from_where(full, tables):
    (full.root / "reroute.toml").write_text('[[sources]]\nname = "airline"\npath = "traces"\n')
    before = tables(full)
    lose(full, "reroute.duckdb", "published")
    done = run(full, "rebuild")
    assert done.returncode == 0, done.stderr
    assert tables(full) == before
    for words in ("from the journal", "from the lake's headers", "from the dataset folders", "from the grade journal"):
        assert words in done.stdout
    assert "jobs 1" in done.stdout
    assert publish.current(full)


def test_a_whole_store_is_left_alone_unless_asked(full, tables):
    before, data = tables(full), full.store_path.read_bytes()
    with pytest.raises(UsageError, match=r"it is whole, and nothing was done. `reroute rebuild --again`"):
        rebuild(full)
    assert full.store_path.read_bytes() == data
    rebuild(full, again=True)
    tag(full)
    assert tables(full) == before


def test_nothing_to_make_a_store_from_is_a_wrong_use(project):
    with pytest.raises(UsageError, match=r"nothing in .* to make one from"):
        rebuild(project)


@pytest.mark.parametrize("what", ["the store", "the lock of collect"])
def test_another_process_is_not_disturbed(full, what):
    hold = {
        "the store": "import duckdb; held = duckdb.connect('data/reroute.duckdb')",
        "the lock of collect": (
            "from pathlib import Path; from reroute.collect.lock import one_at_a_time\n"
            "held = one_at_a_time(Path('data')); held.__enter__()"
        ),
    }[what]
    program = f"import time\n{hold}\nprint('held', flush=True); time.sleep(60)"
    patient = full.settings.model_copy(update={"store": full.settings.store.model_copy(update={"wait_seconds": 0.2})})
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=full.root) as other:
        other.stdout.readline()
        with pytest.raises(StoreBusy, match=f"process {other.pid}"):
            rebuild(type(full)(full.root, patient), again=True)
        other.kill()


@pytest.mark.parametrize("checksums", [True, False])
def test_without_the_journal_the_published_copy_has_everything_that_was_published(full, tables, checksums):
    before = tables(full)
    lose(full, "reroute.duckdb", "journal.jsonl")
    if not checksums:
        (publish.current(full) / "checksums.json").unlink()
    rebuilt = rebuild(full)
    tag(full)
    assert tables(full) == before
    assert ["published copy" in line for line in rebuilt.lost] == [True]
    with pytest.raises(PartialFailure, match="reroute job submit"):
        rebuilt.check()


def test_rows_of_an_older_reroute_that_a_table_cannot_take_are_named_and_the_others_come_back(full, tables):
    folder = publish.current(full)
    (folder / "checksums.json").unlink()
    old = pq.read_table(folder / "alarms.parquet").drop_columns("message")
    pq.write_table(old, folder / "alarms.parquet")
    before = tables(full)
    lose(full, "reroute.duckdb", "journal.jsonl")
    rebuilt = rebuild(full)
    assert any("Table alarms" in line and "no message" in line for line in rebuilt.lost)
    after = tables(full)
    assert (after["alarms"], after["jobs"], after["files"]) == ([], before["jobs"], before["files"])


def test_without_the_journal_what_was_collected_after_the_copy_is_read_again(full, tables):
    (full.root / "traces" / "grown.jsonl").write_text(session_of("one", "two", "three"))
    old = full.data_dir / "published.old"
    shutil.copytree(full.published, old)
    collect(full)
    tag(full)
    before = tables(full, parts=False)
    lose(full, "reroute.duckdb", "journal.jsonl", "published")
    old.rename(full.published)
    rebuild(full)
    collect(full)
    tag(full)
    after = tables(full, parts=False)
    raised = [[row[:4] for row in found.pop("alarms")] for found in (before, after)]  # the last one at another time
    assert after == before
    assert raised[0] == raised[1]


def session_of(*results):
    from .conftest import session

    return session("grown", *results) + '{"messages": 5}\n'


def test_with_nothing_but_lake_and_folders_the_sources_are_read_again_and_what_is_lost_is_said(full, tables):
    before = tables(full, parts=False)
    lose(full, "reroute.duckdb", "journal.jsonl", "published")
    rebuilt = rebuild(full)
    said = " ".join(rebuilt.lost)
    for words in ("`reroute collect` reads all of them", "`reroute outcomes`", "`reroute job submit`", "the judge may"):
        assert words in said
    collect(full)
    outcomes.join(full, full.root / "stated.csv")
    tag(full)
    after = tables(full, parts=False)
    lost = {"jobs", "job_events", "judge_votes", "judge_requests", "alarms", "drift", "redaction_keys"}
    assert {name for name in before if before[name] != after[name]} == lost | {"parts"}  # redacted anew


def damage_line(project, number):
    lines = project.journal.read_bytes().splitlines(keepends=True)
    lines[number] = lines[number].replace(b'"columns"', b'"columms"', 1)
    project.journal.write_bytes(b"".join(lines))
    return len(lines)


@pytest.mark.parametrize("number", [0, 2, -1])
def test_a_damaged_line_of_the_journal_does_no_harm_where_a_copy_was_published_since(full, tables, number):
    before = tables(full)
    damage_line(full, number)
    lose(full, "reroute.duckdb")
    rebuild(full)
    tag(full)
    assert tables(full) == before


def test_a_damaged_line_of_the_journal_that_no_copy_has_is_named(full, tables):
    with store.of(full).write() as connection:
        connection.execute("update jobs set status = 'succeeded'")
        journal.note(full, connection, {"jobs": [("k1",)]})
    number = damage_line(full, -1)
    lose(full, "reroute.duckdb")
    rebuilt = rebuild(full)
    assert f"Lines {number} of the journal" in rebuilt.lost[0]
    assert "`reroute job submit`" in rebuilt.lost[0]
    assert len(tables(full)["jobs"]) == 1


def test_what_came_after_the_copy_is_in_the_journal(full, tables):
    with store.of(full).write() as connection:
        connection.execute("update jobs set status = 'succeeded'")
        journal.note(full, connection, {"jobs": [("k1",)]})
    before = tables(full)
    damage_line(full, 0)
    lose(full, "reroute.duckdb")
    rebuild(full)
    tag(full)
    assert tables(full) == before


def test_a_damaged_part_is_named_and_its_runs_are_still_known(full, tables):
    before = tables(full)
    part = next(iter(lake.parts(full)))
    lake.files(full, part).trajectories.unlink()
    lose(full, "reroute.duckdb", "published")
    rebuilt = rebuild(full)
    assert f"`reroute rebuild --part {part}`" in rebuilt.lost[0]
    known = [row[:2] for row in tables(full)["trajectories"]]
    assert known == [row[:2] for row in before["trajectories"]]


def test_a_damaged_dataset_folder_is_named_and_the_others_come_back(full, tables):
    (manifest, *_) = sorted(full.datasets.glob("recovery-rft/*/manifest.json"))
    manifest.write_text(manifest.read_text()[:100])
    lose(full, "reroute.duckdb", "published")
    rebuilt = rebuild(full)
    assert str(manifest.parent) in rebuilt.lost[0]
    assert {row[0] for row in tables(full)["datasets"]} == {"recovery-sft"}


def test_a_dataset_made_again_with_other_drops_has_its_last_ledger(full, tables):
    from reroute.export import export

    from .conftest import session

    kept = {found.name: (found.folder / "ledger.parquet").read_bytes() for found in datasets.every(full)}
    (full.root / "traces" / "more.jsonl").write_text(session("more", "one"))
    collect(full)
    tag(full)
    assert export(full, "recovery-rft").unchanged
    before = tables(full)["dropped"]
    lose(full, "reroute.duckdb", "published")
    rebuild(full)
    assert tables(full)["dropped"] == before
    assert {f.name: (f.folder / "ledger.parquet").read_bytes() for f in datasets.every(full)} == kept


def test_its_json_says_the_same(full):
    lose(full, "reroute.duckdb")
    found = json.loads(output.json(rebuild(full), indented=True))
    assert found["tables"]["the dataset folders"]["datasets"] == 2
