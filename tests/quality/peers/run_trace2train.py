"""Run trace2train's rules over runs; it runs in that tool's own environment.

``python run_trace2train.py RUNS.jsonl ANSWER.json``: a run a line as chat messages. The rules see the runs twice: as
they are, and as a tree with one child for each tool result, whose ``error`` is a result that begins with ``Error``.
"""

import json
import sys
from pathlib import Path

from trace2train.detect import detect_failures
from trace2train.importers import load
from trace2train.models import Run, RunType, Trace


def main() -> None:
    """Both readings of every run."""
    path = Path(sys.argv[1])
    as_they_are = {found.trace.trace_id for found in detect_failures(load(path)) if found.failed}
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    as_trees = {found.trace.trace_id for found in detect_failures(map(tree, lines)) if found.failed}
    answer = {"as they are": sorted(as_they_are), "with stated errors": sorted(as_trees)}
    Path(sys.argv[2]).write_text(json.dumps(answer), "utf-8")


def tree(line: dict) -> Trace:
    """A run with a child for each tool result."""
    root = Run(id=line["id"], name="run", run_type=RunType.AGENT, outputs={"output": "done"})
    children = [
        Run(id=f"{line['id']}/{number}", name=message.get("name") or "tool", run_type=RunType.TOOL,
            outputs={"output": message["content"]},
            error=message["content"] if str(message["content"]).startswith("Error") else None)
        for number, message in enumerate(line["messages"])
        if message["role"] == "tool"
    ]  # fmt: skip
    return Trace(trace_id=line["id"], root=root, runs=[root, *children])


if __name__ == "__main__":
    main()
