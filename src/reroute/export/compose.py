"""From candidates to a draft: eligible, built as rows, without duplicates, chosen, split."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from reroute import tokens
from reroute.export import dialects, draft, gather
from reroute.export.candidates import Candidate, Drop
from reroute.export.draft import Draft
from reroute.export.gates.row_rules import Checker
from reroute.export.graders import grader
from reroute.export.recipe import Recipe
from reroute.export.rows import acceptable
from reroute.export.rows.build import Builder
from reroute.export.rows.row import Row
from reroute.export.selection import duplicates, select, yields
from reroute.export.selection.eligible import eligible
from reroute.progress import track
from reroute.settings import Project


def compose(project: Project, recipe: Recipe, everything: Sequence[Candidate]) -> Draft:
    """The dataset that these candidates of a project give by a recipe; nothing is written."""
    dialect = dialects.named(recipe.dialect)
    graded_by = grader.load(recipe.grader, project.root) if recipe.grader else None
    admitted, drops = eligible(everything, recipe)
    rows, more = _built(project, Checker(recipe, dialect, graded_by), admitted)
    drops += more
    wanted = select.in_order(rows, recipe.seed)
    unique, more = duplicates.without_duplicates(wanted, recipe.select.near_duplicate, dialect)
    drops += more
    items = {row.row_id: dialect.line(row) for row in unique} if graded_by else {}

    def clash(one: Row, other: Row) -> bool:
        """Whether the grader takes one row's answer for that of a row of another task, either way round."""
        if graded_by is None or one.candidate.run.task == other.candidate.run.task:
            return False
        return grader.confuses(graded_by, items[one.row_id], items[other.row_id])

    chosen, more = select.choose(unique, recipe, clash)
    drops += more
    made = draft.lines(chosen, recipe, dialect)
    return Draft(
        recipe=recipe,
        dialect=dialect,
        lines=tuple(made),
        drops=tuple(drops),
        candidates=len(everything),
        grader=graded_by,
        trials=tuple(grader.trials(graded_by, [(line.row.candidate.run.task, line.data) for line in made]))
        if graded_by
        else (),
        token_method=tokens.counter().method,
        note=yields.note(recipe, len(made), everything, drops),
    )


def _built(project: Project, checker: Checker, admitted: Sequence[Candidate]) -> tuple[list[Row], list[Drop]]:
    """A row that no rule refuses, or a drop, for each candidate; rows of one failure share what is acceptable."""
    runs = {candidate.run for candidate in admitted}
    builder = Builder(checker.recipe, checker.checked, tokens.counter(), gather.calls_seen(project, runs))
    of_run: dict[tuple[str, str], list[Candidate]] = defaultdict(list)
    for candidate in admitted:
        of_run[candidate.run.trajectory_id, candidate.run.version].append(candidate)
    found: list[Row | Drop] = []
    for run, steps, acts in track(gather.steps(project, runs), "building rows", len(runs)):
        mine = of_run[run.trajectory_id, run.version]
        found += [builder.row(replace(candidate, run=run), steps, acts) for candidate in mine]
    rows = [made for made in found if isinstance(made, Row)]
    shared = [
        row if row == alone else checker.checked(row)
        for row, alone in zip(acceptable.with_siblings(rows), rows, strict=True)
    ]
    drops = [made for made in (*found, *shared) if isinstance(made, Drop)]
    return [row for row in shared if isinstance(row, Row)], drops
