"""Datasets as a person reads them in a terminal; text from traces is cleaned first and never read as markup."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from reroute.errors import UsageError
from reroute.safe_text import clean, one_line
from reroute.terminal.output import table, text

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

    from reroute.datasets import Dataset, Difference
    from reroute.export import Exported

LONG = 700
"""Characters of a message that are shown; the middle of a longer one is left out."""
_STYLES = {"system": "dim", "developer": "dim", "user": "cyan"}


def exported(result: Exported) -> Iterator[RenderableType]:
    """What came of an export, with the summary of its drop ledger."""
    yield from (text(result.line()), text(result.note))
    dropped = table(alignment="<><")
    for rule, count in result.dropped.items():
        dropped.add_row("  left out", str(count), rule)
    yield dropped
    if result.folder:
        yield text(f"folder {result.folder}")


def facts(dataset: Dataset) -> dict[str, object]:
    """What ``dataset list --json`` says of one."""
    m, counts = dataset.manifest, dataset.manifest.counts
    return {
        "recipe": m.recipe, "version": m.version, "method": m.method, "dialect": m.dialect, "created_at": m.created_at,
        "passed": m.passed, "rows": counts.rows, "train": counts.train, "validation": counts.validation,
        "clean": counts.clean, "kinds": counts.kinds, "tiers": counts.tiers, "dropped": counts.dropped,
        "folder": str(dataset.folder),
    }  # fmt: skip


def listed(found: Sequence[Dataset]) -> list[RenderableType]:
    """The datasets, one a line."""
    if not found:
        return [text("no datasets yet: `reroute export recovery-sft` makes one")]
    shown = table(alignment="<<<><")
    for dataset in found:
        shown.add_row(*_cells(dataset))
    return [shown]


def difference(found: Difference) -> Table:
    """Two datasets compared, in five lines."""
    named = {
        "the same": (found.same, ()), "only in the first": (len(found.only_first), found.only_first),
        "only in the second": (len(found.only_second), found.only_second),
        "changed": (len(found.changed), found.changed), "on the other side": (len(found.moved), found.moved),
    }  # fmt: skip
    shown = table(alignment="><")
    for what, (count, rows) in named.items():
        shown.add_row(str(count), f"{what}{': ' + ', '.join(rows[:5]) if rows else ''}")
    return shown


def chosen_rows(dataset: Dataset, named: Sequence[str], count: int) -> list[dict[str, Any]]:
    """The rows that are asked for: those named, else the first ones, recoveries before clean runs.

    Raises UsageError where a named row is not there.
    """
    chosen: list[dict[str, Any]] = []
    for row in sorted(dataset.manifest.rows, key=lambda row: row.episode is None):
        if any(row.row_id.startswith(name) for name in named) or (not named and len(chosen) < count):
            lines = list(dataset.lines(row.split))
            if row.line < len(lines):
                files = ", ".join([row.file, *(other.file for other in row.other_files)])
                chosen.append({"row_id": row.row_id, "split": row.split, "from": f"{row.source}/{files}",
                               "steps": list(row.steps), "row": json.loads(lines[row.line])})  # fmt: skip
    missing = [name for name in named if not any(row["row_id"].startswith(name) for row in chosen)]
    if missing:
        raise UsageError(f"Showing {dataset.name}: no row begins with {', '.join(missing)}, or its file is not there.")
    return chosen


def view(dataset: Dataset, rows: Sequence[dict[str, Any]]) -> Iterator[RenderableType]:
    """The dataset's facts and these of its rows, weight 0 dim red and weight 1 green.

    Of a message its role, its weight, its text (the middle of a long one left out) and its calls.
    """
    yield text(("  ".join(_cells(dataset)).rstrip(), "bold"))
    yield text(dataset.manifest.note)
    yield text(f"kinds: {', '.join(f'{kind} {n}' for kind, n in dataset.manifest.counts.kinds.items())}")
    for chosen in rows:
        steps = "-".join(str(step) for step in chosen["steps"])
        yield text((f"\nrow {chosen['row_id']} ({chosen['split']}) from {chosen['from']}, steps {steps}", "bold"))
        for message in chosen["row"]["messages"]:
            weight = f" weight {message['weight']}" if "weight" in message else ""
            content = clean(message.get("content") or "")
            if (left_out := len(content) - LONG) > 0:
                content = f"{content[: LONG // 2]} [... {left_out} characters ...] {content[-LONG // 2 :]}"
            lines = [f"{message['role']}{weight}", *(f"  {line}" for line in content.splitlines())]
            lines += [f"  -> {_actions(call['function'])}" for call in message.get("tool_calls") or []]
            style = _STYLES.get(message["role"], "")
            if message["role"] == "assistant":
                style = {0: "dim red", 1: "green"}.get(message.get("weight", -1), "magenta")
            yield text(("\n".join(lines), style))
        expected = table(alignment="><")
        for key in ("reference", "forbidden", "acceptable"):
            if chosen["row"].get(key):
                style = "yellow" if key == "reference" else ""
                expected.add_row(text((key, style)), text((_actions(chosen["row"][key]), style)))
        if expected.row_count:
            yield expected


def _cells(dataset: Dataset) -> list[str]:
    """Name, method and dialect, time, rows, and their sides with a failure of the gates."""
    m, counts = dataset.manifest, dataset.manifest.counts
    sides = f"({counts.train} train, {counts.validation} validation, {counts.clean} clean)"
    state = "" if m.passed else "  GATES FAILED"
    name = f"{m.recipe}@{m.version[:8]}"
    return [name, f"{m.method}/{m.dialect}", m.created_at[:16], f"{counts.rows} rows", f"{sides}{state}"]


def _actions(found: dict[str, Any] | list[dict[str, Any]]) -> str:
    """A call or several on one line: name and arguments, the end of long ones left out."""
    several = found if isinstance(found, list) else [found]
    return "; ".join(one_line(f"{action['name']} {action['arguments']}", 400) for action in several)
