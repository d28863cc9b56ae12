"""What may become a row: an episode that recovered, or a whole run that never failed."""

from __future__ import annotations

from dataclasses import dataclass

MOST_TEXT = 300
"""Characters of a drop's reason at most."""


@dataclass(frozen=True)
class Run:
    """The header of a trajectory version, as export needs it."""

    trajectory_id: str
    version: str
    part: str
    source: str
    path: str
    format: str
    source_index: int
    task_id: str | None = None
    split_group: str | None = None
    """Of the family's owner, so that no split separates relatives."""
    agent: str | None = None
    features: str | None = None
    """Hash of the rules that its part was tagged with; None: not tagged yet."""
    tools: str | None = None
    """JSON text of the tool schemas offered, where the source has them."""
    run_outcome: str = "unknown"
    """pass, fail or unknown, of the strongest source."""
    family_id: str | None = None
    """The run to which the beginning belongs that this one shares with others; None: it shares none."""
    is_copy: bool = False
    """It begins with another run's history, or is wholly the beginning of another one."""

    @property
    def task(self) -> str:
        """What counts as one task: the declared task of the source, else the family, else the run itself."""
        return f"{self.source}/{self.task_id or self.family_id or self.trajectory_id}"

    @property
    def group(self) -> str:
        """What stays on one side of the split: the declared group (repository, site), else the task."""
        return f"{self.source}/{self.split_group}" if self.split_group else self.task

    @property
    def origin(self) -> tuple[str, str, str]:
        """Runs of one origin share their tools."""
        return (self.source, self.format, self.agent or "")


@dataclass(frozen=True)
class Recovery:
    """An episode, as export needs it; steps are 0-based and belong to the run's version."""

    episode_id: str
    kind: str
    episode_outcome: str
    """With grades applied."""
    cause: str
    tier: str | None
    """None: not recovered, or nobody has decided."""
    assisted: str
    lane: str
    onset: int
    manifest: int
    recovery: int | None
    failed_tool: str | None = None
    failed_signature: str | None = None
    repair_tool: str | None = None
    error_template: str | None = None
    is_failure: bool | None = True
    """None: only weak signals, and no person has said."""
    label: str = "rules"
    """Who decided: rules, grades, or conflict where graders disagree."""
    keep: bool | None = None
    """A person's word on whether it should be trained on."""
    grades: tuple[str, ...] = ()
    failing: frozenset[int] = frozenset()
    """Calls of the run that a firm signal calls a failure."""
    doubtful: frozenset[int] = frozenset()
    """Calls of the run that a weak signal points at."""
    recoveries: frozenset[int] = frozenset()
    """Calls that got over a failure of the run: of this episode or of another."""


@dataclass(frozen=True)
class Act:
    """A call as its features describe it."""

    signature: str
    """Equal for calls that ask for the same thing."""
    hint: str
    """What its result says: ok, fail, or unknown where no rule can judge."""


@dataclass(frozen=True)
class Candidate:
    """A run with the recovery it is chosen for, or without one: a clean run."""

    run: Run
    recovery: Recovery | None = None

    @property
    def id(self) -> str:
        return self.recovery.episode_id if self.recovery else self.run.trajectory_id


@dataclass(frozen=True)
class Drop:
    """A candidate that was left out: one row of the drop ledger, whose columns are these fields."""

    candidate: str
    """Id of the episode; of the trajectory where the candidate is a clean run."""
    trajectory_id: str
    rule: str
    """Name of the rule that left it out, as exports/README.md lists them."""
    reason: str
    """The case in words, at most :data:`MOST_TEXT` characters."""


def drop(candidate: Candidate, rule: str, reason: str) -> Drop:
    """The ledger's line for a candidate."""
    return Drop(candidate.id, candidate.run.trajectory_id, rule, reason)
