"""A dataset is found by the name that a person types, by every verb alike."""

from __future__ import annotations

import json
import re

import pytest

from reroute import datasets
from reroute.cli import app
from reroute.errors import RerouteError, UsageError
from reroute.settings import Project

from .conftest import MakeDataset


def test_latest_is_the_newest_that_passed(project: Project, make_dataset: MakeDataset) -> None:
    make_dataset(created_at="2026-11-01T00:00:00Z")
    new = make_dataset(created_at="2026-11-02T00:00:00Z")
    make_dataset(created_at="2026-11-03T00:00:00Z", passed=False)
    for name in ("recovery-sft", "recovery-sft@latest", f"recovery-sft@{new.manifest.version[:6]}", str(new.folder)):
        assert datasets.find(project, name) == new


def test_latest_follows_the_pointer_that_export_leaves(project: Project, make_dataset: MakeDataset) -> None:
    old = make_dataset(created_at="2026-11-01T00:00:00Z")
    make_dataset(created_at="2026-11-02T00:00:00Z")
    (old.folder.parent / "latest").write_text(old.folder.name + "\n")
    assert datasets.find(project, "recovery-sft@latest") == old


def test_a_name_that_fits_nothing_says_what_there_is(project: Project, make_dataset: MakeDataset) -> None:
    make_dataset()
    with pytest.raises(UsageError, match="there is recovery-sft@latest"):
        datasets.find(project, "recovery-dpo")
    with pytest.raises(UsageError, match="no version fits"):
        datasets.find(project, "recovery-sft@zz")


@pytest.mark.parametrize("name", ["../recovery-sft", "..", ".", "no/such@latest"])
def test_a_name_is_never_a_way_out_of_the_datasets_folder(project: Project, name: str) -> None:
    with pytest.raises(UsageError):
        datasets.find(project, name)


def test_a_file_outside_of_the_folder_is_refused(make_dataset: MakeDataset) -> None:
    made = make_dataset()
    path = made.folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["files"]["train"]["path"] = "../../../secret.jsonl"
    path.write_text(json.dumps(manifest))
    with pytest.raises(UsageError, match="outside"):
        datasets.read(made.folder)


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"format": "reroute.dataset"}'])
def test_a_broken_manifest_is_named(make_dataset: MakeDataset, damage: str) -> None:
    made = make_dataset()
    (made.folder / "manifest.json").write_text(damage)
    with pytest.raises(UsageError, match=r"manifest\.json"):
        datasets.read(made.folder)


def test_a_manifest_of_a_newer_format_is_refused(make_dataset: MakeDataset) -> None:
    with pytest.raises(UsageError, match="version 2"):
        make_dataset(format_version=2)


def _meant(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The beginning of the dataset's name that a verb shows, or the error that it ends with."""
    try:
        app(list(arguments), standalone_mode=False)
    except RerouteError as error:
        return f"{error.exit_code} {error}"
    except SystemExit:
        pass
    return re.findall(r"recovery-sft@[0-9a-f]{8}", capsys.readouterr().out)[0]


@pytest.mark.parametrize(
    ("case", "name"),
    [
        ("nothing is there", "recovery-sft"),
        ("one that passed", "recovery-sft"),
        ("only one that failed", "recovery-sft@latest"),
        ("the pointer names an older one", "recovery-sft"),
        ("the pointer names one that is gone", "recovery-sft"),
        ("no version begins so", "recovery-sft@zz"),
        ("the manifest is broken", "recovery-sft"),
        ("the folder holds no manifest", "/"),
        ("the file lies outside", "recovery-sft"),
    ],
)
def test_show_and_preflight_find_the_same_or_fail_alike(
    case: str, name: str, project: Project, make_dataset: MakeDataset, capsys: pytest.CaptureFixture[str]
) -> None:
    (project.root / "reroute.toml").touch()
    if case != "nothing is there":
        made = make_dataset(created_at="2026-11-01T00:00:00Z", passed="failed" not in case)
        manifest = made.folder / "manifest.json"
    if "pointer" in case:
        make_dataset(created_at="2026-11-02T00:00:00Z")
        (made.folder.parent / "latest").write_text("0" * 16 if "gone" in case else made.folder.name)
    if "broken" in case:
        manifest.write_text("{")
    if "outside" in case:
        manifest.write_text(manifest.read_text().replace("train.jsonl", "../train.jsonl"))
    shown = _meant(capsys, "dataset", "show", name, "--rows", "0", "-C", str(project.root))
    assert shown == _meant(capsys, "dataset", "preflight", name, "-C", str(project.root))
