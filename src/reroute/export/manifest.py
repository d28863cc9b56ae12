"""The manifest: what a dataset is, machine-readable, with the lineage of each row."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import msgspec

from reroute.datasets import FORMAT, FORMAT_VERSION
from reroute.export.draft import Draft
from reroute.export.gates.facts import Refused
from reroute.export.ledger import summary
from reroute.export.lineage import lineage
from reroute.export.split import Split

JSON = dict[str, object]


@dataclass(frozen=True)
class Outcome:
    """What is only known at the end: when it was made, and what the gates said."""

    created_at: datetime
    passed: bool
    failed: tuple[str, ...]
    checked: int
    refused: tuple[Refused, ...] = ()


def manifest(draft: Draft, outcome: Outcome) -> JSON:
    """The manifest of a draft."""
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "recipe": draft.recipe.name,
        "version": draft.version,
        "method": draft.recipe.method,
        "dialect": draft.recipe.dialect,
        "created_at": outcome.created_at.astimezone(UTC).isoformat(timespec="seconds"),
        "passed": outcome.passed,
        "files": {side: _file(draft, side, there=outcome.passed) for side in _sides()},
        "grader": draft.grader.spec if draft.grader else None,
        "grader_trials": [asdict(trial) for trial in draft.trials],
        "settings": draft.recipe.model_dump(mode="json"),
        "token_method": draft.token_method,
        "yield": draft.note,
        "counts": counts(draft),
        "gates": {
            "checked": outcome.checked,
            "failed": list(outcome.failed),
            "rows": [asdict(one) for one in outcome.refused],
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
        "dropped": summary(draft.drops),
        "kinds": _counted(recovery.kind for recovery in found),
        "outcomes": _counted(recovery.outcome for recovery in found),
        "tiers": _counted(recovery.tier or "undecided" for recovery in found),
        "assisted": _counted(recovery.assisted for recovery in found),
        "formats": _counted(line.row.candidate.run.format for line in draft.lines),
        "tools": _counted(line.row.tools.made for line in draft.lines),
    }


def encode(data: JSON) -> bytes:
    """Bytes of the manifest file."""
    return msgspec.json.format(msgspec.json.encode(data), indent=1) + b"\n"


def _sides() -> tuple[Split, Split]:
    return ("train", "validation")


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
