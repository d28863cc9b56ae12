"""What must hold of a dataset: small frames of facts, and the expectations on them.

The facts are computed here, with Polars; the gates only compare. Every frame holds identifiers and numbers of ours and
never text of a trace, because the gates' page is HTML; what a row is refused for stands beside the frames.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from reroute.export.draft import Draft
from reroute.export.gates.row_rules import RULES, Checker, Repeats, titles
from reroute.export.graders import grader as graders
from reroute.safe_text import quoted

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


@dataclass(frozen=True)
class RowFacts:
    """A row of the frame ``rows``, which has besides one column a rule: how often that rule refuses the row."""

    row_id: str
    split: str
    split_group: str
    """First 16 hex digits of the SHA-256 of the group's name, since that name comes from a trace."""


@dataclass(frozen=True)
class GroupFacts:
    """A row of the frame ``groups``."""

    split_group: str
    """As in :class:`RowFacts`."""
    sides: int
    """Files in which the group has rows."""


@dataclass(frozen=True)
class Totals:
    """The one row of the frame ``totals``; all are counts."""

    candidates: int
    rows: int
    dropped: int
    unaccounted: int
    """Candidates that are neither a row nor dropped, or more than once either."""
    most_of_a_task: int
    """Rows of the task that has most."""
    over_kind_cap: int
    """Kinds that have more rows than their share of the target."""
    train_rows: int
    validation_rows: int
    grader_failures: int
    """Kinds of answers to which the grader gave a score that they must not have."""


def refused(draft: Draft) -> list[Refused]:
    """Everything that is wrong with rows of a draft: each alone in the order of lines, then groups, then the grader."""
    checker, repeats = Checker(draft.recipe, draft.dialect, draft.grader), Repeats()
    found = []
    sides: dict[str, set[str]] = {}
    for line in draft.lines:
        sides.setdefault(line.row.candidate.run.group, set()).add(line.split)
        problems = checker.problems(line.row, line.data)
        if repeated := repeats.problem(line.row, line.data):
            problems.append(repeated)
        found += [Refused(line.row.row_id, RULES[one.rule], one.rule, one.text) for one in problems]
    for line in draft.lines:
        if len(sides[group := line.row.candidate.run.group]) > 1:
            text = f"in {line.split}; the group {quoted(group)} is in {' and '.join(sorted(sides[group]))}"
            found.append(Refused(line.row.row_id, _ONE_SIDE, "group_on_both_sides", text))
    if draft.grader is None or not any(trial.case == "other" and trial.wrong for trial in draft.trials):
        return found
    tasks = [(line.row.candidate.run.task, line.data) for line in draft.lines]
    for at, line in enumerate(draft.lines):
        # The grader takes the reference of another task for this row's.
        confused = [one for one in graders.other_tries(draft.grader, tasks, at) if one.wrong]
        found += [Refused(line.row.row_id, _SELF_TEST, "reference_not_distinct", one.words) for one in confused]
    return found


def frames(draft: Draft, found: Sequence[Refused]) -> dict[str, pl.DataFrame]:
    """The facts: ``rows`` (:class:`RowFacts` and a column a rule), ``totals`` (one row of :class:`Totals`),
    ``groups`` (:class:`GroupFacts`).
    """
    import polars as pl

    rows, groups = [], dict[str, set[str]]()
    tasks, kinds = Counter[str](), Counter[str]()
    for line in draft.lines:
        row_id, run, recovery = line.row.row_id, line.row.candidate.run, line.row.candidate.recovery
        group = hashlib.sha256(run.group.encode()).hexdigest()[:16]
        groups.setdefault(group, set()).add(line.split)
        broken = [one.rule for one in found if one.row_id == row_id]
        rows.append(asdict(RowFacts(row_id, line.split, group)) | {rule: broken.count(rule) for rule in RULES})
        tasks[run.task] += 1
        kinds.update([recovery.kind] if recovery else [])
    limit = draft.recipe.kind_cap(len(kinds))
    accounted = {line.row.candidate.id for line in draft.lines} | {drop.candidate for drop in draft.drops}
    totals = Totals(
        candidates=draft.candidates,
        rows=len(draft.lines),
        dropped=len(draft.drops),
        unaccounted=abs(draft.candidates - len(draft.lines) - len(draft.drops))
        + abs(draft.candidates - len(accounted)),
        most_of_a_task=max(tasks.values(), default=0),
        over_kind_cap=sum(n > limit for n in kinds.values()),
        train_rows=len(draft.of("train")),
        validation_rows=len(draft.of("validation")),
        grader_failures=len(graders.failures(draft.trials)),
    )
    sides = [asdict(GroupFacts(group, len(splits))) for group, splits in sorted(groups.items())]
    return {
        "rows": pl.DataFrame(rows, infer_schema_length=None),
        "totals": pl.DataFrame([asdict(totals)]),
        "groups": pl.DataFrame(sides),
    }


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
