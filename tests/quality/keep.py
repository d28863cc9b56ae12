"""Keep a graded draw: ``python tests/quality/keep.py NAME FOLDER GRADES.jsonl...`` writes ``kept/NAME.*.jsonl``.

``FOLDER`` is what ``draw.py`` made. Kept are places, verdicts and the graders' own words; never the text of a trace.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterable
from pathlib import Path

KEPT = Path(__file__).parent / "kept"
FIELDS = {
    "items": ("item", "why", "trajectory_id", "format", "task", "path", "step", "population", "kind", "outcome",
              "recovery_step", "calls", "suspects"),
    "findings": ("trajectory_id", "kind", "step", "call_step", "firm"),
    "grades": ("item", "grader", "fails", "kind", "outcome", "recovery_step", "failures", "critical_step", "reason"),
}  # fmt: skip


def main() -> None:
    """Read, leave out what is not kept, write."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("name", choices=["development", "final"])
    options.add_argument("folder", type=Path)
    options.add_argument("grades", type=Path, nargs="+")
    chosen = options.parse_args()
    traces = Path(os.environ.get("REROUTE_TRACES", "../shared/traces")).resolve()
    items = list(_lines([chosen.folder / "items.jsonl"]))
    for item in items:
        item["path"] = str(Path(item["path"]).relative_to(traces))
    known = {item["item"] for item in items}
    grades = list(_lines(chosen.grades))
    if strangers := {grade["item"] for grade in grades} - known:
        raise SystemExit(f"Keeping {chosen.name}: {len(strangers)} grades are about items that were not drawn.")
    for what, rows in (("items", items), ("findings", _lines([chosen.folder / "findings.jsonl"])), ("grades", grades)):
        lines = [json.dumps({name: row[name] for name in FIELDS[what] if name in row}) for row in rows]
        (KEPT / f"{chosen.name}.{what}.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    graded = {grade["item"] for grade in grades}
    print(f"{len(items)} items, {len(graded)} of them graded, {len(grades)} grades")


def _lines(paths: Iterable[Path]) -> Iterable[dict]:
    for path in paths:
        yield from map(json.loads, path.read_text("utf-8").splitlines())


if __name__ == "__main__":
    main()
