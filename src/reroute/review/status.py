"""How far review is: what waits, what came back, how far people agree with each other and with the rules."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reroute.review.agreement import Agreement, agreement
from reroute.review.push import lost
from reroute.review.records import Task, held
from reroute.settings import Project
from reroute.storage import store

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True)
class Rules:
    """How often people said the rules were right: of ``graded`` tasks, by why the task was chosen."""

    reason: str
    graded: int
    failures: int
    """Tasks on which people said that something failed."""
    outcomes: int
    """Tasks of those on which the rules' outcome was right too."""


@dataclass(frozen=True)
class Status:
    """Counts of tasks; ``planned`` = all, ``waiting`` = pushed and not answered by anybody."""

    planned: int
    unpushed: int
    waiting: int
    graded: int
    skipped: int
    annotators: int
    lost_files: dict[str, int]
    """Outbox files that are gone or damaged, relative to data_dir, with the number of waiting tasks of each."""
    answers: dict[str, int]
    agreements: tuple[Agreement, ...]
    rules: tuple[Rules, ...]


@dataclass(frozen=True)
class _Grade:
    task_id: str
    annotator: str
    question: str
    answer: str


def status(project: Project) -> Status:
    """Where review stands, from the store."""
    with store.of(project).read() as connection:
        reviews = connection.execute("select task_id, pushed_at is not null, reason, outcome from reviews").fetchall()
        replies = connection.execute("select task_id, annotator, skipped from annotations where not deleted").fetchall()
        told = _grades(connection)
        tasks = [one for one in held(connection).values() if isinstance(one, Task)]
    answered = {task for task, _, was_skipped in replies if not was_skipped}
    skipped = {task for task, _, was_skipped in replies if was_skipped} - answered
    pushed = {task for task, was_pushed, *_ in reviews if was_pushed}
    questions = list(dict.fromkeys(g.question for g in told))
    agreed = [agreement(q, [(g.task_id, g.annotator, g.answer) for g in told if g.question == q]) for q in questions]
    return Status(
        planned=len(reviews),
        unpushed=len(reviews) - len(pushed),
        waiting=len(pushed - answered - skipped),
        graded=len(answered),
        skipped=len(skipped),
        annotators=len({annotator for _, annotator, _ in replies}),
        lost_files=lost(project, [one for one in tasks if one.task_id not in answered | skipped]),
        answers=dict(Counter(f"{g.question}: {g.answer}" for g in told).most_common()),
        agreements=tuple(a for a in agreed if a),
        rules=tuple(_rules(reason, reviews, told) for reason in sorted({row[2] for row in reviews})),
    )


def _rules(reason: str, reviews: list[tuple[str, bool, str, str]], told: list[_Grade]) -> Rules:
    """Compared with the answer most people gave; a tie counts for nobody and is left out."""
    guessed = {task: outcome for task, _, why, outcome in reviews if why == reason}
    failure, outcome = _verdicts(told, "failure"), _verdicts(told, "outcome")
    decided = {task for task in guessed if failure.get(task) in {"yes", "no"}}
    failed = {task for task in decided if failure[task] == "yes"}
    return Rules(reason, len(decided), len(failed), sum(outcome.get(task) == guessed[task] for task in failed))


def _verdicts(told: list[_Grade], question: str) -> dict[str, str]:
    by_task: dict[str, Counter[str]] = {}
    for grade in told:
        if grade.question == question:
            by_task.setdefault(grade.task_id, Counter())[grade.answer] += 1
    top = {task: counts.most_common(2) for task, counts in by_task.items()}
    return {task: best[0][0] for task, best in top.items() if len(best) == 1 or best[0][1] > best[1][1]}


def _grades(connection: DuckDBPyConnection) -> list[_Grade]:
    """The answers of each person's latest annotation of a task."""
    rows = connection.execute(
        "select coalesce(task_id, ''), annotator, question, answer from grades "
        "qualify rank() over (partition by task_id, annotator order by graded_at desc, annotation) = 1 "
        "order by all"
    ).fetchall()
    return [_Grade(*row) for row in rows]
