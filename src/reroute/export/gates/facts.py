"""What must hold of a dataset: small frames of facts, and the expectations on them.

The facts are computed here, with Polars; the gates only compare. Every frame holds identifiers and numbers of ours and
never text of a trace, because the gates' page is HTML; what a row is refused for stands beside the frames.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reroute.export.draft import Draft, Line
from reroute.export.gates.row_rules import RULES, Checker, Repeats, titles
from reroute.export.gates.structure import quoted
from reroute.export.graders import grader as graders
from reroute.export.selection import select

if TYPE_CHECKING:
    import polars as pl

Value = float | int | str | list[str] | None
_ONE_SIDE = "no task group stands on both sides of the split"
_SELF_TEST = "the grader passes its self-test"


@dataclass(frozen=True)
class Expectation:
    """One expectation: Great Expectations' name of it, the frame and column, and the arguments."""

    title: str
    frame: str
    kind: str
    column: str
    arguments: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Refused:
    """A row that a gate refuses: the gate's title, the rule, and words that quote the text at fault."""

    row_id: str
    gate: str
    rule: str
    text: str


def refused(draft: Draft) -> list[Refused]:
    """Everything that is wrong with single rows of a draft, in the order of its lines."""
    checker, repeats = Checker(draft.recipe, draft.dialect, draft.grader), Repeats()
    found = []
    for line in draft.lines:
        problems = checker.problems(line.row, line.data)
        if repeated := repeats.problem(line.row, line.data):
            problems.append(repeated)
        found += [Refused(line.row.row_id, RULES[one.rule], one.rule, one.text) for one in problems]
    return [*found, *_on_both_sides(draft.lines), *_confused(draft)]


def frames(draft: Draft, found: Sequence[Refused]) -> dict[str, pl.DataFrame]:
    """The facts: ``rows`` (one a row, with the times that each rule refuses it), ``totals`` (one row), ``groups``
    (one a split group).
    """
    import polars as pl

    rows = pl.DataFrame([_row(line, found) for line in draft.lines], infer_schema_length=None)
    groups = rows.group_by("split_group").agg(pl.col("split").n_unique().alias("sides")).sort("split_group")
    return {"rows": rows.drop("kind"), "totals": pl.DataFrame([_totals(draft, rows)]), "groups": groups}


def expectations(draft: Draft) -> list[Expectation]:
    """Everything that is expected of this draft."""
    recipe = draft.recipe
    between, zero = "ExpectColumnValuesToBeBetween", {"min_value": 0, "max_value": 0}
    of_rows = [Expectation(title, "rows", between, rule, zero) for rule, title in titles(recipe.method).items()]
    of_grader = [Expectation(_SELF_TEST, "totals", between, "grader_failures", zero)]
    validation = f"{draft.dialect.NAME} needs a validation file"
    of_dialect = [Expectation(validation, "totals", between, "validation_rows", {"min_value": 1, "max_value": None})]
    return [
        *of_rows,
        Expectation(_ONE_SIDE, "groups", between, "sides", {"min_value": 1, "max_value": 1}),
        Expectation("rows and dropped are all candidates, each once", "totals", between, "unaccounted", zero),
        Expectation("no task has more rows than the recipe allows", "totals", between, "most_of_a_task",
                    {"min_value": 1, "max_value": recipe.select.per_task}),
        Expectation("no kind fills more than its share of the target", "totals", between, "over_kind_cap", zero),
        Expectation("there is something to train on", "totals", between, "train_rows",
                    {"min_value": 1, "max_value": None}),
        *(of_grader if draft.grader else []),
        *(of_dialect if draft.dialect.NEEDS_VALIDATION else []),
    ]  # fmt: skip


def _on_both_sides(lines: Sequence[Line]) -> Iterator[Refused]:
    sides: dict[str, set[str]] = {}
    for line in lines:
        sides.setdefault(line.row.candidate.run.group, set()).add(line.split)
    for line in lines:
        if len(sides[group := line.row.candidate.run.group]) > 1:
            text = f"in {line.split}; the group {quoted(group)} is in {' and '.join(sorted(sides[group]))}"
            yield Refused(line.row.row_id, _ONE_SIDE, "group_on_both_sides", text)


def _confused(draft: Draft) -> Iterator[Refused]:
    """Rows whose grader takes the reference of another task for theirs."""
    if draft.grader is None or not any(trial.case == "other" and trial.wrong for trial in draft.trials):
        return
    lines = [(line.row.candidate.run.task, line.data) for line in draft.lines]
    for at, line in enumerate(draft.lines):
        for one in graders.other_tries(draft.grader, lines, at):
            if one.wrong:
                yield Refused(line.row.row_id, _SELF_TEST, "reference_not_distinct", one.words)


def _row(line: Line, found: Sequence[Refused]) -> dict[str, str | int | None]:
    import hashlib

    row, run, recovery = line.row, line.row.candidate.run, line.row.candidate.recovery
    broken = [one.rule for one in found if one.row_id == row.row_id]
    return {
        "row_id": row.row_id,
        "split": line.split,
        "split_group": hashlib.sha256(run.group.encode()).hexdigest()[:16],
        "kind": recovery.kind if recovery else None,
        **{rule: broken.count(rule) for rule in RULES},
    }


def _totals(draft: Draft, rows: pl.DataFrame) -> dict[str, float | int]:
    import polars as pl

    of_task = [row.candidate.run.task for row in (line.row for line in draft.lines)]
    recoveries = [line.row for line in draft.lines if line.row.candidate.recovery]
    wanted = max(1, round(draft.recipe.target * (1 - draft.recipe.select.clean_share)))
    limit = select.caps(recoveries, wanted, draft.recipe).kind
    kinds = rows.filter(pl.col("kind").is_not_null()).group_by("kind").len()
    accounted = {line.row.candidate.id for line in draft.lines} | {drop.candidate for drop in draft.drops}
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
    }
