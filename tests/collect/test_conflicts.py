"""Two records of one session that contradict each other: both are kept, and one of them is current."""

from __future__ import annotations

import pytest

from reroute.collect import collect


def session(name: str, ended: int | None, messages: int) -> list[dict[str, object]]:
    """A session with an id that all share; ``ended`` is the second of its messages, None where no time is stated."""
    said = [f"{name} says {number}" for number in range(messages)]
    return [
        {"type": "user", "uuid": f"{name}-{number}", "sessionId": "same", "message": {"role": "user", "content": text}}
        | ({} if ended is None else {"timestamp": f"2026-03-01T10:00:{ended:02}.000Z"})
        for number, text in enumerate(said)
    ]


@pytest.mark.parametrize(
    ("first", "second", "current"),
    [
        pytest.param((20, 2), (10, 5), "a", id="the first ended later"),
        pytest.param((10, 5), (20, 2), "b", id="the second ended later"),
        pytest.param((10, 3), (10, 2), "a", id="both ended at once and the first is longer"),
        pytest.param((10, 2), (10, 3), "b", id="both ended at once and the second is longer"),
        pytest.param((10, 2), (None, 3), "a", id="only the first states its end"),
        pytest.param((None, 3), (10, 2), "b", id="only the second states its end"),
        pytest.param((None, 3), (None, 2), "a", id="neither states its end and the first is longer"),
        pytest.param((None, 2), (None, 3), "b", id="neither states its end and the second is longer"),
    ],
)
def test_the_one_that_ended_later_is_current_or_else_the_longer_one(
    project, tmp_path, write, ask, *, first, second, current
):
    for name, facts in [("a", first), ("b", second)]:
        done = collect(project, [write(tmp_path / f"{name}.jsonl", *session(name, *facts))])
    assert len(done.conflicts) == 1
    assert ask(project, "select path from trajectories where is_current") == [(f"{current}.jsonl",)]
    assert ask(project, "select count(*) from trajectories where conflict") == [(2,)]
