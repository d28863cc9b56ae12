"""Lanes that share history: what was said and seen in a branch before it began lies in another lane."""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

from reroute.lanes import BRANCH
from reroute.tag.features.schema import FORKS, polars_schema


def forked(frame: pl.DataFrame) -> pl.DataFrame:
    """Located steps with ``schema.FORKS``, the same in every step of a lane."""
    first = frame.filter(pl.int_range(pl.len()).over("lane_key") == 0)
    if not first.filter(pl.col("forked_at").is_not_null() | pl.col("lane").str.contains(BRANCH)).height:
        return frame.with_columns(pl.lit(value, kind).alias(name) for (name, kind), value in _PLAIN)
    places = frame.select(
        "run", step="step", into="lane", into_key="lane_key", before="actions_before", is_call="is_call"
    )
    above = first.select("run", "lane", "lane_key", "forked_at", step=pl.coalesce("forked_at", "parent_step"))
    above = above.join(places, on=["run", "step"], how="left", maintain_order="left")
    main = dict(first.filter(pl.col("lane") == "main").select("run", "lane_key").rows())
    given_up: set[int] = set()
    for run, lane_key, lane, forked_at, into_key in above.select(
        "run", "lane_key", "lane", "forked_at", "into_key"
    ).rows():
        # A run that was begun anew has branches before its main path.
        left = forked_at is not None or lane_key < main.get(run, frame.height)
        if (left and re.search(BRANCH, lane)) or into_key in given_up:
            given_up.add(lane_key)  # a lane comes after the one that it leaves
    shares = pl.col("forked_at").is_not_null() & (pl.col("into_key") < pl.col("lane_key"))  # so there is no ring
    lanes = above.select(
        "lane_key",
        forked_from=pl.when(shares).then("into"),
        forked_key=pl.when(shares).then("into_key"),
        forked_step=pl.when(shares).then("forked_at"),
        forked_after=pl.when(shares).then(pl.col("before") + pl.col("is_call").cast(pl.Int32)),
        given_up=pl.col("lane_key").is_in(list(given_up)),
    )
    return frame.join(lanes, on="lane_key", how="left", maintain_order="left")


def with_history(frame: pl.DataFrame, lanes: Sequence[int]) -> pl.DataFrame:
    """The steps of ``lanes``, before those of a lane that shares history the steps above it that it shares.

    They have the ``lane_key`` of the lane that they were copied for.
    """
    parents = _parents(frame)
    own = frame.filter(pl.col("lane_key").is_in(list(lanes)))
    copies = [
        frame.filter((pl.col("lane_key") == above) & (pl.col("step") <= through)).with_columns(
            lane_key=pl.lit(lane, pl.Int64)
        )
        for lane in lanes
        for above, through, _ in _history(lane, parents)
    ]
    return pl.concat([own, *copies]).sort("lane_key", "row") if copies else own


def starts(frame: pl.DataFrame) -> dict[int, tuple[int, int]]:
    """Of each lane that shares calls: the lane that it leaves, and after how many calls of that lane."""
    parents = _parents(frame)
    found = {}
    for lane in parents:
        shared = [(above, calls) for above, _, calls in _history(lane, parents) if calls]
        if shared:
            found[lane] = shared[0]
    return found


_Parents = dict[int, tuple[int, int, int]]


def _parents(frame: pl.DataFrame) -> _Parents:
    linked = frame.filter(pl.col("forked_key").is_not_null())
    rows = linked.select("lane_key", "forked_key", "forked_step", "forked_after").unique(maintain_order=True).rows()
    return {lane: (above, step, calls) for lane, above, step, calls in rows}


def _history(lane: int, parents: _Parents) -> list[tuple[int, int, int]]:
    """The lanes above one, nearest first, each with the last step that it shares and the calls up to it."""
    found: list[tuple[int, int, int]] = []
    while lane in parents:
        found.append(parents[lane])
        lane = found[-1][0]
    return found


_PLAIN = tuple(((name, kind), False if name == "given_up" else None) for name, kind in polars_schema(FORKS).items())
