"""``reroute judge``, as it is typed."""

from __future__ import annotations

import json

import pytest
from click.testing import Result
from typer.testing import CliRunner

from reroute.cli import app
from reroute.errors import PartialFailure
from reroute.settings import Project
from reroute.tag import episodes

from .conftest import RUNS, asking, rows
from .loopback import Endpoint, Reply


@pytest.fixture
def configured(doubtful: Project, endpoint: Endpoint) -> Project:
    """The project with its judge in reroute.toml."""
    given = asking(doubtful, endpoint).settings.judge.model_dump(exclude_none=True, exclude={"retries"})
    lines = [f"{name} = {json.dumps(value)}" for name, value in given.items()]
    (doubtful.root / "reroute.toml").write_text("\n".join(["[judge]", *lines, "retries = 0"]))
    return doubtful


def typed(project: Project, *words: str) -> Result:
    return CliRunner().invoke(app, ["judge", *words, "-C", str(project.root)], catch_exceptions=False)


@pytest.mark.parametrize("words", [[], ["--dry-run"], ["--dry-run", "--yes"]])
def test_nothing_is_sent_without_a_yes(configured: Project, endpoint: Endpoint, words: list[str]) -> None:
    text = typed(configured, *words).output
    assert f"{RUNS} doubtful episodes to ask about" in text
    assert "price unknown" in text
    assert endpoint.requests == []


def test_with_a_yes_the_votes_are_there_and_published(configured: Project) -> None:
    assert json.loads(typed(configured, "--yes", "--json").stdout)["results"] == {"vote": RUNS}
    assert len(rows(configured, "from judge_votes")) == RUNS
    assert list(configured.published.glob("*/judge_votes.parquet"))
    assert json.loads(typed(configured, "--dry-run", "--json").stdout)["asks"] == 0


def test_a_failing_endpoint_ends_with_exit_code_3(configured: Project, endpoint: Endpoint) -> None:
    endpoint.refuses = lambda _: Reply(status=404, error={"message": "no such model", "code": "model_not_found"})
    with pytest.raises(PartialFailure) as partial:
        typed(configured, "--yes")
    assert partial.value.exit_code == 3


def test_a_request_can_be_read_before_it_is_sent(configured: Project, endpoint: Endpoint) -> None:
    text = typed(configured, "--prompt", episodes.load(configured)[0].episode_id).output
    assert "THE ACTION IN QUESTION" in text
    assert "would be sent" in text
    assert endpoint.requests == []


def test_quality_without_grades_says_that_there_is_none(configured: Project) -> None:
    assert "n = 0" in typed(configured, "--quality").output
    assert json.loads(typed(configured, "--quality", "--json").stdout) == []
