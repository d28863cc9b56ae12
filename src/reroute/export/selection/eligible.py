"""Which candidates may become rows at all: one rule a line, the first that speaks names the drop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reroute.export.candidates import Candidate, Drop, Recovery, drop
from reroute.export.recipe import Recipe
from reroute.export.rows.messages import TEXT_PROTOCOLS

if TYPE_CHECKING:
    import polars as pl


def eligible(candidates: Sequence[Candidate], recipe: Recipe) -> tuple[list[Candidate], list[Drop]]:
    """The candidates that the recipe admits, in their order, and a drop for each of the others."""
    import polars as pl

    table = frame(candidates)
    verdict = pl.coalesce(
        [pl.when(when).then(pl.concat_str(pl.lit(f"{name}\0"), why)) for name, when, why in _rules(recipe)]
    )
    verdicts = table.select(verdict.alias("verdict"))["verdict"].to_list() if candidates else []
    admitted = [c for c, verdict in zip(candidates, verdicts, strict=True) if verdict is None]
    pairs = [(c, v.split("\0", 1)) for c, v in zip(candidates, verdicts, strict=True) if v is not None]
    return admitted, [drop(candidate, rule, reason) for candidate, (rule, reason) in pairs]


def frame(candidates: Sequence[Candidate]) -> pl.DataFrame:
    """One row a candidate with what the rules read; nulls where a clean run has no episode."""
    import polars as pl

    rows = [(c.recovery is not None, c.run.format, c.run.outcome, c.run.task_id, *_of(c.recovery)) for c in candidates]
    schema = {
        "recovery": pl.Boolean, "format": pl.String, "run_outcome": pl.String, "task_id": pl.String,
        "kind": pl.String, "outcome": pl.String, "tier": pl.String, "is_failure": pl.Boolean, "label": pl.String,
        "keep": pl.Boolean,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def _of(r: Recovery | None) -> tuple[str | bool | None, ...]:
    return (r.kind, r.outcome, r.tier, r.is_failure, r.label, r.keep) if r else (None,) * 6


def _rules(recipe: Recipe) -> list[tuple[str, pl.Expr, pl.Expr]]:
    """(rule, when it drops, the reason) in order."""
    import polars as pl

    select, col, say = recipe.select, pl.col, pl.lit
    kind, recovered = col("kind"), col("outcome").is_in(select.outcomes)
    wrong_kind = kind.is_in(select.without_kinds) | (~kind.is_in(select.kinds) if select.kinds else say(value=False))
    return [
        ("held_out_task", col("task_id").is_in(select.held_out_tasks), say("the task belongs to an evaluation set")),
        ("no_clean_runs", ~col("recovery") & (select.clean_share == 0), say("the recipe takes no clean runs")),
        ("not_passed", ~col("recovery") & (col("run_outcome") != "pass"),
         pl.concat_str(say("a clean run must have passed; this one's outcome is "), col("run_outcome"))),
        ("graded_drop", ~col("keep"), say("a person said to drop it")),
        ("graded_no_failure", (col("label") == "grades") & ~col("is_failure"), say("a person said it is no failure")),
        ("graders_disagree", col("label") == "conflict", say("graders gave different answers")),
        ("not_recovered", col("recovery") & ~recovered, pl.concat_str(say("its outcome is "), col("outcome"))),
        ("kind_not_taken", wrong_kind, pl.concat_str(say("the recipe does not take "), kind)),
        ("text_protocol", (kind == "call.invalid") & col("format").is_in(list(TEXT_PROTOCOLS)),
         say("the format of a text reply, which tool calls do not have")),
        ("not_graded", col("recovery") & col("tier").is_null(), say("only weak signals, and no person has graded it")),
        ("tier_not_taken", col("recovery") & ~col("tier").is_in(select.tiers),
         pl.concat_str(say("the recipe does not take tier "), col("tier"))),
    ]  # fmt: skip
