"""A damaged or missing lake part is named by whoever reads it, and made anew from the sources of its runs."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys

import pytest

from reroute.collect import collect
from reroute.errors import PartDamaged, PartialFailure, StoreError, UsageError
from reroute.export import export, gather
from reroute.look import lookup
from reroute.operate.rebuild import damaged_parts, rebuild_parts
from reroute.operate.status import status
from reroute.storage import lake, publish, queries, store
from reroute.storage.lake import integrity
from reroute.tag import episodes
from reroute.tag.tagging import relabel, tag

from .conftest import session


def flip(path, at=0.5):
    data = bytearray(path.read_bytes())
    data[int(len(data) * at)] ^= 1
    path.write_bytes(data)


DAMAGES = {
    "a flipped byte of steps": lambda part: flip(part.steps),
    "a flipped byte of headers": lambda part: flip(part.trajectories),
    "steps cut short": lambda part: part.steps.write_bytes(part.steps.read_bytes()[:-100]),
    "no steps": lambda part: part.steps.unlink(),
    "no headers": lambda part: part.trajectories.unlink(),
    "neither": lambda part: (part.steps.unlink(), part.trajectories.unlink()),
    "another part's steps": lambda part: shutil.copy(
        next(path for path in part.steps.parent.glob("*.parquet") if path != part.steps), part.steps
    ),
}


def part_of(project, path):
    """The part in which the current runs of a source file lie."""
    with store.of(project).read() as connection:
        query = "select distinct part from trajectories where path = ? and is_current"
        ((part,),) = connection.execute(query, [path]).fetchall()
    return part


def run(project, *arguments):
    (project.root / "reroute.toml").write_text(
        '[[sources]]\nname = "airline"\npath = "traces"\n[collect]\npart_mb = 1\nworkers = 1\n'
    )
    command = [sys.executable, "-c", "from reroute.cli import main; main()", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=project.root, check=False)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_part_is_made_anew_and_nothing_else_changes(full, tables, damage):
    before = tables(full, parts=False)
    part = part_of(full, "later.json")
    DAMAGES[damage](lake.files(full, part))
    assert damaged_parts(full) == [part]
    recovered = rebuild_parts(full, [part[:8]])
    tag(full)
    assert (recovered.lost, recovered.parts) == ([], [part])
    assert damaged_parts(full) == []
    assert tables(full, parts=False) == before


READERS = {
    "the steps of a run": lake.read_steps,
    "the header of a run": lake.read_header,
    "a part": lambda project, _: list(lake.batches(lake.whole(project, part_of(project, "bookings.json")))),
    "tagging": lambda project, _: tag(project, full_refresh=True),
    "exporting": lambda project, _: export(project, "recovery-sft"),
    "calls that were seen": lambda project, _: gather.calls_seen(
        project, [one.run for one in gather.candidates(project)]
    ),
    "a query about steps": lambda project, _: queries.ask(project, "select count(*) from steps"),
    "a query with a path": lambda project, _: queries.ask(
        project, f"select count(*) from '{project.lake}/steps/*.parquet'"
    ),
    "an episode": lambda project, run: list(lookup.named(project, run).timelines),
    "labels": lambda project, _: relabel(project),
}


@pytest.mark.parametrize("file", ["steps", "trajectories"])
@pytest.mark.parametrize("reader", READERS)
def test_whoever_reads_a_damaged_part_says_which_where_from_and_what_to_do(full, reader, file):
    part = part_of(full, "bookings.json")
    run_id = next(e.trajectory_id for e in episodes.load(full) if e.task_id == "0")
    for path in full.datasets.glob("*/.inputs.json"):
        path.unlink()
    damaged = getattr(lake.files(full, part), file)
    flip(damaged)
    with pytest.raises(PartDamaged) as caught:
        READERS[reader](full, run_id)
    for words in (part, str(damaged), "airline: bookings.json", f"`reroute rebuild --part {part}`", "checksum"):
        assert words in str(caught.value)


def test_a_part_is_damaged_whatever_byte_of_it_is(full):
    part = lake.files(full, part_of(full, "bookings.json"))
    made = random.Random(7)
    for path in part:
        data = path.read_bytes()
        for at in [0, len(data) - 1, *(made.randrange(len(data)) for _ in range(40))]:
            changed = bytearray(data)
            changed[at] ^= 1 << made.randrange(8)
            path.write_bytes(changed)
            integrity._hashed.clear()  # as another process sees it
            with pytest.raises(PartDamaged):
                lake.whole(full, part.steps.stem)
        path.write_bytes(data)
        integrity._hashed.clear()
    assert lake.whole(full, part.steps.stem) == part


def test_what_needs_no_steps_goes_on_beside_a_damaged_part(full):
    for part in lake.parts(full):
        lake.files(full, part).steps.unlink()
    assert status(full).figures.runs == 10
    assert queries.ask(full, "select count(*) from episodes join trajectories using (trajectory_id)").rows


def test_a_run_whose_source_is_gone_is_named_alarmed_and_in_nobodys_way(full, tables):
    before = tables(full, parts=False)
    source = full.root / "traces" / "later.json"
    saved = source.read_bytes()
    part = part_of(full, "later.json")
    source.unlink()
    flip(lake.files(full, part).steps)
    recovered = rebuild_parts(full, [part])
    assert [line.endswith("(airline: later.json)") for line in recovered.lost] == [True, True]
    with pytest.raises(PartialFailure, match=r"later\.json"):
        recovered.check()
    assert ["later.json" in alarm for alarm in status(full).alarms][:1] == [True]
    tag(full, full_refresh=True)
    export(full, "recovery-sft")
    publish.publish(full)
    assert (status(full).figures.runs, damaged_parts(full)) == (8, [])
    gone = recovered.lost[0].split()[0]
    with pytest.raises(PartDamaged, match="is not in the store"):
        lake.read_steps(full, gone)
    source.write_bytes(saved)
    collect(full)
    tag(full)
    after = tables(full, parts=False)
    changed = {"alarms", "parts", "tagged_parts", "datasets", "dataset_rows", "dropped", "files"}
    assert {name for name in before if before[name] != after[name]} <= changed


def test_a_source_that_has_grown_since_gives_the_grown_run_and_no_alarm(full):
    (full.root / "traces" / "grown.jsonl").write_text(session("grown", "one", "two", "three"))
    part = part_of(full, "grown.jsonl")
    alarms = len(status(full).alarms)
    flip(lake.files(full, part).steps)
    recovered = rebuild_parts(full, [part])
    assert (recovered.lost, recovered.superseded) == ([], 1)
    assert len(status(full).alarms) == alarms
    with store.of(full).read() as connection:
        runs = "select steps, is_current from trajectories where run_id = 'grown' order by steps"
        assert connection.execute(runs).fetchall() == [(3, False), (5, False), (7, True)]


def test_a_run_that_is_lost_in_its_last_version_is_current_in_the_one_before(full):
    part = part_of(full, "grown.jsonl")
    saved = (full.root / "traces" / "grown.jsonl").read_bytes()
    for name in ("grown.jsonl", "later.json", "second.jsonl"):
        (full.root / "traces" / name).unlink()
    flip(lake.files(full, part).steps)
    assert any("grown.jsonl" in line for line in rebuild_parts(full, [part]).lost)
    with store.of(full).read() as connection:
        runs = "select steps, is_current from trajectories where run_id = 'grown' order by steps"
        assert connection.execute(runs).fetchall() == [(3, True), (5, False)]
    (full.root / "traces" / "grown.jsonl").write_bytes(saved)
    collect(full)
    with store.of(full).read() as connection:
        assert connection.execute(runs).fetchall() == [(3, False), (5, True)]


def test_killed_after_forgetting_a_part_the_next_collect_reads_its_sources(full, tables, monkeypatch):
    before = tables(full, parts=False)
    part = part_of(full, "later.json")
    flip(lake.files(full, part).steps)

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("reroute.collect.collect", killed)
        with pytest.raises(KeyboardInterrupt):
            rebuild_parts(full, [part])
    collect(full)
    tag(full)
    assert tables(full, parts=False) == before


def test_a_whole_part_is_left_alone(full):
    part = next(iter(lake.parts(full)))
    with pytest.raises(UsageError, match="as it was committed"):
        rebuild_parts(full, [part])
    with pytest.raises(UsageError, match="0 parts begin like that"):
        rebuild_parts(full, ["nope"])


def test_parts_of_an_older_store_get_their_checksums_with_the_next_collect(full, capsys):
    first, *others = lake.parts(full)
    with store.of(full).write() as connection:
        connection.execute("update parts set steps_sha256 = null, trajectories_sha256 = null")
    lake.files(full, first).steps.write_bytes(lake.files(full, first).steps.read_bytes()[:-50])
    collect(full)
    sums = lake.parts(full)
    assert [part for part in sums if sums[part].steps is None] == [first]
    assert f"`reroute rebuild --part {first}`" in capsys.readouterr().err
    assert damaged_parts(full) == [first]
    with pytest.raises(PartDamaged, match="no whole Parquet file"):
        list(lake.batches(lake.whole(full, first)))
    assert rebuild_parts(full, [first]).lost == []
    assert others


def test_doctor_sees_a_missing_part_at_once_and_a_flipped_byte_when_asked(full):
    assert run(full, "doctor", "--deep").returncode == 0
    part = part_of(full, "bookings.json")
    flip(lake.files(full, part).steps)
    assert run(full, "doctor").returncode == 0
    deep = run(full, "doctor", "--deep")
    assert deep.returncode == 1
    assert f"`reroute rebuild --part {part}`" in deep.stdout
    lake.files(full, part).steps.unlink()
    done = run(full, "doctor")
    assert (done.returncode, f"{part}.parquet is missing" in done.stdout) == (1, True)


def test_doctor_names_what_to_back_up(full):
    said = run(full, "doctor").stdout
    (line,) = [line for line in said.splitlines() if "to back up" in line]
    for place in (
        full.key_path,
        full.data_dir / "grades.jsonl",
        full.journal,
        full.store_path,
        full.lake,
        full.datasets,
    ):
        assert f"{place};" in f"{line};"
    full.key_path.unlink()
    assert f"{full.key_path} (not there yet)" in run(full, "doctor").stdout


def test_the_command_makes_every_damaged_part_anew_and_tags(full, tables):
    before = tables(full, parts=False)
    for number, part in enumerate(lake.parts(full)):
        flip(lake.files(full, part)[number % 2])
    done = run(full, "rebuild", "--lake", "--json")
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["parts"]) == 2
    after = tables(full, parts=False)
    # the superseded version of `grown` is in no source any more
    assert {name for name in before if before[name] != after[name]} <= {
        "parts",
        "links",
        "family_searches",
        "run_counts",
        "tagged_parts",
    }
    assert run(full, "rebuild", "--lake").stdout == "no lake part is damaged\n"


@pytest.mark.parametrize("damage", ["flipped", "cut", "missing", "garbage"])
@pytest.mark.parametrize("table", ["actions", "notes"])
def test_damaged_features_are_made_again(full, tables, damage, table):
    before = tables(full)
    for path in (full.lake / "features").glob(f"*.{table}.parquet"):
        if damage == "flipped":
            flip(path)
        elif damage == "cut":
            path.write_bytes(path.read_bytes()[:-20])
        elif damage == "garbage":
            path.write_bytes(b"nothing")
        else:
            path.unlink()
    for path in full.datasets.glob("*/.inputs.json"):
        path.unlink()
    with pytest.raises(StoreError, match="`reroute tag --full-refresh` makes them again"):
        export(full, "recovery-sft")
    tag(full, full_refresh=True)
    assert tables(full) == before
    assert export(full, "recovery-sft").unchanged


@pytest.mark.parametrize("damage", ["flipped", "missing", "checksums"])
def test_a_damaged_published_copy_is_named_and_publishing_again_makes_it_anew(full, damage):
    folder = publish.current(full)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    if damage == "flipped":
        flip(folder / "episodes.parquet", 0.3)
    elif damage == "missing":
        (folder / "episodes.parquet").unlink()
    else:
        flip(folder / "checksums.json")
    for verb in (["status"], ["sql", "select count(*) from trajectories"], ["report"]):
        done = run(full, *verb)
        assert done.returncode == 1
        assert "`reroute publish`" in done.stderr
        assert "Traceback" not in done.stderr
    assert run(full, "doctor").returncode == 1
    assert run(full, "publish").returncode == 0
    assert {path.name for path in publish.current(full).iterdir()} == before.keys()
    assert status(full).figures.runs == 10


def test_a_copy_from_before_there_were_checksums_is_read_and_replaced(full):
    folder = publish.current(full)
    before = (folder / "checksums.json").read_bytes()
    (folder / "checksums.json").unlink()
    assert status(full).figures.runs == 10
    assert publish.publish(full).changed
    assert (publish.current(full) / "checksums.json").read_bytes() == before
