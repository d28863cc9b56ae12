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
    sums, hashes = _sums(project, part, rules)
    sums.write_text(hashes, "utf-8")


def whole(project: Project, part: str, rules: str) -> bool:
    """Whether the files are those that were sealed."""
    sums, hashes = _sums(project, part, rules)
    return sums.is_file() and sums.read_text("utf-8", "replace") == hashes


def fault(project: Project, part: str, rules: str) -> str | None:
    """What is wrong with the files; None where nothing is seen, as with files of before there were checksums."""
    mine = paths(project, part, rules)
    missing = [path for path in mine.values() if not path.is_file()]
    if missing:
        return f"{missing[0]} is not there"
    if _sums(project, part, rules)[0].is_file() and not whole(project, part, rules):
        return f"{mine['actions']} or the file beside it is not the one that was written"
    return None


def _sums(project: Project, part: str, rules: str) -> tuple[Path, str]:
    """The file of checksums, and what is in it where the feature files are as they were written."""
    found = [sha256(path) if path.is_file() else "-" for path in paths(project, part, rules).values()]
    return project.lake / "features" / f"{part}-{rules}.sums", " ".join(found)
