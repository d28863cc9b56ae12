"""From graded draws to figures: precision, recall and agreement, each with its n and interval."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reroute.shares import Share

Row = dict[str, Any]
"""A kept line."""
Chosen = Callable[[Row], bool]


@dataclass(frozen=True)
class Draw:
    """A draw and what graders said of it."""

    items: list[Row]
    findings: list[Row]
    """What the tagger found in the runs that were read whole."""
    grades: list[Row]

    @property
    def graders(self) -> list[str]:
        """Who graded, in order."""
        return sorted({str(grade["grader"]) for grade in self.grades})

    def settled(self) -> dict[str, Row]:
        """One grade an item: the adjudicated one where there is one, else the first grader's."""
        order = {"adjudicated": 0} | {
            name: place for place, name in enumerate(self.graders, 1) if name != "adjudicated"
        }
        ranked = sorted(self.grades, key=lambda grade: order[str(grade["grader"])], reverse=True)
        return {str(grade["item"]): grade for grade in ranked}


def load(folder: Path, name: str) -> Draw:
    """The draw that was kept under this name."""
    return Draw(*(_lines(folder / f"{name}.{what}.jsonl") for what in ("items", "findings", "grades")))


def recovered(outcome: object) -> bool:
    """Whether the need was met later, wholly or in part."""
    return str(outcome).startswith("recovered_")


def anything(_: Row) -> bool:
    """Every row."""
    return True


def failure_precision(draw: Draw, chosen: Chosen = anything) -> Share:
    """Of what the tagger firmly calls a failure, how much a grader calls one; what nobody can tell is left out."""
    said = [draw.settled().get(str(item["item"])) for item in draw.items if item["why"] == "finding" and chosen(item)]
    decided = [grade["fails"] for grade in said if grade and grade["fails"] in ("yes", "no")]
    return Share(decided.count("yes"), len(decided))


def outcome_precision(draw: Draw, chosen: Chosen, right: Callable[[Row, Row], bool]) -> Share:
    """Of the firm findings chosen, how many outcomes are ``right(item, grade)``; what did not fail has no right one."""
    settled = draw.settled()
    pairs = [(item, settled.get(str(item["item"]))) for item in draw.items if item["why"] == "finding" and chosen(item)]
    told = [(item, grade) for item, grade in pairs if grade and _told(grade)]
    return Share(sum(grade["fails"] == "yes" and right(item, grade) for item, grade in told), len(told))


def same_outcome(item: Row, grade: Row) -> bool:
    """Whether tagger and grader name the same outcome."""
    return item["outcome"] == grade["outcome"]


def both_recovered(_: Row, grade: Row) -> bool:
    """Whether the grader, too, sees a recovery."""
    return recovered(grade["outcome"])


def both_open(_: Row, grade: Row) -> bool:
    """Whether the grader, too, sees none."""
    return not recovered(grade["outcome"])


def missed(draw: Draw) -> Share:
    """How many actions without any sign a grader calls failures."""
    settled = draw.settled()
    said = [settled.get(str(item["item"])) for item in draw.items if item["why"] == "unflagged"]
    decided = [grade["fails"] for grade in said if grade and grade["fails"] in ("yes", "no")]
    return Share(decided.count("yes"), len(decided))


def nominations(draw: Draw) -> Share:
    """How many nominations a grader calls failures."""
    settled = draw.settled()
    said = [settled.get(str(item["item"])) for item in draw.items if item["why"] == "nomination"]
    decided = [grade["fails"] for grade in said if grade and grade["fails"] in ("yes", "no")]
    return Share(decided.count("yes"), len(decided))


def recall(draw: Draw, *, explicit: bool, firm: bool) -> Share:
    """Of the failures that graders saw in whole runs, how many the tagger has (``firm``: without nominations)."""
    found: dict[str, list[Row]] = defaultdict(list)
    for finding in draw.findings:
        if finding["firm"] or not firm:
            found[str(finding["trajectory_id"])].append(finding)
    runs = {str(item["item"]): str(item["trajectory_id"]) for item in draw.items if item["why"] == "run"}
    seen = [
        (runs[item], failure)
        for item, grade in draw.settled().items()
        if item in runs
        for failure in grade["failures"]
        if failure["explicit"] == explicit
    ]
    return Share(sum(_near(found[run], failure) for run, failure in seen), len(seen))


def kappa(draw: Draw, field: str, among: Chosen = anything) -> tuple[float, int]:
    """Cohen's kappa of the two first graders over what both graded, and how many items that is."""
    from sklearn.metrics import cohen_kappa_score

    first, second = [name for name in draw.graders if name != "adjudicated"][:2]
    by = {(grade["grader"], grade["item"]): grade for grade in draw.grades if "fails" in grade and among(grade)}
    pairs = [(grade[field], by[second, item][field]) for (who, item), grade in by.items()
             if who == first and (second, item) in by]  # fmt: skip
    return float(cohen_kappa_score(*zip(*pairs, strict=True))), len(pairs)


def critical(draw: Draw) -> dict[str, Share]:
    """How often a guess is the step where graders say that the run went wrong, within one row."""
    runs = {str(item["item"]): item for item in draw.items if item["why"] == "run"}
    told = [(runs[item], grade["critical_step"]) for item, grade in draw.settled().items()
            if item in runs and grade.get("critical_step") is not None]  # fmt: skip
    guesses: dict[str, Callable[[Row], Sequence[int]]] = {
        "first suspect": lambda item: item["suspects"][:1],
        "first three suspects": lambda item: item["suspects"][:3],
        "first call": lambda item: item["calls"][:1],
        "middle call": lambda item: item["calls"][len(item["calls"]) // 2 :][:1],
        "last call": lambda item: item["calls"][-1:],
    }
    return {
        name: Share(sum(any(abs(step - int(at)) <= 1 for step in guess(item)) for item, at in told), len(told))
        for name, guess in guesses.items()
    }


def _told(grade: Row) -> bool:
    return grade["fails"] == "no" or (grade["fails"] == "yes" and grade["outcome"] not in (None, "unclear"))


def _near(findings: Iterable[Row], failure: Row) -> bool:
    """The call that failed, or the row that shows it."""
    return any(
        step is not None and abs(int(step) - int(failure["step"])) <= 1
        for finding in findings
        for step in (finding["call_step"], finding["step"])
    )


def _lines(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
