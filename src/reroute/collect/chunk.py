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
    file_size: int
    mtime_ns: int
    format: str | None
    """None: whoever decodes it looks."""
    known_sha256: str | None = None
    """Of the same range when it was last read by the same reader and rules: equal bytes need no second reading."""

    @property
    def whole(self) -> bool:
        """Whether this is all of its file."""
        return self.start == 0 and self.end == self.file_size

    @property
    def local_path(self) -> Path:
        return Path(os.fsdecode(self.path))
