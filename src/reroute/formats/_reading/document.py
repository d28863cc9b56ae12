"""A file as its records: lines, elements of one array, or one object; never more than a record in memory.

A record over ``record_cap`` bytes is streamed past (hashed, never held) and handed on as rejected.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Literal

import msgspec

from reroute.errors import TraceError
from reroute.formats._reading import layout, split
from reroute.formats._reading.opening import is_plain, opened, plain_name
from reroute.trace import Rejected

Layout = Literal["lines", "array", "object", "unknown"]

RECORD_CAP = 64 * 1024 * 1024
EXCERPT = 2048
"""Most bytes of a rejected record in its excerpt."""
_HEAD_RECORDS = 8
_HEAD_BYTES = 4 * 1024 * 1024
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Record:
    """One JSON value of a file, not yet decoded."""

    index: int
    """0-based: the line's number, or the element's."""
    offset: int
    """Byte offset in the file."""
    data: bytes
    closed: bool = True
    """False for a last line without line end: the writer may still be at it."""


@dataclass(frozen=True)
class Document:
    """A file, or a byte range of a file of lines, as a format sees it.

    The properties raise TraceError where the file cannot be opened; ``records`` and ``whole`` say so in a Rejected.
    """

    name: str
    """Path relative to its source, with forward slashes."""
    path: Path
    start: int = 0
    end: int | None = None
    """Byte range, cut at line ends; only for files of lines."""
    record_cap: int = RECORD_CAP
    """Bytes that one record may have."""
    first_index: int = 0
    """Index of the record at ``start``."""
    companions: tuple[Document, ...] = field(default=(), compare=False)
    """Other files of the same session, in the order of their names: what a format's ``group`` puts together."""

    ledger: Counter[tuple[str, str | None]] = field(default_factory=Counter, compare=False)
    """Records by type, and why they became no step (None: they did): with what was rejected, all of the file."""
    left_out: Counter[str] = field(default_factory=Counter, compare=False)
    """Values that are no part of the steps that they stood in, by what they are: such as clocks out of bounds."""

    @property
    def stem(self) -> str:
        """The file's own name without folder, suffix and compression."""
        return PurePosixPath(plain_name(self.path.name)).stem

    @cached_property
    def plain(self) -> bool:
        """Whether its text lies in the file as it is: neither compressed nor of another encoding. Raises TraceError."""
        try:
            return is_plain(self.path)
        except OSError as error:
            raise self._cannot(error) from error

    @cached_property
    def layout(self) -> Layout:
        """How records lie in the file; ``unknown`` for what is empty, binary or not JSON."""
        prefix, size = self._beginning
        return layout.layout(prefix, PurePosixPath(plain_name(self.path.name)).suffix, whole=size <= layout.PREFIX)

    @cached_property
    def head(self) -> tuple[object, ...]:
        """The first few records, decoded: lines, elements, or the one object; long lists are cut.

        Of a record over the cap or cut off, as much as its first bytes hold; a record that is no JSON is left out, and
        does not count.
        """
        found, seen = list[object](), 0
        for item in self.records():
            data = item.data if isinstance(item, Record) else item.excerpt
            seen += len(data)
            value = layout.outline(data)
            if value is not msgspec.UNSET:
                found.append(value)
            if len(found) == _HEAD_RECORDS or seen > _HEAD_BYTES:
                break
        return tuple(found)

    @property
    def complaint(self) -> str:
        """Why no format claims the file, in words."""
        if self.layout == "unknown":
            return layout.complaint(self._beginning[0])
        return "no known format"

    def records(self) -> Iterator[Record | Rejected]:
        """Every record in order; those over the cap and unreadable files as Rejected. Never raises for bad data."""
        try:
            with opened(self.path, self.record_cap) as stream:
                if self.layout == "lines":
                    yield from self._lines(stream)
                elif self.layout == "array":
                    sound = split.fast_elements(stream.read()) if self._beginning[1] <= self.record_cap else None
                    for index, (offset, data) in enumerate(sound or ()):
                        yield Record(index, offset, data)
                    for index, (start, end, closed) in enumerate(split.element_spans(stream) if sound is None else ()):
                        stream.seek(start)
                        if end - start > self.record_cap:
                            yield self._oversize(stream, index, start, end - start)
                        elif (data := stream.read(end - start).strip()) or closed:
                            yield Record(index, start, data, closed)
                elif self.layout == "unknown":
                    reason = layout.complaint(self._beginning[0])
                    yield Rejected(index=-1, offset=0, reason=reason, excerpt=self._beginning[0][:EXCERPT])
                elif self._beginning[1] > self.record_cap:
                    yield self._oversize(stream, 0, 0, self._beginning[1])
                else:
                    yield Record(0, 0, stream.read().removeprefix(layout.BOM).strip(), closed=False)
        except (OSError, TraceError) as error:
            yield Rejected(index=-1, offset=0, reason=f"cannot be read: {_words(error)}")

    def one_record(self) -> Record | Rejected:
        """The file as one record, for a format whose run is one top-level array; Rejected over the cap."""
        try:
            with opened(self.path, self.record_cap) as stream:
                if self._beginning[1] > self.record_cap:
                    return self._oversize(stream, 0, 0, self._beginning[1])
                return Record(0, 0, stream.read().removeprefix(layout.BOM).strip(), closed=False)
        except (OSError, TraceError) as error:
            return Rejected(index=-1, offset=0, reason=f"cannot be read: {_words(error)}")

    def _lines(self, stream: BinaryIO) -> Iterator[Record | Rejected]:
        stream.seek(self.start)
        offset, index = self.start, self.first_index
        while self.end is None or offset < self.end:
            line = stream.readline(self.record_cap + 1)
            if not line:
                return
            if len(line) > self.record_cap and not line.endswith(b"\n"):
                length = len(line)
                while (piece := stream.readline(_CHUNK)) and not piece.endswith(b"\n"):
                    length += len(piece)
                length += len(piece)
                yield self._oversize(stream, index, offset, length)
                stream.seek(offset + length)
            else:
                length = len(line)
                text = line.removeprefix(layout.BOM).strip() if offset == 0 else line.strip()
                if text:
                    yield Record(index, offset, text, line.endswith(b"\n"))
            offset += length
            index += 1

    def _oversize(self, stream: BinaryIO, index: int, offset: int, length: int) -> Rejected:
        """Hash the record piece by piece."""
        stream.seek(offset)
        digest, excerpt, left = hashlib.sha256(), b"", length
        while left and (chunk := stream.read(min(_CHUNK, left))):
            digest.update(chunk)
            excerpt = excerpt or chunk[:EXCERPT]
            left -= len(chunk)
        reason = f"{length} bytes in one record, over the cap of {self.record_cap}"
        return Rejected(index=index, offset=offset, reason=reason, excerpt=excerpt, sha256=digest.hexdigest())

    @cached_property
    def _beginning(self) -> tuple[bytes, int]:
        """The first bytes of its text, which decide its layout, and how many bytes of text it has."""
        try:
            with opened(self.path, self.record_cap) as stream:
                prefix = stream.read(layout.PREFIX)
                if self.plain:
                    return prefix, stream.seek(0, 2)
                size = len(prefix)
                with contextlib.suppress(OSError):  # what stands before a damaged place counts, and is read
                    while piece := stream.read(_CHUNK):
                        size += len(piece)
                return prefix, size
        except OSError as error:
            raise self._cannot(error) from error

    def _cannot(self, error: OSError) -> TraceError:
        return TraceError(f"Reading {self.name}: {_words(error)}. Check that the file is still there.")


def _words(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
