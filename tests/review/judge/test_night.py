"""The judge at night: silent where it is off, and no reason for the others to stop where it fails."""

from __future__ import annotations

import pytest

from reroute import pipeline
from reroute.errors import ConfigError, PartialFailure
from reroute.settings import JudgeSettings, Project

from .conftest import asking, rows
from .loopback import Endpoint, Reply


def test_it_comes_after_tagging_and_before_review() -> None:
    names = list(pipeline.STAGES)
    assert names.index("tag") < names.index("judge") < names.index("review")


def test_it_is_off_unless_somebody_switches_it_on() -> None:
    assert JudgeSettings().enabled is False


def test_switched_off_it_says_and_does_nothing(
    doubtful: Project, endpoint: Endpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    night = pipeline.Night()
    night.record("judge", pipeline.ask_judge(asking(doubtful, endpoint)))
    assert (night.finished, night.failed, endpoint.requests) == ({}, {}, [])
    assert capsys.readouterr() == ("", "")
    assert rows(doubtful, "from judge_requests") == []


def test_switched_on_it_says_what_came_of_it(doubtful: Project, endpoint: Endpoint) -> None:
    assert pipeline.ask_judge(asking(doubtful, endpoint, enabled=True)).startswith("3 asked: 3 votes; 3,060 tokens")


def test_an_endpoint_that_fails_makes_the_night_partial_and_no_more(doubtful: Project, endpoint: Endpoint) -> None:
    endpoint.refuses = lambda _: Reply(status=401, error={"message": "who are you", "code": "invalid_api_key"})
    night = pipeline.Night()
    with pytest.raises(PartialFailure) as partial:
        pipeline.ask_judge(asking(doubtful, endpoint, enabled=True))
    night.record("judge", partial.value)
    with pytest.raises(PartialFailure, match="judge: the judge did not answer everything") as end:
        night.check()
    assert end.value.exit_code == 3


def test_without_a_key_the_night_is_partial_and_says_which_is_missing(doubtful: Project, endpoint: Endpoint) -> None:
    settings = {"enabled": True, "base_url": "https://judge.example/v1", "api_key_env": "NO_SUCH_KEY"}
    night = pipeline.Night()
    with pytest.raises(ConfigError) as missing:
        pipeline.ask_judge(asking(doubtful, endpoint, **settings))
    night.record("judge", missing.value)
    with pytest.raises(PartialFailure, match="NO_SUCH_KEY is not set"):
        night.check()
