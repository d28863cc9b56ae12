"""Names and places of sources: no two of them are taken for one, and none is read twice without a word."""

from __future__ import annotations

import pytest

from reroute import settings
from reroute.collect import collect
from reroute.errors import ConfigError, UsageError
from reroute.settings import Project, Settings, SourceSettings


def configured(root, *sources: tuple[str, str]) -> Project:
    return Project(root, Settings(sources=[SourceSettings(name=name, path=path) for name, path in sources]))


def test_two_sources_of_one_name_are_refused_and_both_are_named(tmp_path):
    text = "".join(
        f'[[sources]]\nname = "{name}"\npath = "{path}"\n' for name, path in (("a", "x"), ("b", "z"), ("a", "y"))
    )
    (tmp_path / "reroute.toml").write_text(text)
    with pytest.raises(ConfigError, match=r"reroute\.toml: .*number 1 \(x\) and number 3 \(y\).*name `a`") as refused:
        settings.load(tmp_path)
    assert refused.value.exit_code == 2


def test_names_that_differ_in_case_alone_are_two_sources(tmp_path, make, write, ask):
    for folder, results in (("x", ["one"]), ("y", ["two", "three"])):
        write(tmp_path / folder / "log.jsonl", make("r1", *results))
    project = configured(tmp_path, ("a", "x"), ("A", "y"))
    assert (collect(project).new, collect(project).files_unchanged) == (2, 2)
    assert ask(project, "select source, steps from trajectories where is_current order by 1") == [("A", 5), ("a", 3)]


def test_given_folders_with_one_file_name_in_each_lose_no_step(project, tmp_path, make, write, ask):
    folders = [tmp_path / "in/a", tmp_path / "in/b", tmp_path.parent / f"{tmp_path.name}-beside"]
    for number, folder in enumerate(folders):
        write(folder / "log.jsonl", make(f"r{number}", *["x"] * (number + 1)), make(None, *["y"] * (number + 4)))
    assert collect(project, folders).new == 6
    assert collect(project, folders).files_unchanged == 3
    assert ask(project, "select count(*)::int, sum(steps)::int from trajectories where is_current") == [(6, 48)]


def test_a_given_path_is_not_taken_for_a_configured_source_of_its_name(tmp_path, make, write):
    write(tmp_path / "x/log.jsonl", make("r1", "one"))
    write(tmp_path / "log.jsonl", make("r1", "two"))
    project = configured(tmp_path, ("files", "x"))
    assert collect(project, [tmp_path / "x"]).new == 1
    with pytest.raises(UsageError, match="another source of that name"):
        collect(project, [tmp_path / "log.jsonl"])


@pytest.mark.parametrize(
    ("sources", "given"),
    [
        ([("one", "x"), ("two", "x")], None),
        ([("one", "."), ("two", "x")], None),
        ([("one", "x/log.jsonl"), ("two", "x")], ["x"]),
        ([("two", "x")], ["."]),
    ],
)
def test_one_folder_under_two_names_is_said(tmp_path, make, write, capsys, *, sources, given):
    write(tmp_path / "x/log.jsonl", make("r1", "one"))
    done = collect(configured(tmp_path, *sources), given and [tmp_path / path for path in given])
    (warning,) = done.doubled
    assert "`two`" in warning
    assert warning in capsys.readouterr().err
    done.check()


def test_folders_apart_are_not_said_to_be_one(tmp_path, make, write):
    for name in "xy":
        write(tmp_path / name / "log.jsonl", make(name, "one"))
    assert collect(configured(tmp_path, ("one", "x"), ("two", "y"))).doubled == []
