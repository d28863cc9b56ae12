"""Datasets: recipe -> candidates -> rows -> gates -> a folder that a provider will take.

Each arrow is a module of this package. :mod:`reroute.export.compose` makes a draft; this file says what becomes of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from reroute.errors import GateFailed, NothingToExport

if TYPE_CHECKING:
    from reroute.export.draft import Draft
    from reroute.settings import Project


SHOWN = 5
"""Refused rows that an error names."""


@dataclass(frozen=True)
class Exported:
    """The result of an export."""

    recipe: str
    version: str
    folder: Path | None
    """None for a dry run."""
    candidates: int
    rows: int
    train: int
    validation: int
    dropped: dict[str, int]
    """Rule -> candidates that it left out."""
    passed: bool
    unchanged: bool
    note: str
    """The yield in one sentence."""

    def line(self) -> str:
        """The result in one line."""
        state = "dry run" if self.folder is None else "unchanged" if self.unchanged else "written"
        rows = f"{self.rows} rows ({self.train} train, {self.validation} validation)"
        return f"{self.recipe} {self.version[:8]}: {rows} of {self.candidates} candidates, {state}"


def export(project: Project, recipe: str, *, dry_run: bool = False) -> Exported:
    """Make the dataset of a recipe (a name, or a path to a TOML file); the same again changes no byte.

    Raises ConfigError for a wrong recipe, GateFailed where a gate does not hold (then there are no row files), and
    NothingToExport where there is no row.
    """
    from reroute.export import gather, record
    from reroute.export import recipe as recipes
    from reroute.export.compose import compose
    from reroute.export.graders import grader

    plan = recipes.load(recipe, project.root)
    source = grader.load(plan.grader, project.root).source if plan.grader else ""
    candidates = gather.candidates(project)
    inputs = record.inputs(plan, source, candidates)
    last = None if dry_run else record.last(project, plan.name)
    if last is not None and last.inputs == inputs:
        return _again(project, plan.name, last.version)
    draft = compose(project, plan, candidates)
    if dry_run:
        return _exported(draft, None, unchanged=False)
    if not draft.lines:
        raise NothingToExport(_nothing(draft))
    return _finish(project, draft, inputs)


def _finish(project: Project, draft: Draft, inputs: str) -> Exported:
    """Put a draft through the gates and write its folder, or find the folder that its rows have already."""
    from reroute.export import folder, manifest, record
    from reroute.export.gates import expectations as gates
    from reroute.export.gates import facts as checks
    from reroute.export.graders import grader

    name = draft.recipe.name
    target = folder.of(project.datasets, name, draft.version, passed=True)
    if unchanged := target.is_dir():
        record.to_store(project, draft, folder.manifest_of(target), target)
        folder.renew_ledger(target, draft)
    else:
        refused = checks.refused(draft)
        verdict = gates.check(
            f"{name} {draft.version}", checks.frames(draft, refused), checks.expectations(draft), refused
        )
        failed = () if verdict.passed else (*verdict.failed, *grader.failures(draft.trials))
        result = manifest.GateResult(datetime.now(UTC), verdict.passed, failed, verdict.checked, tuple(refused))
        data = manifest.manifest(draft, result)
        target = folder.of(project.datasets, name, draft.version, passed=verdict.passed)
        folder.write(target, draft, data, verdict.page)
        record.to_store(project, draft, data, target)
    passed = not target.name.endswith(".failed")
    if passed:
        folder.point(project.datasets, name, draft.version)
    # Last, so that what was interrupted before is gone through once more.
    record.remember(project, name, record.Remembered(inputs, draft.version, passed))
    return _exported(draft, target, unchanged=unchanged) if passed else _again(project, name, draft.version)


def _again(project: Project, recipe: str, version: str) -> Exported:
    """The result of the last export, from its folder; a failed one fails again and names the first refused rows."""
    from reroute import datasets

    found = datasets.find(project, f"{recipe}@{version}")
    gates, counts = found.manifest.gates, found.manifest.counts
    if not found.manifest.passed:
        rows = [f"  row {one.row_id}, {one.rule}: {one.text}" for one in gates.rows[:SHOWN]]
        rows += [f"  and {len(gates.rows) - SHOWN} more"] if len(gates.rows) > SHOWN else []
        shown = "\n".join(["", *rows, ""]) if rows else ""
        raise GateFailed(
            f"Exporting {recipe} {version}: gates failed and no row file was left: {'; '.join(gates.failed)}."
            f"{shown} The page {found.folder / 'gates.html'} shows each."
        )
    return Exported(
        recipe=recipe, version=version, folder=found.folder, candidates=counts.candidates, rows=counts.rows,
        train=counts.train, validation=counts.validation, dropped=counts.dropped, passed=True, unchanged=True,
        note=found.manifest.note,
    )  # fmt: skip


def _exported(draft: Draft, target: Path | None, *, unchanged: bool) -> Exported:
    return Exported(
        recipe=draft.recipe.name, version=draft.version, folder=target, candidates=draft.candidates,
        rows=len(draft.lines), train=len(draft.of("train")), validation=len(draft.of("validation")),
        dropped=draft.dropped, passed=target is not None, unchanged=unchanged, note=draft.note,
    )  # fmt: skip


def _nothing(draft: Draft) -> str:
    """Why a draft has no rows: the rules that left candidates out, and a case of the most frequent one."""
    name = draft.recipe.name
    if not draft.candidates:
        return f"Exporting {name}: the store holds no trajectories. Run `reroute collect` and `reroute tag` first."
    rules = ", ".join(f"{rule} {n}" for rule, n in draft.dropped.items())
    first = next(one for one in draft.drops if one.rule == next(iter(draft.dropped)))
    return (
        f"Exporting {name}: none of {draft.candidates} candidates became a row ({rules}). "
        f"A case of {first.rule}: {first.reason}. "
        f"`reroute export {name} --dry-run --json` lists the rules; {draft.note}"
    )
