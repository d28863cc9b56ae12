"""What is shown of a dataset."""

from datetime import UTC, datetime

import pytest

from reroute import datasets
from reroute.errors import UsageError
from reroute.export import compose, folder, gather, manifest, recipe
from reroute.terminal import dataset_tables


@pytest.fixture
def dataset(world, tmp_path):
    """A dataset of two rows, written without its gates."""
    for n in (1, 2):
        world.booked(n)
    project = world.commit()
    made = compose.compose(project, recipe.load("recovery-sft"), gather.candidates(project))
    gates = manifest.GateResult(datetime(2026, 1, 1, tzinfo=UTC), passed=True, failed=(), checked=0)
    folder.write(tmp_path / "written", made, manifest.manifest(made, gates), "")
    return datasets.read(tmp_path / "written")


def test_the_rows_that_are_named_are_shown_and_no_others(dataset):
    first, second = (row.row_id for row in dataset.manifest.rows)
    assert [line["row_id"] for line in dataset_tables.chosen_rows(dataset, [second[:8]], 5)] == [second]
    assert {line["row_id"] for line in dataset_tables.chosen_rows(dataset, [first, second], 5)} == {first, second}


def test_a_named_row_that_is_not_there_is_an_error_also_beside_one_that_is(dataset):
    there = dataset.manifest.rows[0].row_id
    with pytest.raises(UsageError, match="no row begins with zz, or"):
        dataset_tables.chosen_rows(dataset, [there, "zz"], 5)


def test_the_lineage_of_a_row_names_each_file_that_its_steps_were_read_from(world, tmp_path):
    world.booked(1)
    for step in world.items[0].steps[5:]:
        step.file, step.source_index, step.source_pointer = "more.jsonl", 3, f"/{step.step}"
    project = world.commit()
    made = compose.compose(project, recipe.load("recovery-sft"), gather.candidates(project))
    gates = manifest.GateResult(datetime(2026, 1, 1, tzinfo=UTC), passed=True, failed=(), checked=0)
    folder.write(tmp_path / "written", made, manifest.manifest(made, gates), "")
    dataset = datasets.read(tmp_path / "written")
    (row,) = dataset.manifest.rows
    assert (row.file, row.records) == ("runs.json", (0, 0))
    assert [(other.file, other.records) for other in row.other_files] == [("more.jsonl", (3, 3))]
    assert row.episode is not None
    assert row.episode["places"]["recovery"] == {"file": "more.jsonl", "record": 3, "pointer": "/7"}
    (shown,) = dataset_tables.chosen_rows(dataset, [], 1)
    assert shown["from"] == "files/runs.json, more.jsonl"
