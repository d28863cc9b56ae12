"""What the doctor says about versions: packages that are missing, and those known not to work together."""

from __future__ import annotations

import importlib.metadata
import tomllib
from pathlib import Path

import pytest

from reroute.operate.doctor import KNOWN_BAD, Finding, examine
from reroute.settings import Project

ROOT = Path(__file__).parents[1]
REAL = importlib.metadata.version


@pytest.mark.parametrize(
    ("package", "version", "well"),
    [
        ("fastapi", "0.149.0", True),
        ("fastapi", "0.150", False),
        ("fastapi", "0.150.0rc1", False),
        ("fastapi", "1.0.0", False),
        ("sqlalchemy", "2.0.58", True),
        ("sqlalchemy", "2.0.58.post1+local", True),
        ("sqlalchemy", "2.1.0b2", False),
        ("sqlalchemy", "2.1.9", False),
        ("sqlalchemy", "2.10", False),
        ("sqlalchemy", "unknown", False),
    ],
)
def test_a_version_known_not_to_work_is_named_with_its_remedy(
    package: str, version: str, well: bool, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda name: version if name == package else REAL(name))
    found = _finding(project, package)
    assert (found.well, found.found) == (well, version)
    assert found.remedy.endswith(f": install '{package}<{_bound(package)}'.") is not well


@pytest.mark.parametrize("package", ["sqlalchemy", "duckdb"])
def test_a_missing_package_is_named(package: str, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name == package:
            raise importlib.metadata.PackageNotFoundError(name)
        return REAL(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    bad = [finding for finding in examine(project) if not finding.well]
    assert [package in finding.remedy for finding in bad] == [True]


def test_every_bound_that_the_doctor_knows_is_the_one_that_is_installed_by() -> None:
    required = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    assert {known.requirement for known in KNOWN_BAD} <= set(required)


def test_every_pinned_version_works() -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if ";" not in line)
    assert [known.package for known in KNOWN_BAD if not known.allows(pins[known.package])] == []


def _finding(project: Project, what: str) -> Finding:
    return next(finding for finding in examine(project) if finding.what == what)


def _bound(package: str) -> str:
    return next(known.bound for known in KNOWN_BAD if known.package == package)
