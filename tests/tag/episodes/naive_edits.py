"""The naive judge: edits that changed nothing and did not say so."""

from __future__ import annotations

from naive_rules import SILENT_EDITORS, Row


def unchanged(actions: list[Row], index: int) -> list[tuple[str, bool, str]]:
    """An edit with the same look at the file right before and right after it."""
    a = actions[index]
    if a["program"] not in SILENT_EDITORS or not a["writes"] or a["outcome_hint"] == "fail":
        return []
    for target in {t for t in a["targets"] + a["writes_targets"] if t.startswith("file:")}:
        touches = [b for b in actions if target in b["targets"] + b["writes_targets"] and (b["writes"] or _read(b))]
        at = touches.index(a)
        if 0 < at < len(touches) - 1:
            before, after = touches[at - 1], touches[at + 1]
            same = before["signature"] == after["signature"]
            same = same and before["observation_hash"] == after["observation_hash"]
            if same and _looks(before) and _looks(after):
                return [("edit.rejected", False, "edit_unchanged")]
    return []


def _read(a: Row) -> bool:
    return a["family"] == "read" and a["observation_hash"] is not None


def _looks(a: Row) -> bool:
    return _read(a) and not a["writes"] and not a["empty"] and a["outcome_hint"] == "ok"
