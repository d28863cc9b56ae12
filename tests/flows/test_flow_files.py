"""The flow files as files: they load, they are deployed, they hold no logic."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FLOWS = sorted((ROOT / "flows").glob("*.py"))


@pytest.mark.parametrize("path", FLOWS, ids=lambda p: p.stem)
def test_a_flow_file_is_short_and_has_one_flow(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= 80
    decorated = [n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef) and _is_flow(n)]
    assert [n.name for n in decorated] == [path.stem]


def test_every_flow_is_deployed_and_every_deployment_has_its_flow() -> None:
    deployments = yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))["deployments"]
    assert {d["entrypoint"] for d in deployments} == {f"flows/{p.name}:{p.stem}" for p in FLOWS}


def test_the_nightly_deployment_runs_every_night_one_at_a_time() -> None:
    deployments = yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))["deployments"]
    nightly = next(d for d in deployments if d["name"] == "nightly")
    assert nightly["schedules"][0]["cron"] == "0 2 * * *"
    assert nightly["concurrency_limit"] == 1


def test_every_deployment_runs_in_the_persons_own_folder() -> None:
    deployments = yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))["deployments"]
    assert {d["parameters"]["project_dir"] for d in deployments} == {"{{ $REROUTE_PROJECT }}"}


def test_the_nightly_flow_names_every_stage_of_the_package() -> None:
    from reroute.pipeline import STAGES

    spec = importlib.util.spec_from_file_location("nightly_flow", ROOT / "flows/nightly.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    wrapped = [getattr(module, stage.__name__).fn for stage in STAGES.values()]
    assert wrapped == list(STAGES.values())


def _is_flow(node: ast.FunctionDef) -> bool:
    names = [d.func.id for d in node.decorator_list if isinstance(d, ast.Call) and isinstance(d.func, ast.Name)]
    return "flow" in names
