"""Where traces come from: each source lists its files; reading them is the formats' business."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from reroute.collect.sources.folder import FolderSource, SourceFile, Unreadable, is_below
from reroute.errors import UsageError
from reroute.settings import FILE_NAME, Project

__all__ = ["FolderSource", "Source", "SourceFile", "Unreadable", "chosen", "doubled", "is_below"]

GIVEN = "files"
"""Name of the source of paths that are in no configured source."""


class Source(Protocol):
    """A place that traces come from."""

    @property
    def name(self) -> str:
        """Part of every trajectory's identity."""

    def files(self) -> Iterator[SourceFile | Unreadable]:
        """Every file in a fixed order, and what could not be listed. Never raises."""

    def lacks(self, name: str) -> bool:
        """Whether a file of this name belongs to what is listed and is not there."""


def chosen(project: Project, paths: list[Path] | None) -> list[FolderSource]:
    """The sources of the given paths, or every configured one.

    Raises UsageError where a given path does not exist or would share its name with a configured source, or nothing is
    given and nothing configured.
    """
    if paths:
        return [_given(project, path) for path in paths]
    if not project.settings.sources:
        raise UsageError(
            f"There is nothing to collect: name files or folders (`reroute collect PATH...`), or add [[sources]] to "
            f"{project.root / FILE_NAME} (`reroute init` writes one)."
        )
    places = [(entry.name, _place(project, entry.path)) for entry in project.settings.sources]
    return [FolderSource(name, place, _base(place), project.data_dir) for name, place in places]


def doubled(project: Project, sources: list[FolderSource]) -> list[str]:
    """A warning for each two places, of the sources or configured, that hold the same files under two names."""
    configured = [(entry.name, _place(project, entry.path)) for entry in project.settings.sources]
    pairs = {
        tuple(sorted([(source.name, source.place), other]))
        for source in sources
        for other in configured
        if source.name != other[0] and (source.place.is_relative_to(other[1]) or other[1].is_relative_to(source.place))
    }
    return [
        f"The sources `{one}` ({place}) and `{two}` ({beside}) hold the same files: every run in them counts twice. "
        "Keep one of them, or give them places apart."
        for (one, place), (two, beside) in sorted(pairs)
    ]


def base(project: Project, source: str) -> Path:
    """What the names of a source's files are relative to."""
    for entry in project.settings.sources:
        if entry.name == source:
            return _base(_place(project, entry.path))
    return project.root


def _given(project: Project, path: Path) -> FolderSource:
    path = path.expanduser().resolve()
    if not path.exists():
        raise UsageError(f"Collecting from {path}: there is no such file or folder.")
    for entry in project.settings.sources:
        place = _place(project, entry.path)
        if path.is_relative_to(place):
            return FolderSource(entry.name, path, base=_base(place), skip=project.data_dir)
    if any(entry.name == GIVEN for entry in project.settings.sources):
        raise UsageError(
            f"Collecting from {path}: it lies in no configured source, so its runs belong to the source `{GIVEN}`, and "
            f"{project.root / FILE_NAME} has another source of that name: their files would be taken for each other's. "
            "Add a source with this path instead."
        )
    base = project.root if path.is_relative_to(project.root) else Path("/")
    return FolderSource(GIVEN, path, base=base, skip=project.data_dir)


def _place(project: Project, path: str) -> Path:
    return (project.root / Path(path).expanduser()).resolve()


def _base(place: Path) -> Path:
    return place.parent if place.is_file() else place
