"""Lanes that share history."""

from __future__ import annotations

import polars as pl

from reroute.lanes import abandoned
from reroute.tag.features import forks, pairing, schema
from reroute.trace import Step

from .handmade import table


def _located() -> pl.DataFrame:
    steps = [
        Step(role="user", type="message", content="a"),
        Step(role="assistant", type="call", tool="t", content="b"),
        Step(role="user", type="message", content="c", lane="branch-1", forked_at=1),
        Step(role="user", type="message", content="d", lane="branch-2", forked_at=2),
        Step(role="assistant", type="call", tool="t", content="e", lane="branch-2"),
        Step(role="user", type="message", content="f", lane="agent-x", parent_step=4),
        Step(role="assistant", type="call", tool="t", content="g"),
        Step(role="user", type="message", content="h", lane="agent-y", forked_at=6),
        Step(role="user", type="message", content="i", lane="agent-z", forked_at=99),
    ]
    return pairing.located(pl.DataFrame(pl.from_arrow(table(steps))).select(schema.STEPS))


def test_a_lane_says_what_it_shares_and_whether_it_was_given_up() -> None:
    lanes = _located().unique("lane_key", keep="first", maintain_order=True)
    assert lanes.select("lane", "forked_from", "forked_step", "forked_after", "given_up").rows() == [
        ("main", None, None, None, False),
        ("branch-1", "main", 1, 1, True),
        ("branch-2", "branch-1", 2, 0, True),
        ("agent-x", None, None, None, True),
        ("agent-y", "main", 6, 2, False),
        ("agent-z", None, None, None, False),
    ]


def test_history_is_the_lanes_above_up_to_where_each_begins() -> None:
    frame = _located()
    keys = dict(frame.select("lane", "lane_key").rows())
    seen = forks.with_history(frame, [keys["branch-2"], keys["agent-y"]])
    texts = seen.group_by("lane_key", maintain_order=True).agg("content").rows()
    assert texts == [(keys["branch-2"], ["a", "b", "c", "d", "e"]), (keys["agent-y"], ["a", "b", "g", "h"])]


def test_a_lane_starts_from_the_nearest_calls_that_it_shares() -> None:
    frame = _located()
    keys = dict(frame.select("lane", "lane_key").rows())
    main = keys["main"]
    assert forks.starts(frame) == {keys["branch-1"]: (main, 1), keys["branch-2"]: (main, 1), keys["agent-y"]: (main, 2)}


def test_the_rules_and_the_rows_agree_about_which_lanes_were_abandoned() -> None:
    lanes_of = [
        ("main", None), ("branch-1", 0), ("agent-7", 0), ("agent-7-branch-1", 2), ("agent-8", 3), ("my-branch-tool", 0),
    ]  # fmt: skip
    steps = [
        Step(step=n, role="user", type="message", content="a", lane=lane, forked_at=at)
        for n, (lane, at) in enumerate(lanes_of)
    ]
    found = pairing.located(pl.DataFrame(pl.from_arrow(table(steps))).select(schema.STEPS))
    assert set(found.filter("given_up")["lane"]) == abandoned(steps) == {"branch-1", "agent-7-branch-1", "agent-8"}
