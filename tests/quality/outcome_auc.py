"""How well the tags of a run rank it by what a verifier said, on real public runs; beside length and errors alone.

    python tests/quality/outcome_auc.py [--traces FOLDER] [--json FILE]

Each model is a logistic regression fitted without the task that it is asked about (five folds); only runs that one
model scored are ranked against each other, by its log-odds before calibration, which could only make ties of them.
``shorter`` fits nothing: the run with fewer actions is ranked first. ``others`` is the model of the tags fitted on the
other sets alone, as a team's new agent would meet it. The interval draws whole tasks again. Reroute keeps
and shows no score of how a run ended: first the tags have to be above length by their interval.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from reroute.collect import collect, outcomes
from reroute.settings import Project, Settings
from reroute.storage import store
from reroute.tag import labels
from reroute.tag.scores.examples import Example, known
from reroute.tag.scores.fitting import logistic, out_of_fold
from reroute.tag.scores.limits import limits
from reroute.tag.scores.reliability import Interval, auc_interval
from reroute.tag.tagging import tag

if TYPE_CHECKING:
    import pyarrow as pa

SETS = {
    "tau_bench gpt-4o airline": "tau_bench/gpt-4o-airline.tasks0-24.json",
    "tau2 airline": "tau_bench/tau2-airline-toolorchestra.json",
    "mini-swe-agent SWE-bench": "mini-swe-agent-swebench",
    "MedAgentBench": "medagentbench",
}
BASELINES = {"length": ("actions",), "errors": ("failing actions",)}


@dataclass(frozen=True)
class Measured:
    """The AUC of each model on one set of runs with an outcome."""

    n: int
    passed: int
    tasks: int
    auc: Mapping[str, Interval]

    def kept(self) -> dict[str, object]:
        """As JSON keeps it."""
        auc = {name: [one.value, one.low, one.high] for name, one in self.auc.items()}
        return {"n": self.n, "pass": self.passed, "tasks": self.tasks, "auc": auc}


def runs_at(path: Path) -> list[Example]:
    """The runs at ``path`` of which a verifier said how they ended, collected and tagged in a folder of their own."""
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder), Settings())
        collect(project, [path], progress=False)
        _join_resolved(project, path / "resolved.json")
        tag(project)
        with store.of(project).read() as connection:
            table = labels.across(project, connection, ["run_features"])["run_features"]
        return known(_runs(table))


def measured(runs: Sequence[Example], others: Sequence[Example]) -> Measured:
    """The figures of the runs of one set; ``others`` are those of every other set."""
    numbers = limits()
    one_fold, resamples = [0] * len(runs), int(numbers.resamples)
    auc = {"ours": _cross_validated(runs)}
    auc |= {name: _cross_validated([_only(run, features) for run in runs]) for name, features in BASELINES.items()}
    shorter = [-run.features.get("actions", 0.0) for run in runs]
    auc["shorter"] = auc_interval(runs, shorter, one_fold, resamples)
    model = logistic(others, numbers)
    auc["others"] = auc_interval(runs, [model.logit(run) for run in runs], one_fold, resamples)
    return Measured(len(runs), sum(bool(run.truth) for run in runs), len({run.group for run in runs}), auc)


def _runs(table: pa.Table) -> list[Example]:
    """The rows of ``run_features`` by trajectory; runs of one task are one group."""
    found = (
        Example(
            id=row["trajectory_id"],
            trajectory_id=row["trajectory_id"],
            version=row["version"],
            group=row["task_key"],
            features={feature["name"]: float(feature["value"]) for feature in row["features"]},
            truth=row["passed"],
        )
        for row in table.to_pylist()
    )
    return sorted(found, key=lambda run: run.id)


def _join_resolved(project: Project, file: Path) -> None:
    """SWE-bench's verdicts, which lie in a file of their own."""
    if file.is_file():
        verdicts = json.loads(file.read_text("utf-8"))
        rows = [{"task_id": task, "outcome": "pass" if well else "fail"} for task, well in verdicts.items()]
        joined = project.root / "outcomes.jsonl"
        joined.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        outcomes.join(project, joined)


def _cross_validated(runs: Sequence[Example]) -> Interval:
    numbers = limits()
    predicted = out_of_fold(runs, numbers)
    return auc_interval(runs, predicted.logits, predicted.folds, int(numbers.resamples))


def _only(run: Example, features: Sequence[str]) -> Example:
    return replace(run, features={name: run.features.get(name, 0.0) for name in features})


def main() -> None:
    """Print the table; with ``--json`` keep the figures too."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--traces", type=Path, default=os.environ.get("REROUTE_TRACES", "../shared/traces"))
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    if not given.traces.is_dir():
        raise SystemExit(f"No traces in {given.traces}: set REROUTE_TRACES to the folder of real traces.")
    runs = {name: runs_at((given.traces / place).resolve()) for name, place in SETS.items()}
    found = {
        name: measured(runs[name], [run for other in SETS if other != name for run in runs[other]]) for name in SETS
    }
    print(f"{'AUC [95 % interval over tasks]':<32}{'runs':>5}{'pass':>6}{'tasks':>6}", end="")
    print("".join(f"{name:>20}" for name in ("ours", *BASELINES, "shorter", "others")))
    for name, one in found.items():
        cells = "".join(f"{_cell(interval):>20}" for interval in one.auc.values())
        print(f"{name:<32}{one.n:>5}{one.passed:>6}{one.tasks:>6}{cells}")
    if given.json:
        given.json.write_text(json.dumps({name: one.kept() for name, one in found.items()}, indent=1) + "\n", "utf-8")


def _cell(one: Interval) -> str:
    return "–" if one.value is None else f"{one.value:.2f} [{one.low:.2f}, {one.high:.2f}]"


if __name__ == "__main__":
    main()
