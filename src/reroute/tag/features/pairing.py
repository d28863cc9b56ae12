"""From steps to actions: which result belongs to which call, in which lane, with which number."""

from __future__ import annotations

import polars as pl

from reroute.tag.features.forks import forked

_RESULT = ("content", "status", "exit_code", "http_status", "approval", "approved_by")


def located(steps: pl.DataFrame) -> pl.DataFrame:
    """The steps with ``row``, ``run`` (one number a trajectory version), ``lane_key`` (one a lane, in order of first
    appearance), ``actions_before`` (calls of the lane before the row) and ``schema.FORKS``, sorted by lane and step.
    """
    keys = ["trajectory_id", "version"]
    by_agent = (pl.col("type") == "call") & (pl.col("role") != "user")  # a person may have tools too
    frame = steps.with_row_index("row").with_columns(
        pl.col("row").cast(pl.Int64), run=pl.struct(keys).rle_id().cast(pl.Int64), is_call=by_agent
    )
    if frame.height and frame["lane"].n_unique() > 1:
        frame = frame.with_columns(lane_key=pl.col("row").min().over("run", "lane")).sort("lane_key", "row")
    else:
        frame = frame.with_columns(lane_key=pl.col("row") - pl.col("step"))
    counted = pl.col("is_call").cum_sum().over("lane_key") - pl.col("is_call")
    return forked(frame.with_columns(actions_before=counted.cast(pl.Int32)))


def actions(frame: pl.DataFrame) -> pl.DataFrame:
    """One row a call, with its result's columns as ``result_*`` and its number ``action`` inside the lane.

    A result belongs to the call that it states, else to the last before it with its call id or, without one, the last.
    Where a later step states how a call ended, that step is its result, and what it says is no result of the call that
    asked for it.
    """
    calls = frame.filter("is_call")
    results = frame.filter(pl.col("type") == "result").select(
        "row", "run", "lane_key", "call_id", "parent_step", pl.col("step").alias("result_step"), *_RESULT
    )
    pairs = [results.filter(pl.col("parent_step").is_not_null())]
    orphans = results.filter(pl.col("parent_step").is_null()).sort("row")
    for known in (True, False) if orphans.height else ():
        part = orphans.filter(pl.col("call_id").is_not_null() == known).drop("parent_step")
        by = ["run", "call_id"] if known else ["run", "lane_key"]
        keys = calls.select("row", *by, pl.col("step").alias("parent_step")).sort("row")
        paired = part.join_asof(keys, on="row", by=by, strategy="backward", check_sortedness=False)
        pairs.append(paired.filter(pl.col("parent_step").is_not_null()).select(orphans.columns))
    first = pl.concat(pairs).sort("row").unique(["run", "parent_step"], keep="first", maintain_order=True)
    first = _ended(first, frame)
    stated = [pl.col(name).alias(f"result_{name}") for name in _RESULT]
    paired = first.select("run", pl.col("parent_step").alias("step"), "result_step", *stated)
    joined = calls.join(paired, on=["run", "step"], how="left", maintain_order="left")
    asked = frame.filter((pl.col("type") == "approval") & pl.col("parent_step").is_not_null())
    approvals = asked.group_by("run", pl.col("parent_step").alias("step"), maintain_order=True).agg(
        row_approval=pl.col("approval").last(),  # the last word of the rows that name the call
        row_approved_by=pl.col("approved_by").last(),
    )
    joined = joined.join(approvals, on=["run", "step"], how="left", maintain_order="left")
    return joined.drop("content", "status", "exit_code", "http_status").with_columns(
        action=pl.col("actions_before"),
        sibling=pl.int_range(pl.len(), dtype=pl.Int32).over("lane_key", "turn"),
        approval=pl.coalesce("result_approval", "row_approval", "approval"),
        approved_by=pl.coalesce("result_approved_by", "row_approved_by", "approved_by"),
    )


def _ended(first: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    """The first result of each call, replaced by the last step that states how the call ended.

    A step that ends another call is an empty result of its own: the last look at a long command did not fail.
    """
    endings = frame.filter(pl.col("ends_call").is_not_null())
    if not endings.height:
        return first
    stated = ("row", "run", "lane_key", "call_id", "ends_call", pl.col("step").alias("result_step"), *_RESULT)
    last = endings.select(stated).rename({"ends_call": "parent_step"})
    last = last.unique(["run", "parent_step"], keep="last", maintain_order=True)
    ends = endings.select("run", result_step="step", ended="ends_call")
    own = first.join(ends, on=["run", "result_step"], how="left", maintain_order="left")
    looked = (pl.col("ended") != pl.col("parent_step")).fill_null(value=False)
    own = own.with_columns(
        pl.when(~looked).then(pl.col("content", "exit_code", "http_status")),
        status=pl.when(looked).then(pl.lit("unknown")).otherwise("status"),
    ).select(first.columns)
    known = own.select(
        "run", "parent_step", known_content="content", known_approval="approval", known_approver="approved_by"
    )
    last = last.join(known, on=["run", "parent_step"], how="left", maintain_order="left").with_columns(
        content=pl.coalesce("content", "known_content"),
        approval=pl.coalesce("approval", "known_approval"),
        approved_by=pl.coalesce("approved_by", "known_approver"),
    )
    rest = own.join(last, on=["run", "parent_step"], how="anti")
    return pl.concat([rest, last.select(first.columns)]).sort("row")


def turn_sums(frame: pl.DataFrame) -> pl.DataFrame:
    """Tokens and cost of each lane before and through each of its turns (``schema.TURNS``)."""
    tokens = pl.sum_horizontal("input_tokens", "output_tokens", ignore_nulls=True).cast(pl.Int64)
    stated = pl.any_horizontal(pl.col("input_tokens", "output_tokens").is_not_null())
    turns = (
        frame.select("lane_key", "turn", cost=pl.col("cost_usd"), tokens=pl.when(stated).then(tokens))
        .group_by("lane_key", "turn", maintain_order=True)
        .agg(pl.when(pl.col(name).count() > 0).then(pl.col(name).sum()) for name in ("tokens", "cost"))
    )
    sums = {}
    for name in ("tokens", "cost"):
        through = pl.col(name).cum_sum().forward_fill().over("lane_key")
        sums[f"{name}_before"] = through.shift(1).over("lane_key")
        sums[f"{name}_through"] = through
    return turns.select("lane_key", "turn", **sums)
