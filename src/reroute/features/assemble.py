"""The columns of ``actions`` put together."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import polars as pl

from reroute.features import observations, roots, verdicts
from reroute.features.facts import Facts
from reroute.features.lanes import Walk
from reroute.features.notes import WORD
from reroute.features.rules import Rules
from reroute.features.schema import actions_schema

if TYPE_CHECKING:
    import pyarrow as pa

_PLAIN = ("family", "program", "external", "writes", "probe", "query", "any_status", "trusted", "signature",
          "check_id", "check_kind", "check_script")  # fmt: skip
_LISTS = ("targets", "written", "slots", "expected")


def actions(found: pl.DataFrame, walked: Walk, sums: pl.DataFrame, said: pl.DataFrame, rules: Rules) -> pa.Table:
    """The table ``actions`` from observed calls, their facts, the sums of turns and what persons said."""
    frame = _with_facts(found, walked, rules)
    frame = verdicts.judged(frame, walked.facts, rules)
    frame = frame.with_columns(observations.hashes(frame, rules))
    frame = _common_paths(frame)
    frame = frame.join(said, on=["lane_key", "action"], how="left", maintain_order="left")
    first = pl.col("sibling") == 0
    frame = frame.drop("input_tokens", "output_tokens", "cost_usd").join(
        sums, on=["lane_key", "turn"], how="left", maintain_order="left"
    )
    frame = frame.with_columns(
        call_step=pl.col("step"),
        writes_targets=pl.col("written"),
        status=pl.col("result_status"),
        exit_code=pl.col("result_exit_code"),
        http_status=pl.col("result_http_status"),
        user_before=pl.col("user_tokens").is_not_null(),
        user_tokens=pl.col("user_tokens").fill_null([]),
        **{name: pl.when(first).then(pl.col(name)) for name in ("input_tokens", "output_tokens", "cost_usd")},
    )
    schema = actions_schema()
    return frame.select(schema.names).to_arrow(compat_level=pl.CompatLevel.oldest()).cast(schema)


def _with_facts(found: pl.DataFrame, walked: Walk, rules: Rules) -> pl.DataFrame:
    """One row an action with its facts; a test that the agent wrote and runs as a script is no check."""
    table = _table(walked.facts, rules)
    index = pl.Series("fact", walked.index, dtype=pl.UInt32)
    own = pl.Series("own_script", walked.own_script, dtype=pl.Boolean)
    frame = found.with_columns(index, own, pl.Series("control", walked.control, dtype=pl.Boolean))
    frame = frame.hstack(table[index] if table.height else table)
    demoted = pl.col("check_script") & pl.col("own_script")
    return frame.with_columns(
        family=pl.when(demoted).then(pl.lit("shell")).otherwise(pl.col("family")),
        check_id=pl.when(~demoted).then(pl.col("check_id")),
        check_kind=pl.when(~demoted).then(pl.col("check_kind")),
        last=pl.col("turn") == pl.col("turn").last().over("lane_key"),
    )


def _table(facts: list[Facts], rules: Rules) -> pl.DataFrame:
    text, limit = int(rules.thresholds["tokens_text"]), int(rules.thresholds["tokens_max"])
    schema = dict.fromkeys(("family", "program", "signature", "check_id", "check_kind"), pl.String)
    plain = [
        pl.Series(name, [getattr(fact, name) for fact in facts], dtype=schema.get(name, pl.Boolean)) for name in _PLAIN
    ]
    kinds = {"expected": pl.List(pl.Int32)}
    plain.append(pl.Series("printed", [fact.content for fact in facts], dtype=pl.Boolean))
    lists = [
        pl.Series(name, [list(getattr(fact, name)) for fact in facts], dtype=kinds.get(name, pl.List(pl.String)))
        for name in _LISTS
    ]
    words = pl.Series("text", [fact.text[:text] for fact in facts], dtype=pl.String).str.to_lowercase()
    tokens = words.str.extract_all(WORD).list.unique(maintain_order=True).list.head(limit)
    return pl.DataFrame([*plain, *lists, tokens.alias("tokens")])


def _common_paths(frame: pl.DataFrame) -> pl.DataFrame:
    """Absolute and relative names of one file become the same target within a run."""
    by_run: dict[int, list[str]] = defaultdict(list)
    runs = frame["run"].to_list()
    targets = frame["targets"].to_list()
    for run, names in zip(runs, targets, strict=True):
        by_run[run].extend(names)
    folders = {run: folder for run, names in by_run.items() if (folder := roots.root(names))}
    if not folders:
        return frame
    written = frame["written"].to_list()
    for at, run in enumerate(runs):
        folder = folders.get(run)
        if folder:
            targets[at] = roots.under(targets[at], folder)
            written[at] = roots.under(written[at], folder)
    kind = pl.List(pl.String)
    return frame.with_columns(
        pl.Series("targets", targets, dtype=kind).list.unique(maintain_order=True),
        pl.Series("written", written, dtype=kind).list.unique(maintain_order=True),
    )
