"""What was tagged is held against what was planted."""

from __future__ import annotations

from pathlib import Path

import pytest

from reroute.collect import collect
from reroute.errors import UsageError
from reroute.operate.known_answers import score
from reroute.operate.known_answers.answers import read_answers
from reroute.settings import Project
from reroute.shares import Share
from reroute.tag.tagging import tag
from reroute.terminal import demo
from reroute.terminal.output import put
from simulator import simulate


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("simulated")
    simulate(8, folder, seed=2)
    return folder


def test_before_tagging_nothing_is_found(project: Project, simulated: Path) -> None:
    collect(project, [simulated / "traces"], progress=False)
    _, answers = read_answers(simulated / "answers")
    found = score(project, simulated / "answers")
    assert (found.failures.recall.hits, found.failures.recall.n, found.unread) == (0, len(answers), 0)


def test_after_tagging_most_of_it_is_found(
    project: Project, simulated: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    collect(project, [simulated / "traces"], progress=False)
    tag(project)
    found = score(project, simulated / "answers")
    assert (found.failures.nominated.value or 0) > 0.7
    assert (found.exact_onset.value or 0) > 0.9
    put(demo.score(found))
    assert "false friends" in capsys.readouterr().out


def test_a_project_with_other_runs_cannot_be_scored(project: Project, simulated: Path) -> None:
    with pytest.raises(UsageError, match="none of its 8 runs is in the store"):
        score(project, simulated / "answers")


def test_a_folder_without_answers_is_named(project: Project, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Name the `answers` folder"):
        score(project, tmp_path)


def test_a_share_has_wilson_s_interval() -> None:
    low, high = Share(8, 10).interval
    assert (round(low, 3), round(high, 3)) == (0.49, 0.943)


def test_a_share_of_nothing_has_no_value() -> None:
    assert (Share(0, 0).value, str(Share(0, 0))) == (None, "-")
