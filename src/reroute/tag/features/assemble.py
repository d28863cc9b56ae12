"""The columns of ``actions`` put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from reroute.tag.features import observations, pages, verdicts
from reroute.tag.features.lanes import Walk
from reroute.tag.features.rules import Rules
from reroute.tag.features.schema import actions_schema
from reroute.tag.features.targets import common_folder

if TYPE_CHECKING:
    import pyarrow as pa


def actions(found: pl.DataFrame, walked: Walk, sums: pl.DataFrame, said: pl.DataFrame, rules: Rules) -> pa.Table:
    """The table ``actions`` from observed calls, their facts, the sums of turns and what persons said."""
    frame = verdicts.judged(walked.joined(found, rules), walked.facts, rules)
    shown = frame.with_columns(result_content=pl.coalesce("page_body", "result_content"))
    frame = pages.alike(frame.with_columns(observations.hashes(shown, rules)), rules)
    frame = _common_paths(frame)
    frame = frame.join(said, on=["lane_key", "action"], how="left", maintain_order="left")
    frame = frame.join(sums, on=["lane_key", "turn"], how="left", maintain_order="left")
    frame = frame.with_columns(
        call_step=pl.col("step"),
        writes_targets=pl.col("written"),
        status=pl.col("result_status"),
        exit_code=pl.col("result_exit_code"),
        http_status=pl.col("result_http_status"),
        observation_chars=pl.col("observation_chars") - pl.col("cut_chars"),
        user_before=pl.col("user_tokens").is_not_null(),
        user_tokens=pl.col("user_tokens").fill_null([]),
    )
    schema = actions_schema()
    return frame.select(schema.names).to_arrow(compat_level=pl.CompatLevel.oldest()).cast(schema)


def _common_paths(frame: pl.DataFrame) -> pl.DataFrame:
    """Absolute and relative names of one file become the same target within a run."""
    absolute = pl.col("targets").list.eval(pl.element().str.starts_with("file:/")).list.any()
    mixed = frame.filter(absolute)["run"].unique()
    if not mixed.len():
        return frame
    named = frame.filter(pl.col("run").is_in(mixed.implode())).group_by("run", maintain_order=True)
    targets = named.agg(pl.col("targets").explode(empty_as_null=False))
    folders = {run: folder for run, names in targets.rows() if (folder := common_folder(names))}
    if not folders:
        return frame
    prefixes = pl.DataFrame({"run": list(folders), "prefix": [f"file:{folder}/" for folder in folders.values()]})
    frame = frame.with_row_index("place")
    rows = frame.select("place", "run", "targets", "written").join(prefixes, on="run", maintain_order="left")
    for name in ("targets", "written"):
        path, prefix = pl.col(name), pl.col("prefix")
        relative = pl.when(path.str.starts_with(prefix)).then("file:" + path.str.strip_prefix(prefix)).otherwise(path)
        alone = rows.select("place", "prefix", name).filter(path.list.len() > 0).explode(name)
        below = alone.group_by("place", maintain_order=True).agg(below=relative.unique(maintain_order=True))
        frame = frame.join(below, on="place", how="left", maintain_order="left")
        frame = frame.with_columns(pl.coalesce("below", name).alias(name)).drop("below")
    return frame.drop("place")
