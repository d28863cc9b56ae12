"""How far people agree: Krippendorff's alpha for one question."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Agreement:
    """``alpha`` is 1 for full agreement, 0 for chance; None where it is not defined (everybody said the same thing)."""

    question: str
    alpha: float | None
    tasks: int
    """Tasks that two or more people answered: the n behind alpha."""
    annotators: int
    same: int
    """Tasks of those on which all gave one answer."""


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
    return Agreement(question, _alpha(shared, people), len(shared), len(people), same)


def _alpha(shared: dict[str, dict[str, str]], people: list[str]) -> float | None:
    values = sorted({answer for given in shared.values() for answer in given.values()})
    if len(values) < 2:
        return None  # without variation there is nothing to agree by chance about
    import krippendorff
    import numpy as np

    rows = [[values.index(given[p]) if p in given else np.nan for given in shared.values()] for p in people]
    return float(krippendorff.alpha(reliability_data=np.array(rows), level_of_measurement="nominal"))
