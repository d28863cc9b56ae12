"""Faults of the endpoint: asked again where that helps, reported where it does not, and never a vote."""

from __future__ import annotations

import pytest

from reroute.errors import PartialFailure
from reroute.settings import Project

from .conftest import RUNS, Ask, rows
from .loopback import Endpoint, Json, Reply


@pytest.mark.parametrize(
    "reply",
    [
        Reply(status=429),
        Reply(status=429, headers={"retry-after": "0.2"}),
        Reply(status=500),
        Reply(status=503, raw=b"<html>busy</html>"),
        Reply(raw=b'{"id": "c-1", "choi'),
    ],
    ids=["429", "429 with Retry-After", "500", "503 as a page", "half a body"],
)
def test_a_passing_fault_is_asked_again(ask: Ask, endpoint: Endpoint, reply: Reply) -> None:
    endpoint.replies = [reply, reply]
    judged = ask()
    assert (judged.results, judged.faults) == ({"vote": RUNS}, ())
    assert len(endpoint.requests) == RUNS + 2


def test_a_request_that_times_out_is_asked_again_and_counted_at_its_worst(ask: Ask, endpoint: Endpoint) -> None:
    endpoint.replies = [Reply(delay=1.5)]
    judged = ask(timeout_seconds=0.5)
    assert judged.results == {"vote": RUNS}
    assert judged.spent.tokens > RUNS * 1_020 + 2_000


def test_an_endpoint_that_stays_down_is_left_alone_and_the_run_is_partial(
    ask: Ask, doubtful: Project, endpoint: Endpoint
) -> None:
    endpoint.refuses = lambda _: Reply(status=500)
    judged = ask()
    assert (judged.results, judged.left) == ({}, RUNS)
    assert len(endpoint.requests) == RUNS * 3
    with pytest.raises(PartialFailure, match=r"3 left: the endpoint failed.*answered 500"):
        judged.check()
    assert rows(doubtful, "from judge_votes") == []
    endpoint.refuses = lambda _: None
    assert ask(max_tokens=5_000_000).results == {"vote": RUNS}


@pytest.mark.parametrize(
    ("status", "code"),
    [(404, "model_not_found"), (401, "invalid_api_key"), (403, "forbidden"), (429, "insufficient_quota")],
)
def test_a_wrong_model_key_or_quota_is_found_out_by_one_request(
    ask: Ask, endpoint: Endpoint, status: int, code: str
) -> None:
    endpoint.refuses = lambda _: Reply(status=status, error={"message": "no such thing", "code": code})
    judged = ask(concurrency=4)
    assert (len(endpoint.requests), judged.asked, judged.left) == (1, 1, RUNS)
    with pytest.raises(PartialFailure, match=f"answered {status} {code}: no such thing"):
        judged.check()


def test_an_endpoint_without_strict_output_is_asked_for_json(ask: Ask, endpoint: Endpoint) -> None:
    def no_schema(body: Json) -> Reply | None:
        is_schema = body["response_format"]["type"] == "json_schema"  # type: ignore[index]
        return (
            Reply(status=400, error={"message": "response_format json_schema is not supported"}) if is_schema else None
        )

    endpoint.refuses = no_schema
    assert ask().results == {"vote": RUNS}
    assert [body["response_format"]["type"] for body in endpoint.requests] == [  # type: ignore[index]
        "json_schema", "json_schema", *["json_object"] * RUNS
    ]  # fmt: skip


def test_an_endpoint_with_the_older_limit_is_found_out(ask: Ask, endpoint: Endpoint) -> None:
    endpoint.refuses = lambda body: Reply(status=400) if "max_completion_tokens" in body else None
    assert ask().results == {"vote": RUNS}
    assert [("max_tokens" in body) for body in endpoint.requests] == [False] + [True] * RUNS


def test_an_endpoint_that_takes_nothing_but_text_is_asked_for_text(ask: Ask, endpoint: Endpoint) -> None:
    endpoint.refuses = lambda body: Reply(status=422) if "response_format" in body else None
    assert ask().results == {"vote": RUNS}


def test_a_request_that_is_refused_for_itself_does_not_stop_the_others(ask: Ask, endpoint: Endpoint) -> None:
    endpoint.replies = [Reply(), Reply(status=400, error={"message": "too long"})]
    judged = ask()
    assert (judged.results, judged.left) == ({"vote": RUNS - 1}, 1)
    assert ask().results == {"vote": 1}
