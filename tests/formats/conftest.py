"""What the tests of formats share: reading a file, and goldens that can be written anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from reroute.formats import read_file
from reroute.trace import Rejected, Trajectory


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-goldens", action="store_true", help="write what is read now beside each sample")


@pytest.fixture
def update_goldens(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-goldens", default=False))


class Reading:
    """Everything that was read from one file."""

    def __init__(self, path: Path, record_cap: int | None = None) -> None:
        self.format, found = read_file(path, record_cap=record_cap)
        items = list(found)
        self.trajectories = [item for item in items if isinstance(item, Trajectory)]
        self.rejected = [item for item in items if isinstance(item, Rejected)]

    @property
    def reasons(self) -> list[str]:
        return [item.reason for item in self.rejected]


@pytest.fixture
def read() -> type[Reading]:
    return Reading
