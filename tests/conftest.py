"""What every test may ask for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from reroute.settings import Project, Settings

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def traces() -> Path:
    """The folder of real public traces; tests that need it are skipped where it is missing."""
    folder = Path(os.environ.get("REROUTE_TRACES", ROOT / "../shared/traces")).resolve()
    if not folder.is_dir():
        pytest.skip(f"real traces are not here: {folder} (set REROUTE_TRACES)")
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project with every default."""
    return Project(tmp_path, Settings())


@pytest.fixture
def permissions_hold(tmp_path: Path) -> None:
    """Skips where this user may read what nobody may, as root usually does."""
    probe = tmp_path / "permission-probe"
    probe.touch(mode=0)
    readable = os.access(probe, os.R_OK)
    probe.unlink()
    if readable:
        pytest.skip("this user may read everything")
