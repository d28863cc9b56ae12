"""The wheel as others have it: installed in an environment of its own, run in an empty folder, no checkout near."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEMO = "reroute-demo"
VERBS = (
    ["collect", "-C", DEMO],
    ["tag", "-C", DEMO],
    ["review", "plan", "-C", DEMO],
    ["export", "recovery-sft", "-C", DEMO],
    ["dataset", "preflight", "recovery-sft@latest", "-C", DEMO],
    ["report", "-C", DEMO],
    ["status", "-C", DEMO],
    ["look", f"{DEMO}/simulated/traces/mini-swe-agent"],
    ["doctor", "-C", DEMO],
    ["init"],
)
"""One of each stage, and what stands beside the stages."""


def _run(command: list[str | Path], folder: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (
        f"{command} ended with {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    )
    return done.stdout


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built with the hatchling of this environment: no network."""
    if not importlib.util.find_spec("hatchling"):
        pytest.skip("hatchling is not here (`make setup-dev` installs it)")
    folder = tmp_path_factory.mktemp("built")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet"]
    command = [*pip, "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT]
    subprocess.run(command, check=True, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment with the wheel in it; what Reroute needs is seen from this one, Reroute is not."""
    folder = tmp_path_factory.mktemp("elsewhere")
    _run([sys.executable, "-m", "venv", "--without-pip", folder], folder)
    programs = folder / "bin"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", programs / "python", "install"]
    _run([*pip, "--quiet", "--no-deps", "--no-index", wheel], folder)
    (packages,) = folder.glob("lib/python*/site-packages")
    # A folder that a .pth file names is searched, but its own .pth files, of which one leads to src/, are not read.
    (packages / "needed.pth").write_text(f"{sysconfig.get_path('purelib')}\n{sysconfig.get_path('platlib')}\n")
    return programs


@pytest.fixture(scope="session")
def folder(elsewhere: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which nothing was but what the demo made."""
    empty = tmp_path_factory.mktemp("empty")
    _run([elsewhere / "reroute", "demo", "--plain"], empty)
    return empty


def test_it_carries_what_an_operator_edits_and_no_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for content in ("sql", "labeling", "exports", "flows"):
        ours = {
            p.relative_to(ROOT).as_posix() for p in (ROOT / content).rglob("*") if p.is_file() and p.suffix != ".pyc"
        }
        assert {f"reroute/_content/{name}" for name in ours} - names == set()
    assert "reroute/_content/prefect.yaml" in names
    assert [name for name in names if "test" in name or name.endswith(".pyc")] == []


def test_it_is_what_runs(elsewhere: Path, tmp_path: Path) -> None:
    found = _run([elsewhere / "python", "-c", "import reroute, sys; print(reroute.__file__, *sys.path)"], tmp_path)
    module, *path = found.split()
    assert Path(module).is_relative_to(elsewhere.parent)
    assert str(ROOT / "src") not in path


def test_the_demo_and_a_verb_of_each_stage_run_in_an_empty_folder(elsewhere: Path, folder: Path) -> None:
    assert (folder / DEMO / "data/reports/report.html").is_file()
    assert {made.name for made in (folder / DEMO / "data/datasets").iterdir()} >= {"recovery-sft", "recovery-rft"}
    for verb in VERBS:
        assert _run([elsewhere / "reroute", *verb], folder), verb


@pytest.mark.server
def test_the_flow_that_it_carries_runs(elsewhere: Path, folder: Path) -> None:
    _run([elsewhere / "reroute", "nightly", "-C", DEMO], folder)
