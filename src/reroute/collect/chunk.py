"""The unit of collect's work: a file, or a piece of one."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec


class Chunk(msgspec.Struct, frozen=True, kw_only=True):
    """A file, or a byte range of a file of lines, cut at line ends."""

    source: str
    name: str
    path: bytes
    """As the file system has it; it may be no UTF-8."""
    start: int
    end: int
    first_index: int
    """Number of the line at ``start``."""
    next_index: int | None = None
    """Number of the line at ``end``; None where the file ends there."""
    file_size: int
    mtime_ns: int
    format: str | None
    """None: whoever decodes it looks."""
    known_end: int = 0
    """Where the chunk that began at ``start`` ended when it was last read."""
    known_sha256: str | None = None
    """Of the bytes up to there; None where no chunk began at ``start``."""
    known_fresh: bool = False
    """They were read by the reader and the rules of today: equal bytes need no second reading."""
    known_format: str | None = None
    known: bool = False
    """Its file was read before."""

    @property
    def whole(self) -> bool:
        """Whether this is all of its file."""
        return self.start == 0 and self.end == self.file_size

    @property
    def local_path(self) -> Path:
        return Path(os.fsdecode(self.path))
