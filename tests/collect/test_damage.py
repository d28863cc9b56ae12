"""A file that is damaged or gone after it was read retires no run, and restored it leaves no trace."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reroute.collect import collect
from reroute.settings import Project, Settings, SourceSettings

sys.path.append(str(Path(__file__).parents[1] / "formats"))
sys.path.append(str(Path(__file__).parent))
from damages import DAMAGES
from hostile_values import samples

PLACES = [(f"{name}/{sample.name.partition('.')[0]}", sample) for name, sample in samples()]
CURRENT = "select trajectory_id, version, steps from trajectories where is_current order by all"


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
