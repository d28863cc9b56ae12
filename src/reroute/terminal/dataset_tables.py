"""Datasets as a person reads them in a terminal; text from traces is cleaned first and never read as markup."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from reroute.errors import UsageError
from reroute.safe_text import clean, one_line
from reroute.terminal.output import text

if TYPE_CHECKING:
    from rich.text import Text

    from reroute.datasets import Dataset, Difference
    from reroute.export import Exported

LONG = 700
"""Characters of a message that are shown; the middle of a longer one is left out."""
_STYLES = {"system": "dim", "developer": "dim", "user": "cyan"}


def exported(result: Exported) -> str:
    """What came of an export, with the summary of its drop ledger."""
    width = max((len(str(n)) for n in result.dropped.values()), default=0)
    lines = [result.line(), result.note, *(f"  left out {n:>{width}}  {rule}" for rule, n in result.dropped.items())]
    return "\n".join([*lines, f"folder {result.folder}"] if result.folder else lines)


def facts(dataset: Dataset) -> dict[str, object]:
    """What ``dataset list --json`` says of one."""
    m, counts = dataset.manifest, dataset.manifest.counts
    return {
        "recipe": m.recipe, "version": m.version, "method": m.method, "dialect": m.dialect, "created_at": m.created_at,
        "passed": m.passed, "rows": counts.rows, "train": counts.train, "validation": counts.validation,
        "clean": counts.clean, "kinds": counts.kinds, "tiers": counts.tiers, "dropped": counts.dropped,
        "folder": str(dataset.folder),
    }  # fmt: skip


def table(found: Sequence[Dataset]) -> str:
    """The datasets, one a line."""
    if not found:
        return "no datasets yet: `reroute export recovery-sft` makes one"
    return "\n".join(_line(dataset) for dataset in found)


def difference(found: Difference) -> str:
    """Two datasets compared, in five lines."""
    named = {
        "only in the first": found.only_first, "only in the second": found.only_second,
        "changed": found.changed, "on the other side": found.moved,
    }  # fmt: skip
    lines = [f"{len(rows):>5} {what}{': ' + ', '.join(rows[:5]) if rows else ''}" for what, rows in named.items()]
    return "\n".join([f"{found.same:>5} the same", *lines])


def chosen_rows(dataset: Dataset, named: Sequence[str], count: int) -> list[dict[str, Any]]:
    """The rows that are asked for: those named, else the first ones, recoveries before clean runs.

    Raises UsageError where a named row is not there.
    """
    chosen: list[dict[str, Any]] = []
    for row in sorted(dataset.manifest.rows, key=lambda row: row.episode is None):
        if any(row.row_id.startswith(name) for name in named) or (not named and len(chosen) < count):
            lines = list(dataset.lines(row.split))
            if row.line < len(lines):
                chosen.append({"row_id": row.row_id, "split": row.split, "from": f"{row.source}/{row.file}",
                               "steps": list(row.steps), "row": json.loads(lines[row.line])})  # fmt: skip
    missing = [name for name in named if not any(row["row_id"].startswith(name) for row in chosen)]
    if missing:
        raise UsageError(f"Showing {dataset.name}: no row begins with {', '.join(missing)}, or its file is not there.")
    return chosen


def view(dataset: Dataset, rows: Sequence[dict[str, Any]]) -> Iterator[Text]:
    """The dataset's facts and these of its rows, weight 0 dim red and weight 1 green."""
    yield text((_line(dataset), "bold"))
    yield text(dataset.manifest.note)
    yield text(f"kinds: {', '.join(f'{kind} {n}' for kind, n in dataset.manifest.counts.kinds.items())}")
    for chosen in rows:
        steps = "-".join(str(step) for step in chosen["steps"])
        yield text((f"\nrow {chosen['row_id']} ({chosen['split']}) from {chosen['from']}, steps {steps}", "bold"))
        for message in chosen["row"]["messages"]:
            yield _message(message)
        for key in ("reference", "forbidden", "acceptable"):
            if chosen["row"].get(key):
                style = "yellow" if key == "reference" else ""
                yield text((f"{key:>10} {_actions(chosen['row'][key])}", style))


def _line(dataset: Dataset) -> str:
    m, counts = dataset.manifest, dataset.manifest.counts
    state = "" if m.passed else "  GATES FAILED"
    rows = f"{counts.rows:>5} rows ({counts.train} train, {counts.validation} validation, {counts.clean} clean)"
    return f"{m.recipe}@{m.version[:8]}  {m.method}/{m.dialect}  {m.created_at[:16]}  {rows}{state}"


def _message(message: dict[str, Any]) -> Text:
    """A message as its role, its weight, its text (the middle of a long one left out) and its calls."""
    weight = f" weight {message['weight']}" if "weight" in message else ""
    content = clean(message.get("content") or "")
    if (left_out := len(content) - LONG) > 0:
        content = f"{content[: LONG // 2]} [... {left_out} characters ...] {content[-LONG // 2 :]}"
    lines = [f"{message['role']}{weight}", *(f"  {line}" for line in content.splitlines())]
    lines += [f"  -> {_actions(call['function'])}" for call in message.get("tool_calls") or []]
    style = _STYLES.get(message["role"], "")
    if message["role"] == "assistant":
        style = {0: "dim red", 1: "green"}.get(message.get("weight", -1), "magenta")
    return text(("\n".join(lines), style))


def _actions(found: dict[str, Any] | list[dict[str, Any]]) -> str:
    several = found if isinstance(found, list) else [found]
    return "; ".join(one_line(f"{action['name']} {action['arguments']}", 400) for action in several)
