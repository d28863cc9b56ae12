"""Action and note rows made by hand, with everything unsaid at its plainest."""

from __future__ import annotations

import pyarrow as pa

from reroute.tag.features.schema import actions_schema, notes_schema

_ACTION = {
    "trajectory_id": "t", "version": "v", "lane": "main", "sibling": 0, "tool": "tool", "family": "api",
    "external": True, "writes": False, "probe": False, "own_script": False, "control": False, "status": "unknown",
    "targets": [], "writes_targets": [], "tokens": [], "slots": [], "outcome_hint": "ok", "empty": False,
    "shape": "text", "signals": [], "named_slots": [], "hint_tokens": [], "failed_ids": [], "passed_ids": [],
    "user_before": False, "user_tokens": [],
}  # fmt: skip
_NOTE = {"trajectory_id": "t", "version": "v", "lane": "main", "type": "message", "tokens": []}


def actions(rows: list[dict[str, object]]) -> pa.Table:
    """Action rows; ``fail`` names a firm signal, ``doubt`` a weak one."""
    counts: dict[tuple[object, ...], int] = {}
    full = []
    for given in rows:
        row = _ACTION | given
        lane = (row["trajectory_id"], row["version"], row["lane"])
        index = counts[lane] = counts.get(lane, -1) + 1
        row.setdefault("action", index)
        row.setdefault("turn", row["action"])
        row.setdefault("call_step", 2 * row["action"])
        row.setdefault("result_step", row["call_step"] + 1)
        row.setdefault("signature", f"{row['tool']}{sorted(row['targets'])}")
        row.setdefault("observation_hash", f"observation {index}")
        for name, firm in (("fail", True), ("doubt", False)):
            if name in row:
                row["signals"] = [*row["signals"], _signal(row.pop(name), firm)]
                row["outcome_hint"] = given.get("outcome_hint", "fail" if firm else "unknown")
        full.append(row)
    return pa.Table.from_pylist(full, actions_schema())


def notes(rows: list[dict[str, object]]) -> pa.Table:
    """Note rows; those without a turn get their place."""
    return pa.Table.from_pylist([{"turn": index, **_NOTE, **row} for index, row in enumerate(rows)], notes_schema())


def prefixes() -> pa.Table:
    """No prefix hashes."""
    schema = pa.schema(
        [("trajectory_id", pa.string()), ("version", pa.string()), ("step", pa.int32()), ("prefix_hash", pa.string())]
    )
    return schema.empty_table()


def _signal(name: str, firm: bool) -> dict[str, object]:
    return {"signal": name, "firm": firm, "field": "content", "span_start": 0, "span_end": 4, "quote": "oops"}
