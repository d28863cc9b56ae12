"""Episode and Finding: a failure and what came of it, and one sign of it, as records. Read third, after ``trace``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


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
