"""A dataset is found by the name that a person types."""

from __future__ import annotations

import json

import pytest

from reroute.errors import UsageError
from reroute.settings import Project
from reroute.tune import dataset

from .conftest import MakeDataset


def test_latest_is_the_newest_that_passed(project: Project, make_dataset: MakeDataset) -> None:
    make_dataset(created_at="2026-11-01T00:00:00Z")
    new = make_dataset(created_at="2026-11-02T00:00:00Z")
    make_dataset(created_at="2026-11-03T00:00:00Z", passed=False)
    for name in ("recovery-sft", "recovery-sft@latest", f"recovery-sft@{new.manifest.version[:6]}", str(new.folder)):
        assert dataset.find(project, name) == new


def test_latest_follows_the_pointer_that_export_leaves(project: Project, make_dataset: MakeDataset) -> None:
    old = make_dataset(created_at="2026-11-01T00:00:00Z")
    make_dataset(created_at="2026-11-02T00:00:00Z")
    (old.folder.parent / "latest").write_text(old.folder.name + "\n")
    assert dataset.find(project, "recovery-sft@latest") == old


def test_a_name_that_fits_nothing_says_what_there_is(project: Project, make_dataset: MakeDataset) -> None:
    make_dataset()
    with pytest.raises(UsageError, match="there is recovery-sft@latest"):
        dataset.find(project, "recovery-dpo")
    with pytest.raises(UsageError, match="no version fits"):
        dataset.find(project, "recovery-sft@zz")


@pytest.mark.parametrize("name", ["../recovery-sft", "..", ".", "no/such@latest"])
def test_a_name_is_never_a_way_out_of_the_datasets_folder(project: Project, name: str) -> None:
    with pytest.raises(UsageError):
        dataset.find(project, name)


def test_a_file_outside_of_the_folder_is_refused(make_dataset: MakeDataset) -> None:
    made = make_dataset()
    path = made.folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["files"]["train"]["path"] = "../../../secret.jsonl"
    path.write_text(json.dumps(manifest))
    with pytest.raises(UsageError, match="outside"):
        dataset.read(made.folder)


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"format": "reroute.dataset"}'])
def test_a_broken_manifest_is_named(make_dataset: MakeDataset, damage: str) -> None:
    made = make_dataset()
    (made.folder / "manifest.json").write_text(damage)
    with pytest.raises(UsageError, match=r"manifest\.json"):
        dataset.read(made.folder)


def test_a_manifest_of_a_newer_format_is_refused(make_dataset: MakeDataset) -> None:
    with pytest.raises(UsageError, match="version 2"):
        make_dataset(format_version=2)
