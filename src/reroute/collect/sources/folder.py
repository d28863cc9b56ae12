"""A file or a folder with everything below it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


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
class FolderSource:
    """Regular files under ``place``, in the order of their names; hidden files and folders are passed by.

    Links to files are followed, links to folders are not: they may lead in a circle.
    """

    name: str
    place: Path
    base: Path
    """What file names are relative to."""
    skip: Path | None = None
    """A folder that is ours and no source, such as data_dir."""

    def files(self) -> Iterator[SourceFile | Unreadable]:
        """Every file in a fixed order, and what could not be listed."""
        if self.place.is_dir():
            yield from self._walk(self.place)
        else:
            yield self._file(self.place)

    def lacks(self, name: str) -> bool:
        """Whether a file of this name belongs to what is listed and is not there."""
        try:
            return is_below(name, self._relative(self.place)) and not (self.base / name).is_file()
        except OSError:
            return False  # it may be there, out of reach

    def _walk(self, folder: Path) -> Iterator[SourceFile | Unreadable]:
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            yield Unreadable(self.name, self._relative(folder), _words(error))
            return
        for entry in entries:
            path = folder / entry.name
            if entry.name.startswith(".") or path == self.skip:
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from self._walk(path)
            elif entry.is_file() or not path.exists():
                yield self._file(path)

    def _file(self, path: Path) -> SourceFile | Unreadable:
        try:
            stat = path.stat()
        except OSError as error:
            return Unreadable(self.name, self._relative(path), _words(error))
        return SourceFile(self.name, self._relative(path), path, stat.st_size, stat.st_mtime_ns)

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


def _words(error: OSError) -> str:
    return error.strerror or str(error)
