"""The verbs: results on stdout, exit codes as documented."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest


def reroute(folder, *arguments):
    command = [sys.executable, "-c", "from reroute.cli import main; main()", *map(str, arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(tmp_path, make, write):
    write(tmp_path / "in/a.jsonl", *[make(f"r{n}", "one", task_id=f"t{n}") for n in range(30)], '{"messages": 5}')
    write(tmp_path / "in/readme.txt", "no trace")
    return tmp_path


def test_a_project_from_traces_to_answers(folder):
    collected = reroute(folder, "collect", "in")
    assert collected.returncode == 0
    assert "30 runs read from 2 new or changed files: 30 new, 1 record quarantined" in collected.stdout
    assert "in/readme.txt" in collected.stdout

    again = json.loads(reroute(folder, "collect", "in", "--json").stdout)
    assert (again["files"], again["files_unchanged"], again["new"]) == (2, 2, 0)

    (row,) = json.loads(reroute(folder, "sql", "select count(*) as n from trajectories", "--json").stdout)
    assert row == {"n": 30}

    (record,) = json.loads(reroute(folder, "quarantine", "list", "--json").stdout)
    shown = reroute(folder, "quarantine", "show", record["quarantine_id"][:6])
    assert "record 30" in shown.stdout
    assert reroute(folder, "quarantine", "retry").stdout.startswith("30 runs read from 1 new or changed file: 0 new")

    (folder / "o.csv").write_text("task_id,outcome\nt1,pass\n")
    assert reroute(folder, "outcomes", "o.csv").stdout.startswith("1 outcomes read, 1 of them new")
    assert "quarantine  1 records" in reroute(folder, "status").stdout


def test_exit_codes_tell_wrong_usage_from_partial_failure(folder, write):
    assert reroute(folder, "collect").returncode == 2
    assert reroute(folder, "collect", "nowhere").returncode == 2
    assert reroute(folder, "sql", "select 1").returncode == 2
    write(folder / "bad/a.jsonl", '{"messages": [{"role": "user", "content": "x"}]}', *['{"messages": 5}'] * 5)
    bad = reroute(folder, "collect", "bad")
    assert bad.returncode == 3
    assert "5 of 6 records newly read" in bad.stderr
