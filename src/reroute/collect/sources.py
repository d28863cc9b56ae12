"""Where traces come from: each source lists its files; reading them is the formats' business."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from reroute.errors import UsageError
from reroute.settings import FILE_NAME, Project

GIVEN = "files"
"""Name of the source of paths that are in no configured source."""
HIDDEN = "hidden"
_LISTED = "a link to a folder that is listed by another name"
_CIRCLE = "a link to a folder that it lies in"
_OURS = "a link into the data of this project"
_SPECIAL = "neither a file nor a folder"


@dataclass(frozen=True)
class SourceFile:
    """One file of a source, as it was when it was listed."""

    source: str
    name: str
    """Path relative to the source, with forward slashes; bytes that are no UTF-8 are written as ``\\xNN``."""
    path: Path
    size: int
    mtime_ns: int


@dataclass(frozen=True)
class Unreadable:
    """A file or folder of a source that cannot be listed or read."""

    source: str
    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.source}: {self.name}: {self.reason}"


@dataclass(frozen=True)
class PassedBy:
    """A file or folder of a source that is not listed."""

    source: str
    name: str
    reason: str
    """In words; ``HIDDEN`` for a hidden one."""


@dataclass(frozen=True)
class FolderSource:
    """A file, or the regular files under ``place`` in the order of their names; hidden files and folders are left out.

    Links to files are followed. So are links to folders, by the link's name, unless their target is listed anyway: each
    folder is listed once, by its device and inode.
    """

    name: str
    """Part of every trajectory's identity."""
    place: Path
    base: Path
    """What file names are relative to."""
    skip: Path | None = None
    """A folder that is ours and no source, such as data_dir."""
    whole: Path | None = None
    """The folder of the source as it is configured, where ``place`` is only a part of it."""

    def files(self) -> Iterator[SourceFile | Unreadable | PassedBy]:
        """Every file in a fixed order, what could not be listed, and what is left out. Never raises OSError."""
        waiting, visited = [(self.place, self.place.is_dir())], set[tuple[int, int]]()
        while waiting:
            path, is_folder = waiting.pop()
            try:
                stat = path.stat()
                if not is_folder:
                    yield SourceFile(self.name, self._relative(path), path, stat.st_size, stat.st_mtime_ns)
                    continue
                if self.skip is not None and self.skip.exists() and path.samefile(self.skip):
                    continue
                if (stat.st_dev, stat.st_ino) in visited:  # a link has led here before
                    yield PassedBy(self.name, self._relative(path), _LISTED)
                    continue
                visited.add((stat.st_dev, stat.st_ino))
                with os.scandir(path) as listing:
                    entries = sorted(listing, key=lambda entry: entry.name, reverse=True)
            except OSError as error:
                yield Unreadable(self.name, self._relative(path), error.strerror or str(error))
                continue
            for entry in entries:  # the last one first: what is pushed last is visited next
                found = self._entry(path, entry)
                if isinstance(found, bool):
                    waiting.append((path / entry.name, found))
                else:
                    yield found

    def _entry(self, folder: Path, entry: os.DirEntry[str]) -> bool | PassedBy:
        """Whether what stands in a folder is a folder to be listed (else a file), or why it is left out."""
        path, reason = folder / entry.name, None
        is_folder = path.is_dir()
        if entry.name.startswith("."):
            reason = HIDDEN
        elif is_folder and entry.is_symlink():
            reason = self._unfollowed(path)
        elif not is_folder and path.exists() and not path.is_file():
            reason = _SPECIAL
        return is_folder if reason is None else PassedBy(self.name, self._relative(path), reason)

    def _unfollowed(self, link: Path) -> str | None:
        """Why a link to a folder is not followed; None where it is."""
        target, whole = link.resolve(), self.whole or self.place
        if self.skip is not None and target.is_relative_to(self.skip):
            return _OURS
        if link.parent.resolve().is_relative_to(target):
            return _CIRCLE
        inside = target.relative_to(whole).parts if target.is_relative_to(whole) else None
        return None if inside is None or any(part.startswith(".") for part in inside) else _LISTED

    def lacks(self, name: str) -> bool:
        """Whether a file of this name belongs to what is listed and is not there."""
        try:
            return is_below(name, self._relative(self.place)) and not (self.base / name).is_file()
        except OSError:
            return False  # it may be there, but cannot be looked at

    def _relative(self, path: Path) -> str:
        relative = path.relative_to(self.base) if path.is_relative_to(self.base) else path
        if self.base == Path("/"):
            relative = path
        return os.fsencode(relative.as_posix()).decode("utf-8", "backslashreplace")


def is_below(name: str, place: str) -> bool:
    """Whether the name of a file is ``place``, or lies in that folder; ``.`` is the folder of the source itself."""
    if place == ".":
        return not name.startswith("/")
    return name == place or name.startswith(f"{place.rstrip('/')}/")


def chosen(project: Project, paths: list[Path] | None) -> list[FolderSource]:
    """The sources of the given paths, or every configured one.

    Raises UsageError where a given path does not exist or would share its name with a configured source, or nothing is
    given and nothing configured.
    """
    sources = configured(project)
    if not paths:
        if not sources:
            raise UsageError(
                "There is nothing to collect: name files or folders (`reroute collect PATH...`), or add [[sources]] to "
                f"{project.root / FILE_NAME} (`reroute init` writes one)."
            )
        return sources
    found = []
    for given in paths:
        path = given.expanduser().resolve()
        if not path.exists():
            raise UsageError(f"Collecting from {path}: there is no such file or folder.")
        if inside := [source for source in sources if path.is_relative_to(source.place)]:
            found.append(replace(inside[0], place=path, whole=inside[0].place))
            continue
        if any(source.name == GIVEN for source in sources):
            raise UsageError(
                f"Collecting from {path}: it lies in no configured source, so its runs belong to the source `{GIVEN}`, "
                f"and {project.root / FILE_NAME} has another source of that name: their files would be taken for each "
                "other's. Add a source with this path instead."
            )
        base = project.root if path.is_relative_to(project.root) else Path("/")
        found.append(FolderSource(GIVEN, path, base=base, skip=project.data_dir))
    return found


def configured(project: Project) -> list[FolderSource]:
    """The ``[[sources]]`` of reroute.toml, in order, whether their places exist or not."""
    sources = []
    for entry in project.settings.sources:
        place = (project.root / Path(entry.path).expanduser()).resolve()
        base = place.parent if place.is_file() else place
        sources.append(FolderSource(entry.name, place, base, project.data_dir))
    return sources


def doubled(project: Project, sources: list[FolderSource]) -> list[str]:
    """A warning for each two places, of the sources or configured, that hold the same files under two names."""
    others = configured(project)
    pairs = {
        tuple(sorted([(source.name, source.place), (other.name, other.place)]))
        for source in sources
        for other in others
        if source.name != other.name
        and (source.place.is_relative_to(other.place) or other.place.is_relative_to(source.place))
    }
    return [
        f"The sources `{one}` ({place}) and `{two}` ({beside}) hold the same files: every run in them counts twice. "
        "Keep one of them, or give them places apart."
        for (one, place), (two, beside) in sorted(pairs)
    ]


def base(project: Project, source: str) -> Path:
    """What the names of a source's files are relative to."""
    return next((each.base for each in configured(project) if each.name == source), project.root)
