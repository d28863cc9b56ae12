"""The manifest: what a dataset is, machine-readable, with the lineage of each row."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import msgspec

from reroute.datasets import FORMAT, FORMAT_VERSION
from reroute.export.draft import SIDES, Draft, Line, Split
from reroute.export.gates.facts import Refused
from reroute.export.rows.row import Row

JSON = dict[str, object]


@dataclass(frozen=True)
class GateResult:
    """What is only known at the end: when the gates were run, and what they said."""

    created_at: datetime
    passed: bool
    failed: tuple[str, ...]
    checked: int
    refused: tuple[Refused, ...] = ()


def manifest(draft: Draft, gates: GateResult) -> JSON:
    """The manifest of a draft."""
    grader = draft.grader
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "recipe": draft.recipe.name,
        "version": draft.version,
        "method": draft.recipe.method,
        "dialect": draft.recipe.dialect,
        "created_at": gates.created_at.astimezone(UTC).isoformat(timespec="seconds"),
        "passed": gates.passed,
        "files": {side: _file(draft, side, there=gates.passed) for side in SIDES},
        "grader": {"type": "python", "name": grader.name, "source": grader.source} if grader else None,
        "grader_trials": [asdict(trial) for trial in draft.trials],
        "settings": draft.recipe.model_dump(mode="json"),
        "token_method": draft.token_method,
        "yield": draft.note,
        "counts": counts(draft),
        "gates": {
            "checked": gates.checked,
            "failed": list(gates.failed),
            "rows": [asdict(one) for one in gates.refused],
            "page": "gates.html",
        },
        "ledger": "ledger.parquet",
        "rows": [lineage(line) for line in draft.lines],
    }


def counts(draft: Draft) -> JSON:
    """How many of what."""
    recoveries = [line.row.candidate.recovery for line in draft.lines]
    found = [recovery for recovery in recoveries if recovery]
    return {
        "candidates": draft.candidates,
        "rows": len(draft.lines),
        "train": len(draft.of("train")),
        "validation": len(draft.of("validation")),
        "clean": recoveries.count(None),
        "dropped": draft.dropped,
        "kinds": _counted(recovery.kind for recovery in found),
        "outcomes": _counted(recovery.episode_outcome for recovery in found),
        "tiers": _counted(recovery.tier or "undecided" for recovery in found),
        "assisted": _counted(recovery.assisted for recovery in found),
        "formats": _counted(line.row.candidate.run.format for line in draft.lines),
        "tools": _counted(line.row.tools.made for line in draft.lines),
    }


def lineage(line: Line) -> JSON:
    """One row's entry in the manifest: its files, records, steps, episode (None for a clean run) and grades.

    ``file`` and ``records`` are of the file that its first step was read from; ``other_files`` are those of the run's
    session that its other steps were read from.
    """
    row, run = line.row, line.row.candidate.run
    first, *others = row.files
    return {
        "row_id": row.row_id,
        "split": line.split,
        "line": line.number,
        "sha256": hashlib.sha256(line.encoded).hexdigest(),
        "tokens": row.tokens,
        "trained_replies": row.trained,
        "tools": row.tools.made,
        "trajectory_id": run.trajectory_id,
        "trajectory_version": run.version,
        "part": run.part,
        "source": run.source,
        "file": first.file,
        "format": run.format,
        "records": list(first.records),
        "other_files": [{"file": other.file, "records": list(other.records)} for other in others],
        "steps": [row.first_step, row.last_step],
        "task_id": run.task_id,
        "split_group": run.group,
        "run_outcome": run.run_outcome,
        "episode": _episode(row),
    }


def _episode(row: Row) -> JSON | None:
    """What the lineage of a row says of its episode; None for a clean run."""
    recovery = row.candidate.recovery
    if recovery is None:
        return None
    return {
        "episode_id": recovery.episode_id,
        "kind": recovery.kind,
        "outcome": recovery.episode_outcome,
        "cause": recovery.cause,
        "tier": recovery.tier,
        "assisted": recovery.assisted,
        "lane": recovery.lane,
        "onset_step": recovery.onset,
        "manifest_step": recovery.manifest,
        "recovery_step": recovery.recovery,
        "failed_tool": recovery.failed_tool,
        "repair_tool": recovery.repair_tool,
        "grades": list(recovery.grades),
        "places": {name: msgspec.to_builtins(place) for name, place in row.places.items()},
    }


def encode(data: JSON) -> bytes:
    """Bytes of the manifest file."""
    return msgspec.json.format(msgspec.json.encode(data), indent=1) + b"\n"


def _file(draft: Draft, side: Split, *, there: bool) -> JSON | None:
    lines = draft.of(side)
    if not lines or not there:
        return None
    data = b"".join(line.encoded for line in lines)
    return {
        "path": f"{side}.jsonl",
        "rows": len(lines),
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "tokens": sum(line.row.tokens for line in lines),
        "trained_replies": sum(line.row.trained for line in lines),
    }


def _counted(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items(), key=lambda item: (-item[1], item[0])))
