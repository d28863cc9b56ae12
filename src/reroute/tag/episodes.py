"""Episodes of failure and recovery: what one is, how to find them in steps, how to load those that ``tag`` stored.

``find`` needs no store: features and models run in memory. ``load`` reads the store with run outcomes and grades
applied as they stand now, for current trajectory versions alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from reroute.errors import UsageError
from reroute.settings import Project
from reroute.storage import store
from reroute.tag import models
from reroute.tag.labels import labelled

if TYPE_CHECKING:
    import pyarrow as pa

OUTCOMES = (
    "recovered_retry", "recovered_fix", "conceded", "recovered_repair", "recovered_degraded", "recovered_reroute",
    "reported", "handed_off", "looped", "masked", "abandoned", "ended", "unknown",
)  # fmt: skip
"""Every outcome, in the order in which the first that holds is taken."""


@dataclass(frozen=True)
class Evidence:
    """What a rule saw: words of one field of one step."""

    step: int
    field: str
    quote: str
    signal: str
    span_start: int = 0
    """Characters into the field; equal to ``span_end`` where the whole step is meant."""
    span_end: int = 0


@dataclass(frozen=True)
class Finding:
    """One sign of a failure, as a rule saw it."""

    trajectory_id: str
    version: str
    lane: str
    step: int
    call_step: int | None
    kind: str
    signal: str
    firm: bool
    field: str
    quote: str
    span_start: int
    span_end: int


@dataclass(frozen=True, kw_only=True)
class Episode:
    """One failure and what came of it. Steps are 0-based; ``onset`` and ``recovery`` are calls' rows."""

    episode_id: str
    trajectory_id: str
    version: str
    lane: str
    kind: str
    outcome: str
    """By the rules; ``outcome_final`` has the grades applied."""
    cause: str
    assisted: str
    clarified: bool
    local_recovered: bool
    nominated: bool
    score: float
    """0..1, how sure the rules are; not calibrated, so never a probability."""
    onset_step: int
    manifest_step: int
    detect_step: int | None
    reroute_step: int | None
    recovery_step: int | None
    recovery_result_step: int | None
    close_step: int
    goal: tuple[str, ...]
    failed_tool: str | None
    failed_signature: str | None
    repair_tool: str | None
    repair_signature: str | None
    error_template: str | None
    actions: int
    failures: int
    tokens_open: int | None
    cost_open_usd: float | None
    hinted: bool
    near_miss: bool
    looped: bool
    lost_call: bool
    failed_at: datetime | None
    prefix_hash: str
    evidence: tuple[Evidence, ...]
    distance: float | None = None
    """1 - Jaccard of the words of failing and recovering call, 1 across tools; None where nothing recovered."""
    format: str | None = None
    task_id: str | None = None
    run_outcome: str | None = None
    """pass, fail or unknown by the strongest source; None where nobody said."""
    is_failure: bool | None = None
    """None: only weak signs, and no person has said."""
    outcome_final: str
    tier: str | None = None
    """A: recovered in a run that passed; B: nobody knows; C: the run failed. None: not recovered, or not decided."""
    label_source: str = "rules"
    keep: bool | None = None
    probability: float | None = None
    """Of being what people would call a failure; None where there is only the rules' ``score``."""
    calibrated: bool | None = None
    """Whether there is a probability; None where nothing was looked up in a store."""
    ambiguous: bool | None = None
    """Both answers are possible, or neither; None where too few grades are there to tell."""


@dataclass(frozen=True)
class Found:
    """What is in some steps."""

    episodes: list[Episode]
    findings: list[Finding]


def find(steps: pa.Table, root: Path | None = None) -> Found:
    """Episodes and findings of whole trajectories, in memory; ``steps`` has the columns of ``trace.steps_schema``."""
    from reroute.tag import features

    built = features.build(steps, root)
    tables = models.run(
        {
            "actions": built.actions,
            "notes": built.notes,
            "prefixes": steps.select(["trajectory_id", "version", "step", "prefix_hash"]),
        },
        ("episodes", "findings"),
        root=root,
    )
    names = list(Finding.__dataclass_fields__)
    findings = [Finding(**row) for row in tables["findings"].select(names).sort_by(_ORDER).to_pylist()]
    found = [_episode(row | {"outcome_final": row["outcome"]}) for row in tables["episodes"].to_pylist()]
    return Found(sorted(found, key=_place), findings)


def load(
    project: Project,
    *,
    kind: str | None = None,
    outcome: str | None = None,
    tier: str | None = None,
    id_prefix: str | None = None,
    format: str | None = None,  # noqa: A002 - the column's name
) -> list[Episode]:
    """Stored episodes of current trajectory versions, labels applied, by trajectory and onset.

    ``outcome`` means the final one; ``id_prefix`` begins an episode's or a trajectory's id.
    """
    with store.of(project).read() as connection:
        table = labelled(project, connection)
    wanted = {"kind": kind, "outcome_final": outcome, "tier": tier, "format": format}
    return [
        _episode(row)
        for row in table.to_pylist()
        if all(value is None or row[name] == value for name, value in wanted.items())
        and (id_prefix is None or row["episode_id"].startswith(id_prefix) or row["trajectory_id"].startswith(id_prefix))
    ]


def get(project: Project, episode_id: str) -> Episode:
    """The one episode whose id begins so. Raises UsageError where there is none, or more than one."""
    found = [episode for episode in load(project, id_prefix=episode_id) if episode.episode_id.startswith(episode_id)]
    if len(found) != 1:
        what = f"{len(found)} begin like that" if found else "there is none"
        raise UsageError(f"Looking for the episode {episode_id}: {what}. `reroute episodes` lists them.")
    return found[0]


_ORDER = [(name, "ascending") for name in ("trajectory_id", "version", "lane", "step", "kind", "signal", "span_start")]


def _place(episode: Episode) -> tuple[str, str, int, str]:
    return episode.trajectory_id, episode.version, episode.onset_step, episode.episode_id


def _episode(row: dict[str, object]) -> Episode:
    values = {name: value for name, value in row.items() if name in Episode.__dataclass_fields__}
    evidence = tuple(Evidence(**span) for span in row["evidence"])  # type: ignore[attr-defined]
    return Episode(**values | {"goal": tuple(row["goal"]), "evidence": evidence})  # type: ignore[arg-type]
