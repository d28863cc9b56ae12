"""Which rows are taken: coverage first, within the caps, until the target is met."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from heapq import heapify, heappop, heappush
from math import floor

from reroute.export.candidates import Drop, drop
from reroute.export.recipe import Recipe
from reroute.export.rows.row import Row

Clash = Callable[[Row, Row], bool]


@dataclass
class _Tally:
    """What was taken so far."""

    coverage: Counter[tuple[str | None, ...]] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    tasks: Counter[str] = field(default_factory=Counter)
    templates: Counter[tuple[str | None, str]] = field(default_factory=Counter)
    environment: int = 0
    trained: set[tuple[str, int]] = field(default_factory=set)


@dataclass(frozen=True)
class _Caps:
    task: int
    template: int
    kind: int
    environment: int


def in_order(rows: Sequence[Row], seed: int) -> list[Row]:
    """Most wanted first: recoveries of tier A, of B, of C, then clean runs; ties by a hash of seed and candidate."""
    ties = [blake2b(f"{seed}\0{row.candidate.id}".encode(), digest_size=8).digest() for row in rows]
    return [row for _, _, row in sorted(zip(map(_tier, rows), ties, rows, strict=True), key=lambda one: one[:2])]


def choose(rows: Sequence[Row], recipe: Recipe, clash: Clash) -> tuple[list[Row], list[Drop]]:
    """The rows of the dataset and a drop for each row that was not taken; ``rows`` come as :func:`in_order` gives them.

    Recoveries come first, by tier and then by how little their (kind, tool, repair, site) is covered; clean runs fill
    their share of what that makes. ``clash`` says that a grader could take one row's answer for the other's.
    """
    recoveries = [row for row in rows if row.candidate.recovery]
    clean = [row for row in rows if not row.candidate.recovery]
    share = recipe.select.clean_share
    wanted = recipe.recoveries_wanted
    kinds = {row.candidate.recovery.kind for row in recoveries if row.candidate.recovery}
    limits = _Caps(
        task=recipe.select.per_task,
        template=recipe.select.per_template,
        kind=recipe.kind_cap(len(kinds)),
        environment=floor(recipe.select.environment_share * wanted),
    )
    tally = _Tally()
    taken, drops = _greedy(recoveries, wanted, limits, clash, tally)
    clean_wanted = round(len(taken) * share / (1 - share))
    limits = _Caps(recipe.select.per_task, clean_wanted, clean_wanted, clean_wanted)
    runs, more = _greedy(clean, clean_wanted, limits, clash, tally)
    return taken + runs, drops + more


def _greedy(
    rows: Sequence[Row], wanted: int, limits: _Caps, clash: Clash, tally: _Tally
) -> tuple[list[Row], list[Drop]]:
    """Take rows, the least covered of a tier first, until there are ``wanted``; what is taken is added to the tally.

    What is taken only raises the place of what is left, so a row that comes up too early goes back once more.
    """
    heap = [(_tier(row), 0, at) for at, row in enumerate(rows)]
    heapify(heap)
    taken: list[Row] = []
    drops: list[Drop] = []
    while heap:
        tier, covered, at = heappop(heap)
        row = rows[at]
        if tally.coverage[_coverage(row)] > covered:
            heappush(heap, (tier, tally.coverage[_coverage(row)], at))
            continue
        problem = _problem(row, tally, limits, wanted - len(taken))
        if problem is None and (other := next((one for one in taken if clash(row, one)), None)):
            text = f"the grader takes its answer for that of {other.candidate.id}, another task"
            problem = ("reference_not_distinct", text)
        if problem:
            drops.append(drop(row.candidate, *problem))
            continue
        taken.append(row)
        tally.coverage[_coverage(row)] += 1
        tally.tasks[row.candidate.run.task] += 1
        tally.trained |= row.trained_steps
        if recovery := row.candidate.recovery:
            tally.kinds[recovery.kind] += 1
            tally.templates[_template(row)] += 1
            tally.environment += recovery.cause == "environment"
    return taken, drops


def _problem(row: Row, tally: _Tally, limits: _Caps, room: int) -> tuple[str, str] | None:
    """The rule that keeps a row out, and the reason; a clean run has no kind, template or cause."""
    recovery, run = row.candidate.recovery, row.candidate.run
    rules = [
        (bool(row.trained_steps & tally.trained), "overlap", "another row of its run teaches the same reply"),
        (tally.tasks[run.task] >= limits.task, "cap_task", f"there are {limits.task} rows of its task already"),
    ]
    if recovery:
        templates, environment = tally.templates[_template(row)], recovery.cause == "environment"
        rules += [
            (templates >= limits.template, "cap_template",
             f"there are {limits.template} rows of its tool and error already"),
            (tally.kinds[recovery.kind] >= limits.kind, "cap_kind",
             f"there are {limits.kind} rows of {recovery.kind} already"),
            (environment and tally.environment >= limits.environment, "cap_environment",
             f"there are {limits.environment} rows of failing environments already"),
        ]  # fmt: skip
    rules.append((room <= 0, "target_met", "the dataset has the rows of this sort that the recipe asks for"))
    return next(((rule, reason) for broken, rule, reason in rules if broken), None)


def _template(row: Row) -> tuple[str | None, str]:
    recovery = row.candidate.recovery
    assert recovery is not None
    # Without a template nothing says that two errors are the same.
    return (recovery.failed_tool, recovery.error_template or row.row_id)


def _coverage(row: Row) -> tuple[str | None, ...]:
    recovery, run = row.candidate.recovery, row.candidate.run
    if recovery is None:
        return (run.format, run.group)
    return (recovery.kind, recovery.failed_tool, f"{recovery.episode_outcome} {recovery.repair_tool}", run.group)


def _tier(row: Row) -> str:
    recovery = row.candidate.recovery
    return (recovery.tier or "undecided") if recovery else "clean"
