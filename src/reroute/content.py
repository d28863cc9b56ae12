"""Where the files that an operator reads and edits lie: ``sql/``, ``labeling/``, ``exports/``, ``flows/``.

The wheel carries them inside the package; a checkout has them at its root; a project folder's own copy of a file wins
over both, file by file.
"""

from __future__ import annotations

import csv
from pathlib import Path

from reroute.errors import ConfigError

_PACKAGED = Path(__file__).parent / "_content"
_CHECKOUT = Path(__file__).parents[2]


def shipped() -> Path:
    """The folder that holds the shipped ``sql/``, ``labeling/``, ``exports/`` and ``flows/``."""
    return _PACKAGED if _PACKAGED.is_dir() else _CHECKOUT


def find(relative: str, project: Path | None = None) -> Path:
    """The file at ``relative`` (such as ``sql/thresholds.csv``): the project's own if there is one, else the shipped.

    Raises ConfigError where neither exists.
    """
    for root in (project, shipped()):
        if root is not None and (root / relative).is_file():
            return root / relative
    raise ConfigError(f"Looked for {relative} in {project or 'no project folder'} and in Reroute itself: not there.")


def files(folder: str, pattern: str, project: Path | None = None) -> dict[str, Path]:
    """All files under ``folder`` that match ``pattern``, by path relative to ``folder``, sorted; the project's win."""
    found: dict[str, Path] = {}
    for root in (shipped(), project):
        base = root / folder if root is not None else None
        if base is not None and base.is_dir():
            found |= {path.relative_to(base).as_posix(): path for path in base.rglob(pattern) if path.is_file()}
    return dict(sorted(found.items()))


def rows(relative: str, project: Path | None = None) -> list[dict[str, str]]:
    """The rows of a table such as ``sql/lexicons/kinds.csv``, in order; an empty field is an empty text."""
    with find(relative, project).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
