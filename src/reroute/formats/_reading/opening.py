"""Opening a trace file: compressed files and UTF-16 are read as the UTF-8 text that they hold.

Told by their first bytes, not by their names: gzip (RFC 1952), Zstandard (RFC 8878), UTF-16 with or without a byte
order mark (RFC 2781), as a Windows shell writes what is redirected into a file.
"""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, BinaryIO

from reroute.errors import TraceError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_UTF16 = {
    b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"{\0": "utf-16-le", b"[\0": "utf-16-le",
    b"\0{": "utf-16-be", b"\0[": "utf-16-be",
}  # fmt: skip
_SUFFIXES = (".gz", ".zst", ".zstd")
_BUFFER = 1024 * 1024


def plain_name(name: str) -> str:
    """The name of a file without the suffix of its compression."""
    suffix = next((suffix for suffix in _SUFFIXES if name.lower().endswith(suffix)), "")
    return name[: len(name) - len(suffix)] if suffix else name


def is_plain(path: Path) -> bool:
    """Whether the file's bytes are its text, so that a range of bytes is a range of its text. Raises OSError."""
    with path.open("rb") as stream:
        beginning = stream.read(4)
    return not beginning.startswith((_GZIP, _ZSTD)) and beginning[:2] not in _UTF16


def opened(path: Path, utf16_cap: int) -> BinaryIO:
    """The text of the file as a seekable stream of UTF-8 bytes.

    Raises OSError where the file cannot be opened, TraceError for UTF-16 of more than ``utf16_cap`` bytes, which is
    converted in memory. Where compressed data ends early or is damaged, reading what stands behind it raises OSError.
    """
    stream = io.BufferedReader(io.FileIO(path), _BUFFER)
    beginning = stream.peek(4)[:4]
    if beginning.startswith(_GZIP):
        return io.BufferedReader(_Inflated(gzip.GzipFile(fileobj=stream)), _BUFFER)
    if beginning.startswith(_ZSTD):
        return io.BufferedReader(_Inflated(_zstd().ZstdFile(stream)), _BUFFER)
    if beginning[:2] in _UTF16:
        with stream:
            data = stream.read(utf16_cap + 1)
        if len(data) > utf16_cap:
            raise TraceError(f"UTF-16 text of more than {utf16_cap:,} bytes; save it as UTF-8")
        return io.BytesIO(data.decode(_UTF16[beginning[:2]], "replace").encode())
    return stream


class _Inflated(io.RawIOBase):
    """A compressed stream, of which everything before a damaged place is read before the damage is said."""

    def __init__(self, stream: io.BufferedIOBase) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer)
        try:
            data = self._stream.read1(len(view))
        except (EOFError, zlib.error, _zstd().ZstdError) as error:
            raise OSError(f"the compressed data is damaged or ends early: {error}") from error
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()


def _zstd() -> ModuleType:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd
