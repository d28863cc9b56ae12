"""What must hold of a dataset: small frames of facts, and the expectations on them.

The facts are computed here, with Polars; the gates only compare. Every frame holds identifiers and numbers of ours and
never text of a trace, because the gates' page is HTML.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reroute.export import grader as graders
from reroute.export import select
from reroute.export.draft import Draft, Line
from reroute.export.structure import problems

if TYPE_CHECKING:
    import polars as pl

Value = float | int | str | list[str] | None


@dataclass(frozen=True)
class Expectation:
    """One expectation: Great Expectations' name of it, the frame and column, and the arguments."""

    title: str
    frame: str
    kind: str
    column: str
    arguments: Mapping[str, Value] = field(default_factory=dict)


def frames(draft: Draft) -> dict[str, pl.DataFrame]:
    """The facts: ``rows`` (one a row), ``totals`` (one row), ``groups`` (one a split group)."""
    import polars as pl

    rows = pl.DataFrame([_row(draft, line) for line in draft.lines], infer_schema_length=None)
    groups = rows.group_by("split_group").agg(pl.col("split").n_unique().alias("sides")).sort("split_group")
    return {"rows": rows.drop("kind"), "totals": pl.DataFrame([_totals(draft, rows)]), "groups": groups}


def expectations(draft: Draft) -> list[Expectation]:
    """Everything that is expected of this draft."""
    recipe = draft.recipe
    zero = {"min_value": 0, "max_value": 0}
    found = [
        Expectation("every row has its own id", "rows", "ExpectColumnValuesToBeUnique", "row_id"),
        Expectation("every row comes from a trajectory", "rows", "ExpectColumnValuesToNotBeNull", "trajectory_id"),
        Expectation("no line repeats another", "rows", "ExpectColumnValuesToBeUnique", "line_sha256"),
        Expectation("every line is a conversation that the dialect takes", "rows", "ExpectColumnValuesToBeBetween",
                    "problems", zero),
        Expectation("no row is too long", "rows", "ExpectColumnValuesToBeBetween", "tokens",
                    {"min_value": 1, "max_value": recipe.max_tokens}),
        Expectation("every row is of a tier that the recipe takes", "rows", "ExpectColumnValuesToBeInSet", "tier",
                    {"value_set": [*recipe.select.tiers, "clean"]}),
        Expectation("no task group stands on both sides of the split", "groups", "ExpectColumnValuesToBeBetween",
                    "sides", {"min_value": 1, "max_value": 1}),
        Expectation("rows and dropped are all candidates, each once", "totals", "ExpectColumnValuesToBeBetween",
                    "unaccounted", zero),
        Expectation("no task has more rows than the recipe allows", "totals", "ExpectColumnValuesToBeBetween",
                    "most_of_a_task", {"min_value": 1, "max_value": recipe.select.per_task}),
        Expectation("no kind fills more than its share of the target", "totals", "ExpectColumnValuesToBeBetween",
                    "over_kind_cap", zero),
        Expectation("there is something to train on", "totals", "ExpectColumnValuesToBeBetween", "train_rows",
                    {"min_value": 1, "max_value": None}),
    ]  # fmt: skip
    return found + _of_method(draft) + _of_dialect(draft)


def _of_method(draft: Draft) -> list[Expectation]:
    if draft.recipe.method == "sft":
        return [Expectation("every row trains at least one reply", "rows", "ExpectColumnValuesToBeBetween", "trained",
                            {"min_value": 1, "max_value": None})]  # fmt: skip
    return [
        Expectation("the grader passes its self-test", "totals", "ExpectColumnValuesToBeBetween", "grader_failures",
                    {"min_value": 0, "max_value": 0}),
        Expectation("every reference scores 1", "totals", "ExpectColumnValuesToBeBetween", "reference_lowest",
                    {"min_value": 1, "max_value": 1}),
    ]  # fmt: skip


def _of_dialect(draft: Draft) -> list[Expectation]:
    if not draft.dialect.NEEDS_VALIDATION:
        return []
    title = f"{draft.dialect.NAME} needs a validation file"
    return [Expectation(title, "totals", "ExpectColumnValuesToBeBetween", "validation_rows",
                        {"min_value": 1, "max_value": None})]  # fmt: skip


def _row(draft: Draft, line: Line) -> dict[str, str | int | None]:
    import hashlib

    row, run, recovery = line.row, line.row.candidate.run, line.row.candidate.recovery
    return {
        "row_id": row.row_id,
        "trajectory_id": run.trajectory_id,
        "line_sha256": hashlib.sha256(line.encoded).hexdigest(),
        "split": line.split,
        "split_group": hashlib.sha256(run.group.encode()).hexdigest()[:16],
        "tier": recovery.tier if recovery else "clean",
        "kind": recovery.kind if recovery else None,
        "tokens": row.tokens,
        "trained": row.trained,
        "problems": len(problems(line.data, draft.recipe.method, draft.dialect)),
    }


def _totals(draft: Draft, rows: pl.DataFrame) -> dict[str, float | int]:
    import polars as pl

    of_task = [row.candidate.run.task for row in (line.row for line in draft.lines)]
    recoveries = [line.row for line in draft.lines if line.row.candidate.recovery]
    wanted = max(1, round(draft.recipe.target * (1 - draft.recipe.select.clean_share)))
    limit = select.caps(recoveries, wanted, draft.recipe).kind
    kinds = rows.filter(pl.col("kind").is_not_null()).group_by("kind").len()
    accounted = {line.row.candidate.id for line in draft.lines} | {drop.candidate for drop in draft.drops}
    reference = next((trial.lowest for trial in draft.trials if trial.case == "reference"), 0.0)
    return {
        "candidates": draft.candidates,
        "rows": len(draft.lines),
        "dropped": len(draft.drops),
        "unaccounted": abs(draft.candidates - len(draft.lines) - len(draft.drops))
        + abs(draft.candidates - len(accounted)),
        "most_of_a_task": max((of_task.count(task) for task in set(of_task)), default=0),
        "over_kind_cap": kinds.filter(pl.col("len") > limit).height,
        "train_rows": len(draft.of("train")),
        "validation_rows": len(draft.of("validation")),
        "grader_failures": len(graders.failures(draft.trials)),
        "reference_lowest": reference,
    }
