"""How good the judge is: its votes beside people's grades, each share with its n and its Wilson interval."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reroute.settings import Project
from reroute.shares import Share
from reroute.storage import store
from reroute.tag import labels

ALL = "all kinds"


@dataclass(frozen=True)
class Quality:
    """A model's votes on episodes of a kind (by the rules) that people graded."""

    model: str
    kind: str
    agreement: Share
    """The same answer to whether something failed, of those on which the judge gave one."""
    precision: Share
    """People say failure, of those that the judge calls one."""
    recall: Share
    """The judge says failure, of those that people call one; "unclear" counts as not said."""
    outcome: Share
    """The same outcome, of those that both call a failure and give an outcome."""
    unclear: int

    def line(self) -> str:
        """In one line."""
        return (
            f"{self.model}, {self.kind}: agreement {self.agreement}; precision {self.precision}; "
            f"recall {self.recall}; outcome {self.outcome}; unclear {self.unclear:,}"
        )


@dataclass(frozen=True)
class _Graded:
    model: str
    kind: str
    verdict: str
    failure: str
    outcome: str | None
    graded_outcome: str | None


def quality(project: Project) -> list[Quality]:
    """A row a model and kind, each model's total first; empty where nothing has both a vote and a grade."""
    with store.of(project).read() as connection:
        table = labels.graded_votes(project, connection)
    rows = [_Graded(**row) for row in table.drop_columns(["episode_id"]).to_pylist()]
    found = []
    for model in sorted({row.model for row in rows}):
        its = [row for row in rows if row.model == model]
        found.append(_measured(model, ALL, its))
        found += [_measured(model, kind, [r for r in its if r.kind == kind]) for kind in sorted({r.kind for r in its})]
    return found


def _measured(model: str, kind: str, rows: Sequence[_Graded]) -> Quality:
    """The shares over these rows, all of one model."""
    said = [row for row in rows if row.verdict != "unclear"]
    called = [row for row in rows if row.verdict == "yes"]
    failures = [row for row in rows if row.failure == "yes"]
    both = [row for row in called if row.failure == "yes" and row.outcome and row.graded_outcome]
    return Quality(
        model=model,
        kind=kind,
        agreement=_share(row.verdict == row.failure for row in said),
        precision=_share(row.failure == "yes" for row in called),
        recall=_share(row.verdict == "yes" for row in failures),
        outcome=_share(row.outcome == row.graded_outcome for row in both),
        unclear=len(rows) - len(said),
    )


def _share(hits: Iterable[bool]) -> Share:
    each = list(hits)
    return Share(sum(each), len(each))
