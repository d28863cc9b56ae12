"""A process that decodes or tags for another one never imports pandas, though it is installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SRC = Path(__file__).parents[1] / "src"
START = """
import os, sys
from pathlib import Path
from reroute.settings import load
def main():
    project = load(Path.cwd())
    from reroute.collect import collect
    {work}
    print("parent", os.getpid())
if __name__ == "__main__":
    main()
"""
WORK = {
    "collect": """
    from reroute.collect import decode_worker
    decode_worker.IN_PROCESS_BYTES = 0
    collect(project)
""",
    "tag": """
    collect(project, [project.root / "traces/0.jsonl"])
    collect(project, [project.root / "traces/1.jsonl"])
    from reroute.tag import tagging
    tagging.PARALLEL_FROM_STEPS = 0
    tagging.tag(project)
""",
    "look": """
    from reroute import look
    from reroute.collect import in_memory
    in_memory.BATCH_WEIGHT = 1
    look.look([project.root / "traces"])
""",
}
NOTE = """
import os, pathlib, sys
class Noting:
    @staticmethod
    def find_spec(name, *_):
        if name in ("pandas", "pyarrow"):
            (pathlib.Path(__file__).parent / f"{name}-{os.getpid()}").touch()
sys.meta_path.insert(0, Noting())
"""


def _runs(folder: Path) -> None:
    """Two files with one run each."""
    folder.mkdir()
    for number in range(2):
        call = {"id": "c", "type": "function", "function": {"name": "book", "arguments": "{}"}}
        messages = [
            {"role": "user", "content": f"Book flight {number}."},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c", "content": "Error: no such flight"},
        ]
        line = json.dumps({"id": f"run {number}", "messages": messages})
        (folder / f"{number}.jsonl").write_text(f"{line}\n")


@pytest.mark.parametrize("stage", WORK)
def test_a_worker_process_does_not_import_pandas(stage: str, tmp_path: Path) -> None:
    # Every process notes when it imports one of the two.
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "sitecustomize.py").write_text(NOTE)
    _runs(tmp_path / "traces")
    (tmp_path / "reroute.toml").write_text('[collect]\nworkers = 2\n[[sources]]\nname = "all"\npath = "traces"\n')
    (tmp_path / "work.py").write_text(START.format(work=WORK[stage]))
    environment = os.environ | {"PYTHONPATH": f"{notes}{os.pathsep}{SRC}"}
    done = subprocess.run(
        [sys.executable, "work.py"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    parent = done.stdout.split()[-1]
    working = {path.name.split("-")[1] for path in notes.glob("pyarrow-*")} - {parent}
    assert working, "no process was started for the work"
    assert {path.name.split("-")[1] for path in notes.glob("pandas-*")} & working == set()
