"""What graders see: an item's surroundings and the whole run, without any verdict and without the run's outcome."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

BEFORE, AFTER, LAST = 8, 26, 4
"""Rows shown before and after the one in question, and of the run's end."""


def write(folder: Path, items: Iterable[object], target: Path) -> None:
    """``questions.jsonl``, one excerpt an item in ``items/``, and each run in full in ``runs/``."""
    from reroute.settings import load
    from reroute.storage.lake import files

    project = load(folder)
    for name in ("items", "runs"):
        (target / name).mkdir(parents=True, exist_ok=True)
    questions = []
    for item in items:
        rows = _steps(files(project, item.part).steps, item.trajectory_id, item.version)
        run = target / "runs" / f"{item.trajectory_id}.txt"
        if not run.exists():
            run.write_text("\n".join(_row(row, 2500) for row in rows), "utf-8")
        if item.step is not None:
            (target / "items" / f"{item.item}.txt").write_text(_excerpt(rows, item.step), "utf-8")
        questions.append({"item": item.item, "run": item.trajectory_id, "step": item.step, "rows": len(rows)})
    (target / "questions.jsonl").write_text("".join(json.dumps(q) + "\n" for q in questions), "utf-8")


def _steps(path: Path, trajectory_id: str, version: str) -> list[dict[str, object]]:
    import duckdb

    sql = "select * from read_parquet(?) where trajectory_id = ? and version = ? order by step"
    with duckdb.connect() as connection:
        return connection.sql(sql, params=[str(path), trajectory_id, version]).to_arrow_table().to_pylist()


def _excerpt(rows: Sequence[dict[str, object]], step: int) -> str:
    task = next((row for row in rows if row["role"] == "user"), rows[0])
    first, last = max(0, step - BEFORE), min(len(rows), step + AFTER)
    shown = [f"THE TASK BEGINS:\n{_row(task, 900)}", f"... rows {first} to {last - 1} of {len(rows)} ..."]
    for row in rows[first:last]:
        near = row["step"] in (step, step + 1) or row["parent_step"] == step
        mark = ">>>>>> IN QUESTION\n" if row["step"] == step else ""
        shown.append(mark + _row(row, 1600 if near else 600))
    if last < len(rows):
        shown.append("... the end of the run ...")
        shown += [_row(row, 500) for row in rows[max(last, len(rows) - LAST) :]]
    return "\n".join(shown)


def _row(row: dict[str, object], limit: int) -> str:
    stated = [f"{name}={row[name]}" for name in ("exit_code", "http_status", "approval") if row[name] is not None] + (
        [f"status={row['status']}"] if row["status"] not in (None, "unknown") else []
    )
    lane = "" if row["lane"] == "main" else f" lane={row['lane']}"
    answers = f" answers={row['parent_step']}" if row["parent_step"] is not None else ""
    what = f"## {row['step']} {row['role']} {row['type']} {row['tool'] or ''}"
    head = f"{what}{lane}{answers} {' '.join(stated)}".rstrip()
    body = "\n".join(_cut(str(row[name]), limit) for name in ("arguments", "content") if row[name])
    return f"{head}\n{body}"


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    head = limit * 2 // 3
    return f"{text[:head]}\n[... {len(text) - limit} characters ...]\n{text[head - limit :]}"
