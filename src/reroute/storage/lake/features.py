"""The feature files of a part: derived by ``tag``, beside their checksums, and made again where they are damaged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reroute.storage.lake.integrity import sha256

if TYPE_CHECKING:
    from reroute.settings import Project

TABLES = ("actions", "notes")


def paths(project: Project, part: str, rules: str) -> dict[str, Path]:
    """Where the files lie that the feature rules with this hash made, by table."""
    folder = project.lake / "features"
    return {table: folder / f"{part}-{rules}.{table}.parquet" for table in TABLES}


def seal(project: Project, part: str, rules: str) -> None:
    """Write down what the files hash to, once all are there."""
    _sums(project, part, rules).write_text(_hashes(project, part, rules), "utf-8")


def whole(project: Project, part: str, rules: str) -> bool:
    """Whether the files are those that were sealed."""
    sums = _sums(project, part, rules)
    return sums.is_file() and sums.read_text("utf-8", "replace") == _hashes(project, part, rules)


def fault(project: Project, part: str, rules: str) -> str | None:
    """What is wrong with the files; None where nothing is seen, as with files of before there were checksums."""
    missing = [path for path in paths(project, part, rules).values() if not path.is_file()]
    if missing:
        return f"{missing[0]} is not there"
    if _sums(project, part, rules).is_file() and not whole(project, part, rules):
        return f"{paths(project, part, rules)['actions']} or the file beside it is not the one that was written"
    return None


def _sums(project: Project, part: str, rules: str) -> Path:
    return project.lake / "features" / f"{part}-{rules}.sums"


def _hashes(project: Project, part: str, rules: str) -> str:
    return " ".join(sha256(path) if path.is_file() else "-" for path in paths(project, part, rules).values())
