"""Which candidates may become rows at all: one rule a line, the first that speaks names the drop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from reroute.export.candidates import Candidate, Drop, drop
from reroute.export.recipe import Recipe
from reroute.export.rows.messages import TEXT_PROTOCOLS

if TYPE_CHECKING:
    import polars as pl

COLUMNS: Mapping[str, type] = {
    "recovery": bool,  # whether the candidate is an episode; a clean run has nulls in what is the episode's
    "format": str,  # of the run's source
    "run_outcome": str,  # pass, fail or unknown
    "is_copy": bool,  # it begins with another run's history
    "task_id": str,
    "kind": str,
    "episode_outcome": str,  # with grades applied
    "tier": str,  # A, B or C; null: not recovered, or nobody has decided
    "is_failure": bool,  # null: only weak signals, and no person has said
    "label": str,  # who decided: rules, grades, or conflict where graders disagree
    "keep": bool,  # a person's answer to whether it should be trained on
}
"""What the rules read of a candidate, a row each; nulls where a clean run has no episode."""


def eligible(candidates: Sequence[Candidate], recipe: Recipe) -> tuple[list[Candidate], list[Drop]]:
    """The candidates that the recipe admits, in their order, and a drop for each of the others."""
    import polars as pl

    rows = []
    for candidate in candidates:
        run, recovery = candidate.run, candidate.recovery
        row: dict[str, str | bool | None] = {
            "recovery": recovery is not None, "format": run.format, "run_outcome": run.run_outcome,
            "task_id": run.task_id, "is_copy": run.is_copy,
        }  # fmt: skip
        if recovery:
            row |= {
                "kind": recovery.kind, "episode_outcome": recovery.episode_outcome, "tier": recovery.tier,
                "is_failure": recovery.is_failure, "label": recovery.label, "keep": recovery.keep,
            }  # fmt: skip
        rows.append(row)
    verdict = pl.coalesce(
        [pl.when(when).then(pl.concat_str(pl.lit(f"{name}\0"), why)) for name, when, why in _rules(recipe)]
    )
    table = pl.DataFrame(rows, schema=COLUMNS)
    verdicts = table.select(verdict.alias("verdict"))["verdict"].to_list() if candidates else []
    admitted = [c for c, verdict in zip(candidates, verdicts, strict=True) if verdict is None]
    pairs = [(c, v.split("\0", 1)) for c, v in zip(candidates, verdicts, strict=True) if v is not None]
    return admitted, [drop(candidate, rule, reason) for candidate, (rule, reason) in pairs]


def _rules(recipe: Recipe) -> list[tuple[str, pl.Expr, pl.Expr]]:
    """(rule, when it drops, the reason) in order."""
    import polars as pl

    select, col, say = recipe.select, pl.col, pl.lit
    kind, recovered = col("kind"), col("episode_outcome").is_in(select.outcomes)
    wrong_kind = kind.is_in(select.without_kinds) | (~kind.is_in(select.kinds) if select.kinds else say(value=False))
    return [
        ("held_out_task", col("task_id").is_in(select.held_out_tasks), say("the task belongs to an evaluation set")),
        ("copied_run", ~col("recovery") & col("is_copy"),
         say("another run has its beginning too, and is trained for both")),
        ("no_clean_runs", ~col("recovery") & (select.clean_share == 0), say("the recipe takes no clean runs")),
        ("not_passed", ~col("recovery") & (col("run_outcome") != "pass"),
         pl.concat_str(say("a clean run must have passed; this one's outcome is "), col("run_outcome"))),
        ("graded_drop", ~col("keep"), say("a person said to drop it")),
        ("graded_no_failure", (col("label") == "grades") & ~col("is_failure"), say("a person said it is no failure")),
        ("graders_disagree", col("label") == "conflict", say("graders gave different answers")),
        ("not_recovered", col("recovery") & ~recovered, pl.concat_str(say("its outcome is "), col("episode_outcome"))),
        ("kind_not_taken", wrong_kind, pl.concat_str(say("the recipe does not take "), kind)),
        ("text_protocol", (kind == "call.invalid") & col("format").is_in(list(TEXT_PROTOCOLS)),
         say("the format of a text reply, which tool calls do not have")),
        ("not_graded", col("recovery") & col("tier").is_null(), say("only weak signals, and no person has graded it")),
        ("tier_not_taken", col("recovery") & ~col("tier").is_in(select.tiers),
         pl.concat_str(say("the recipe does not take tier "), col("tier"))),
    ]  # fmt: skip
