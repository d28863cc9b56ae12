"""The columns of ``actions`` put together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING

import polars as pl

from reroute.tag.features import observations, pages, verdicts
from reroute.tag.features.lanes import Walk
from reroute.tag.features.notes import WORD
from reroute.tag.features.rules import Rules
from reroute.tag.features.schema import FACTS, actions_schema, build_frame

if TYPE_CHECKING:
    import pyarrow as pa

_PREFIX = "file:"
_MAX_PATHS = 100  # of each sort that vote


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
    length, limit = int(rules.thresholds["tokens_text"]), int(rules.thresholds["tokens_max"])
    cells: dict[str, Sequence[object]] = {
        "printed": [fact.content for fact in facts],
        "expected": [sorted(fact.expected) for fact in facts],
        "text": [fact.text[:length] for fact in facts],
    }
    table = build_frame(FACTS, [cells.get(name) or list(map(attrgetter(name), facts)) for name, _, _ in FACTS])
    words = pl.col("text").str.to_lowercase().str.extract_all(WORD)
    table = table.with_columns(tokens=words.list.unique(maintain_order=True).list.head(limit)).drop("text")
    frame = found.with_columns(
        pl.Series("fact", walked.index, dtype=pl.UInt32),
        pl.Series("own_script", walked.own_script, dtype=pl.Boolean),
        pl.Series("control", walked.control, dtype=pl.Boolean),
    )
    frame = frame.hstack(table[frame["fact"]] if table.height else table)
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
