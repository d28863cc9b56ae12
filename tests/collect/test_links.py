"""Links to folders are followed once, or named with the reason; nothing is listed twice, and no circle is endless."""

from __future__ import annotations

from pathlib import Path

import pytest

from reroute.collect import collect
from reroute.collect.sources import FolderSource, PassedBy, SourceFile, chosen
from reroute.look import look
from reroute.settings import Project, Settings, SourceSettings


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A source of two files, beside a folder of one."""
    for name in ("in/a.jsonl", "in/sub/b.jsonl", "out/deep/c.jsonl"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    return tmp_path / "in"


def listed(place: Path, **given: Path) -> tuple[list[str], dict[str, str]]:
    """The names of the files, and why what was passed by was."""
    found = list(FolderSource("s", place, base=place, **given).files())
    files = [one.name for one in found if isinstance(one, SourceFile)]
    return files, {one.name: one.reason for one in found if isinstance(one, PassedBy)}


def test_a_link_out_of_the_source_is_followed_under_its_own_name(place):
    (place / "link").symlink_to(place.parent / "out")
    assert listed(place) == (["a.jsonl", "link/deep/c.jsonl", "sub/b.jsonl"], {})


@pytest.mark.parametrize("target", [".", "..", "sub", "sub/../sub"])
def test_a_link_into_the_source_or_to_a_parent_of_it_lists_nothing_twice(place, target):
    (place / "a-link").symlink_to(target)
    files, passed_by = listed(place)
    assert files == ["a.jsonl", "sub/b.jsonl"]
    assert list(passed_by) == ["a-link"]


def test_a_link_to_a_folder_that_it_lies_in_says_so(place):
    (place / "sub/up").symlink_to("..")
    assert listed(place)[1] == {"sub/up": "a link to a folder that it lies in"}


def test_two_links_to_one_folder_are_followed_once(place):
    for name in ("one", "two"):
        (place / name).symlink_to(place.parent / "out")
    (place / "three").symlink_to("one")
    files, passed_by = listed(place)
    assert files == ["a.jsonl", "one/deep/c.jsonl", "sub/b.jsonl"]
    assert passed_by == dict.fromkeys(["three", "two"], "a link to a folder that is listed by another name")


def test_links_that_lead_to_each_other_end(place):
    (place / "out").symlink_to(place.parent / "out")
    (place.parent / "out/back").symlink_to(place)
    (place.parent / "out/self").symlink_to(".")
    (place.parent / "out/beside").symlink_to(place.parent)
    files, passed_by = listed(place)
    assert files == ["a.jsonl", "out/deep/c.jsonl", "sub/b.jsonl"]
    assert passed_by.keys() == {"out/back", "out/self", "out/beside"}


def test_a_folder_of_the_source_that_a_link_leads_around_to_is_listed_once(place):
    other = place.parent.with_name(f"{place.parent.name}-beside")
    other.mkdir()
    (other / "all").symlink_to(place.parent)
    (place / "link").symlink_to(other)
    files, passed_by = listed(place)
    assert passed_by == {"link/all/in": "a link to a folder that is listed by another name"}
    assert sorted(file.rpartition("/")[2] for file in files) == ["a.jsonl", "b.jsonl", "c.jsonl"]


def test_a_target_that_is_hidden_where_it_lies_is_read_through_its_link(place):
    (place / ".store").mkdir()
    (place / ".store/d.jsonl").write_text("x")
    (place / "link").symlink_to(".store")
    assert listed(place) == (["a.jsonl", "link/d.jsonl", "sub/b.jsonl"], {".store": "hidden"})


def test_the_data_of_the_project_is_no_source_however_it_is_linked(place):
    data = place.parent / "out"
    (place / "link").symlink_to(data)
    (place / "into").symlink_to(data / "deep")
    files, passed_by = listed(place, skip=data)
    assert files == ["a.jsonl", "sub/b.jsonl"]
    assert set(passed_by.values()) == {"a link into the data of this project"}


def test_a_part_of_a_source_lists_what_the_whole_would(place):
    (place / "sub/link").symlink_to(place.parent / "out")
    (place / "sub/other").symlink_to(place / "third")
    (place / "third").mkdir()
    (place / "third/d.jsonl").write_text("x")
    project = Project(place.parent, Settings(sources=[SourceSettings(name="s", path="in")]))
    names = [
        {file.name for file in source.files() if isinstance(file, SourceFile)}
        for paths in (None, [place / "sub"])
        for source in chosen(project, paths)
    ]
    assert names[1] == {name for name in names[0] if name.startswith("sub/")}


def test_a_dangling_link_is_a_problem_and_the_others_are_read(project, place, make, write):
    write(place / "a.jsonl", make("r1", "one"))
    (place / "gone").symlink_to(place / "nowhere")
    done = collect(project, [place])
    assert done.new == 1
    assert [("gone" in problem, "No such file" in problem) for problem in done.problems] == [(True, True)]


def test_look_and_collect_name_a_link_that_is_not_followed(project, place, make, write):
    write(place / "a.jsonl", make("r1", "one"))
    (place / "again").symlink_to("sub")
    reason = "a link to a folder that is listed by another name"
    assert look([place]).passed_by[reason] == ["again"]
    assert collect(project, [place]).passed_by[reason] == ["in/again"]


def test_a_socket_is_named_and_not_opened(place):
    import os

    os.mkfifo(place / "pipe")
    assert listed(place) == (["a.jsonl", "sub/b.jsonl"], {"pipe": "neither a file nor a folder"})
