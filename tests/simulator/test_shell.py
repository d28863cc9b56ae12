"""The coding world: real commands, real tests, and scenes that do what their names say."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from simulator.shell import fixing, friends, leftovers, slips
from simulator.shell.play import STYLES, set_stage
from simulator.shell.projects import projects
from simulator.shell.stage import Stage
from simulator.shell.workshop import workshop
from simulator.tape import Tape

FORMATS = ("claude-code", *STYLES)


def play(format_name: str, *scenes: Callable[[Stage], None]) -> Stage:
    random = Random(3)
    with set_stage(random, Tape(random, "m", 1_772_438_400_000_000), format_name) as stage:
        for scene in scenes:
            scene(stage)
    return stage


@pytest.mark.parametrize("name", projects())
def test_each_flaw_can_be_mended_missed_and_made_worse(name: str) -> None:
    project = projects()[name]
    with workshop(project.furnished(), "/repo", Random(1)) as folder:
        source = folder.path(project.source)
        before = source.read_text("utf-8")
        red = {}
        for change in ("broken", "fixed", "wrong", "harmful"):
            source.write_text(before.replace(project.broken, getattr(project, change)), "utf-8")
            output = folder.run(project.check).output
            red[change] = {line for line in output.splitlines() if line.startswith(("FAIL:", "ERROR:"))}
    assert len(red["broken"]) == 1
    assert not red["fixed"]
    assert red["wrong"] >= red["broken"]
    assert red["harmful"] - red["broken"] == red["harmful"] != set()


@pytest.mark.parametrize("format_name", FORMATS)
def test_each_slip_leaves_one_answer(format_name: str) -> None:
    scenes = list(dict.fromkeys(slips.SLIPS))
    stage = play(format_name, *scenes)
    assert len(stage.agent.answers) == len(scenes)
    assert all(answer.recovery_step is not None for answer in stage.agent.answers)


@pytest.mark.parametrize("scene", dict.fromkeys(fixing.BADLY))
def test_each_bad_fix_leaves_one_answer(scene: Callable[[Stage], None]) -> None:
    assert len(play("mini-swe-agent", scene).agent.answers) == 1


@pytest.mark.parametrize("scene", dict.fromkeys(leftovers.LEFTOVERS))
def test_what_is_left_open_decides_how_the_run_ends(scene: Callable[[Stage], None]) -> None:
    stage = play("codex-cli", scene)
    assert stage.ending is not None
    assert stage.agent.answers[0].recovery_step is None


@pytest.mark.parametrize("format_name", FORMATS)
def test_false_friends_leave_no_answers(format_name: str) -> None:
    stage = play(format_name, *dict.fromkeys(friends.EARLY + friends.LATE))
    assert not stage.agent.answers
    assert len(stage.agent.friends) == len(set(friends.EARLY + friends.LATE))


def test_the_folder_s_real_place_is_never_shown() -> None:
    with workshop({"a.txt": "x"}, "/repo", Random(1)) as folder:
        assert folder.run("pwd; echo $HOME; ls /repo").output == "/repo\n/tmp\na.txt\n"


def test_programs_that_are_not_everywhere_are_nowhere() -> None:
    with workshop({}, "/repo", Random(1)) as folder:
        assert folder.run("rg x").code == 127


def test_the_files_name_one_port_wherever_the_service_listens() -> None:
    random = Random(3)
    with set_stage(random, Tape(random, "m", 0), "mini-swe-agent") as stage:
        assert stage.real_text("config/service.ini") == stage.project.furnished()["config/service.ini"]
        assert "wrote" in stage.workshop.run("python tools/refresh_rates.py").output
        assert "HTTP 401" in stage.workshop.run("python tools/refresh_rates.py --feed private").output


def test_compiling_leaves_nothing_in_the_folder() -> None:
    random = Random(3)
    with set_stage(random, Tape(random, "m", 0), "mini-swe-agent") as stage:
        assert stage.workshop.run(f"python -m compileall -q {stage.project.package}").code == 0
        assert stage.workshop.run("git add -A && git status --short").output == ""


def test_what_a_program_prints_changes_nothing_that_is_played() -> None:
    random = Random(3)
    with set_stage(random, Tape(random, "m", 0), "mini-swe-agent") as stage:
        before = random.getstate()
        assert " in 0.0" in stage.workshop.run("python -m unittest").output
        assert random.getstate() == before


def test_files_are_found_in_one_order_on_every_file_system() -> None:
    names = [f"notes/{word}.md" for word in ("owners", "metrics", "style", "hosting", "naming", "history")]
    for order in (names, names[::-1]):
        with workshop(dict.fromkeys(order, "Owner: a\nOwner: b\n"), "/repo", Random(1)) as folder:
            assert folder.run("find . -name '*.md'").output.splitlines() == [f"./{name}" for name in sorted(names)]
            found = folder.run("grep -rn Owner notes").output.splitlines()
        assert found == [f"{name}:{n}:Owner: {x}" for name in sorted(names) for n, x in ((1, "a"), (2, "b"))]


@pytest.mark.parametrize("name", projects())
def test_a_misquoted_passage_stands_nowhere_in_the_file(name: str) -> None:
    project = projects()[name]
    source = project.files[project.source]
    assert project.broken in source
    assert [passage for passage in fixing.misquoted(project.broken) if passage in source] == []


@pytest.mark.parametrize("name", projects())
def test_a_slip_of_syntax_does_not_compile(name: str) -> None:
    project = projects()[name]
    source = project.files[project.source]
    compile(source.replace(project.broken, project.fixed), "fixed", "exec")
    with pytest.raises(SyntaxError):
        compile(source.replace(project.broken, fixing.slip(project.fixed)), "slip", "exec")
