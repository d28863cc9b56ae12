"""Where each row comes from: file, record, steps, episode and grades."""

from __future__ import annotations

import hashlib

from reroute.export.draft import Line

JSON = dict[str, object]


def lineage(line: Line) -> JSON:
    """One row's entry in the manifest."""
    row, run = line.row, line.row.candidate.run
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
        "file": run.path,
        "format": run.format,
        "records": list(row.records),
        "steps": [row.first_step, row.last_step],
        "task_id": run.task_id,
        "split_group": run.group,
        "run_outcome": run.outcome,
        "episode": _episode(line),
    }


def _episode(line: Line) -> JSON | None:
    recovery = line.row.candidate.recovery
    if recovery is None:
        return None
    return {
        "episode_id": recovery.episode_id,
        "kind": recovery.kind,
        "outcome": recovery.outcome,
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
    }
