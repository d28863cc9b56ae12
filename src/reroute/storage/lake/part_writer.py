"""Writing one lake part: Parquet under a temporary name, hashed row by row while it is written."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from reroute.errors import StoreError
from reroute.storage.lake.integrity import sha256
from reroute.trace import steps_schema, trajectories_schema

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

STEPS, TRAJECTORIES = "steps.parquet", "trajectories.parquet"
_REPEATING = [
    "trajectory_id", "version", "lane", "role", "type", "agent", "tool", "status", "approval", "approved_by", "effort",
    "model", "source_pointer",
]  # fmt: skip
"""Columns that are written with a dictionary; trying one on long texts costs more than it saves."""


class Staged(msgspec.Struct, frozen=True):
    """A whole part that no one sees yet."""

    name: str
    """Hash of its rows."""
    folder: str
    """Where ``steps.parquet`` and ``trajectories.parquet`` lie."""
    trajectories: int
    """How many versions of trajectories are in it."""
    steps: int
    """How many rows of steps."""
    bytes: int
    """Of the two files together."""
    steps_sha256: str
    trajectories_sha256: str
    """Of the bytes of the two files."""


class PartWriter:
    """Writes one part into ``folder``, a batch of whole trajectories at a time (a row group each)."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.weight = 0
        """Raw bytes so far, as the caller counts them."""
        self._digest = hashlib.sha256()
        self._counts = [0, 0]
        with _explained(folder):
            self._writers = [_open(folder / TRAJECTORIES, trajectories_schema()), _open(folder / STEPS, steps_schema())]

    def add(self, trajectories: pa.Table, steps: pa.Table, weight: int = 0) -> None:
        """Append a batch. Raises StoreError where the disk does not take it."""
        import pyarrow as pa

        self.weight += weight
        for index, table in enumerate((trajectories, steps)):
            self._counts[index] += table.num_rows
            with pa.ipc.new_stream(pa.PythonFile(_Sink(self._digest), mode="w"), table.schema) as stream:
                stream.write_table(table.combine_chunks())
            with _explained(self.folder):
                self._writers[index].write_table(table, row_group_size=max(1, table.num_rows))

    def close(self) -> Staged:
        """Finish the files and let them reach the disk. Raises StoreError where the disk does not take them."""
        with _explained(self.folder):
            for writer in self._writers:
                writer.close()
            for name in (STEPS, TRAJECTORIES):
                descriptor = os.open(self.folder / name, os.O_RDONLY)
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)
            sums = [sha256(self.folder / name) for name in (STEPS, TRAJECTORIES)]
        size = sum((self.folder / name).stat().st_size for name in (STEPS, TRAJECTORIES))
        trajectories, steps = self._counts
        return Staged(self._digest.hexdigest()[:24], str(self.folder), trajectories, steps, size, *sums)


def _open(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    import pyarrow.parquet as pq

    return pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=[name for name in _REPEATING if name in schema.names],
        write_statistics=["trajectory_id", "step"] if "step" in schema.names else ["trajectory_id"],
    )


class _Sink:
    """A file that only hashes what is written to it."""

    closed = False

    def __init__(self, digest: hashlib._Hash) -> None:
        self._digest = digest

    def write(self, data: pa.Buffer) -> int:
        self._digest.update(data)
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"Writing a lake part into {folder}: {os.strerror(error.errno) if error.errno else error}. Nothing of it "
            "was committed. Make room and run `reroute collect` again: it goes on where it stopped."
        ) from error
