"""How far review is: what waits, what was answered, how far people agree with each other and with the rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from reroute.review.push import lost
from reroute.review.records import Task, held
from reroute.settings import Project
from reroute.storage import store
from reroute.tag.labels import without_episode

_LATEST_GRADES = (
    "select coalesce(task_id, ''), annotator, question, answer from grades "
    "qualify rank() over (partition by task_id, annotator order by graded_at desc, annotation) = 1 "
    "order by all"
)
"""The answers of each person's latest annotation of a task."""


@dataclass(frozen=True)
class Agreement:
    """How far people agree on one question, as Krippendorff's alpha."""

    question: str
    alpha: float | None
    """1 for full agreement, 0 for chance; None where it is not defined (everybody said the same thing)."""
    tasks: int
    """Tasks that two or more people answered: the n behind alpha."""
    annotators: int
    same: int
    """Tasks of those on which all gave one answer."""


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
    without_episode: dict[str, int]
    """Grades that are about no episode of today, by the reason."""
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
        grades = [_Grade(*row) for row in connection.execute(_LATEST_GRADES).fetchall()]
        without = without_episode(project, connection)
        tasks = [one for one in held(connection).values() if isinstance(one, Task)]
    answered = {task for task, _, was_skipped in replies if not was_skipped}
    skipped = {task for task, _, was_skipped in replies if was_skipped} - answered
    pushed = {task for task, was_pushed, *_ in reviews if was_pushed}
    questions = list(dict.fromkeys(g.question for g in grades))
    agreed = [agreement(q, [(g.task_id, g.annotator, g.answer) for g in grades if g.question == q]) for q in questions]
    return Status(
        planned=len(reviews),
        unpushed=len(reviews) - len(pushed),
        waiting=len(pushed - answered - skipped),
        graded=len(answered),
        skipped=len(skipped),
        annotators=len({annotator for _, annotator, _ in replies}),
        without_episode=without,
        lost_files=lost(project, [one for one in tasks if one.task_id not in answered | skipped]),
        answers=dict(Counter(f"{g.question}: {g.answer}" for g in grades).most_common()),
        agreements=tuple(a for a in agreed if a),
        rules=tuple(_rules(reason, reviews, grades) for reason in sorted({row[2] for row in reviews})),
    )


def agreement(question: str, answers: Iterable[tuple[str, str, str]]) -> Agreement | None:
    """Agreement over (task, annotator, answer) triples; None where no task has two annotators."""
    by_task: dict[str, dict[str, str]] = {}
    for task, annotator, answer in answers:
        by_task.setdefault(task, {})[annotator] = answer
    shared = {task: given for task, given in by_task.items() if len(given) > 1}
    if not shared:
        return None
    people = sorted({annotator for given in shared.values() for annotator in given})
    same = sum(len(set(given.values())) == 1 for given in shared.values())
    values = sorted({answer for given in shared.values() for answer in given.values()})
    alpha = None
    if len(values) > 1:  # without variation there is nothing to agree by chance about
        import krippendorff
        import numpy as np

        rows = [[values.index(given[p]) if p in given else np.nan for given in shared.values()] for p in people]
        alpha = float(krippendorff.alpha(reliability_data=np.array(rows), level_of_measurement="nominal"))
    return Agreement(question, alpha, len(shared), len(people), same)


def _rules(reason: str, reviews: list[tuple[str, bool, str, str]], grades: list[_Grade]) -> Rules:
    """The rules compared with the answer that most people gave; a tie counts for nobody and is left out."""
    guessed = {task: outcome for task, _, why, outcome in reviews if why == reason}
    counted: dict[str, dict[str, Counter[str]]] = {"failure": {}, "outcome": {}}
    for grade in grades:
        if grade.question in counted:
            counted[grade.question].setdefault(grade.task_id, Counter())[grade.answer] += 1
    agreed: dict[str, dict[str, str]] = {}
    for question, by_task in counted.items():
        top = {task: counts.most_common(2) for task, counts in by_task.items()}
        agreed[question] = {task: best[0][0] for task, best in top.items() if len(best) == 1 or best[0][1] > best[1][1]}
    failure, outcome = agreed["failure"], agreed["outcome"]
    decided = {task for task in guessed if failure.get(task) in {"yes", "no"}}
    failed = {task for task in decided if failure[task] == "yes"}
    return Rules(reason, len(decided), len(failed), sum(outcome.get(task) == guessed[task] for task in failed))
