"""The columns of ``actions`` put together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from operator import attrgetter

import polars as pl
import pyarrow as pa

from reroute.tag.features import observations, pages, verdicts
from reroute.tag.features.columns import column, texts
from reroute.tag.features.lanes import Walk
from reroute.tag.features.notes import WORD
from reroute.tag.features.rules import Rules
from reroute.tag.features.schema import actions_schema

_PLAIN = ("family", "program", "external", "writes", "probe", "query", "any_status", "trusted", "signature",
          "check_id", "check_kind", "check_script")  # fmt: skip
_PREFIX = "file:"
_MAX_PATHS = 100  # of each sort that vote
_LISTS = ("targets", "written", "slots")
_TYPES = dict.fromkeys(("family", "program", "signature", "check_id", "check_kind"), pa.string())


def actions(found: pl.DataFrame, walked: Walk, sums: pl.DataFrame, said: pl.DataFrame, rules: Rules) -> pa.Table:
    """The table ``actions`` from observed calls, their facts, the sums of turns and what persons said."""
    frame = _with_facts(found, walked, rules)
    frame = verdicts.judged(frame, walked.facts, rules)
    shown = frame.with_columns(result_content=pl.coalesce("page_body", "result_content"))
    frame = pages.alike(frame.with_columns(observations.hashes(shown, rules)), rules)
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
        observation_chars=pl.col("observation_chars") - pl.col("cut_chars"),
        user_before=pl.col("user_tokens").is_not_null(),
        user_tokens=pl.col("user_tokens").fill_null([]),
        **{name: pl.when(first).then(pl.col(name)) for name in ("input_tokens", "output_tokens", "cost_usd")},
    )
    schema = actions_schema()
    return frame.select(schema.names).to_arrow(compat_level=pl.CompatLevel.oldest()).cast(schema)


def _with_facts(found: pl.DataFrame, walked: Walk, rules: Rules) -> pl.DataFrame:
    """One row an action with its facts; a test that the agent wrote and runs as a script is no check."""
    facts = walked.facts
    text, limit = int(rules.thresholds["tokens_text"]), int(rules.thresholds["tokens_max"])
    plain = [column(name, list(map(attrgetter(name), facts)), _TYPES.get(name, pa.bool_())) for name in _PLAIN]
    plain.append(column("printed", [fact.content for fact in facts], pa.bool_()))
    lists = [column(name, list(map(attrgetter(name), facts)), texts()) for name in _LISTS]
    codes = column("expected", [sorted(fact.expected) for fact in facts], pa.list_(pa.int32()))
    words = column("text", [fact.text[:text] for fact in facts], pa.string()).str.to_lowercase()
    tokens = words.str.extract_all(WORD).list.unique(maintain_order=True).list.head(limit)
    table = pl.DataFrame([*plain, *lists, codes, tokens.alias("tokens")])
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


def _common_paths(frame: pl.DataFrame) -> pl.DataFrame:
    """Absolute and relative names of one file become the same target within a run."""
    absolute = pl.col("targets").list.eval(pl.element().str.starts_with("file:/")).list.any()
    mixed = frame.filter(absolute)["run"].unique()
    if not mixed.len():
        return frame
    named = frame.filter(pl.col("run").is_in(mixed.implode())).group_by("run", maintain_order=True)
    targets = named.agg(pl.col("targets").explode(empty_as_null=False))
    folders = {run: folder for run, names in targets.rows() if (folder := _root(names))}
    if not folders:
        return frame
    prefixes = pl.DataFrame({"run": list(folders), "prefix": [f"file:{folder}/" for folder in folders.values()]})
    rows = (
        frame.select("run", "targets", "written")
        .with_row_index("place")
        .join(prefixes, on="run", maintain_order="left")
    )
    changed = [_below(rows, name) for name in ("targets", "written")]
    for names in changed:
        frame = frame.with_row_index("place").join(names, on="place", how="left", maintain_order="left").drop("place")
    return frame.with_columns(
        pl.coalesce("targets_below", "targets").alias("targets"),
        pl.coalesce("written_below", "written").alias("written"),
    ).drop("targets_below", "written_below")


def _below(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """A column of paths with those below ``prefix`` made relative to it, each once; rows without any are left out."""
    path, prefix = pl.col(name), pl.col("prefix")
    relative = pl.when(path.str.starts_with(prefix)).then("file:" + path.str.strip_prefix(prefix)).otherwise(path)
    alone = rows.select("place", "prefix", name).filter(path.list.len() > 0).explode(name)
    return alone.group_by("place", maintain_order=True).agg(relative.unique(maintain_order=True).alias(f"{name}_below"))


def _root(targets: Iterable[str]) -> str | None:
    """The folder below which absolute targets look most like relative ones; None where there is none."""
    paths = dict.fromkeys(target[len(_PREFIX) :] for target in targets if target.startswith(_PREFIX))
    absolute = [path + "/" for path in paths if path.startswith("/")][:_MAX_PATHS]
    relative = [path for path in paths if path[0] not in "/~." and len(path) > 2][:_MAX_PATHS]
    if not absolute or not relative:
        return None
    known = {
        "/".join(pieces[:n]) for path in relative for pieces in [path.split("/")] for n in range(1, len(pieces) + 1)
    }
    votes: Counter[str] = Counter()
    for path in absolute:
        pieces = path.split("/")
        for index in range(2, len(pieces) - 1):
            shared = 0
            while index + shared < len(pieces) - 1 and "/".join(pieces[index : index + shared + 1]) in known:
                shared += 1
            if shared:
                votes["/".join(pieces[:index])] += shared
    best = min(votes.items(), key=lambda item: (-item[1], len(item[0])), default=("", 0))
    return best[0] or None
