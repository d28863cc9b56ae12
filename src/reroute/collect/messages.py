"""What passes between ``collect`` and its decoding processes: a task of chunks, and what became of it."""

from __future__ import annotations

import msgspec

from reroute.storage.lake.part_writer import Staged
from reroute.trace import Outcome


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
    group: str | None = None
    """What it shares with the other files of its session, which stand beside it in the task; None: it stands alone."""
    missing: tuple[str, ...] = ()
    """Names of files that its session had, and that are not read now."""


class Task(msgspec.Struct, frozen=True):
    """What one process is asked to decode."""

    chunks: list[Chunk]
    staging: str
    """A folder that does not exist yet."""
    part_bytes: int
    record_cap: int
    """Bytes; a longer record is rejected."""
    keep_raw: bool
    """Keep the raw bytes of rejected records."""


class Head(msgspec.Struct, frozen=True):
    """What the decision about a run needs; the rest of its header lies in the staged part."""

    trajectory_id: str
    version: str
    steps: int
    chain: bytes
    """The prefix hash of each step, eight bytes each."""
    said: list[int]
    """The content hash of each step that every copy of the run has (:func:`reroute.hashes.is_said`)."""
    source: str
    path: str
    source_index: int
    format: str
    ended_at: int | None
    """Microseconds since the epoch, UTC."""
    has_run_id: bool
    outcome: Outcome | None
    part: int
    """Index of the staged part; -1 where an equal version lies in an earlier one of this task."""

    def link(self, steps: int) -> str:
        """The prefix hash through the first ``steps`` steps."""
        return self.chain[8 * (steps - 1) : 8 * steps].hex()


class Refused(msgspec.Struct, frozen=True):
    """A record for quarantine, redacted: the columns of the store's table, in their order."""

    quarantine_id: str
    source: str
    path: str
    format: str
    source_index: int
    """0-based record in the file; -1 for the whole file."""
    byte_offset: int
    reason: str
    sha256: str
    """Of the record's bytes."""
    excerpt: str
    raw: bytes | None
    """The record's first bytes as they are; None unless the configuration keeps them."""


class Read(msgspec.Struct):
    """What became of one chunk."""

    sha256: str = ""
    format: str | None = None
    """None: no format's marker is in it, or the file could not be read."""
    trajectories: int = 0
    rejected: int = 0
    unchanged: bool = False
    continues: bool = True
    """It holds what it held when it was last read, and perhaps more behind it; so does what was never read."""
    known_lines: int = 0
    """Lines of the file up to the place where it ended when it was last read."""
    in_lines: bool = False
    """Its records are lines, and its bytes are its text."""
    fidelity: list[tuple[str, str | None, int]] = msgspec.field(default_factory=list)
    """Type of records, why they became no step (None: they did), and how many."""
    left_out: dict[str, int] = msgspec.field(default_factory=dict)
    """Values left out of steps that stay, by what they are."""
    new_keys: list[str] = msgspec.field(default_factory=list)
    """Keys of its first records that its format does not know; redacted."""
    missing_keys: list[str] = msgspec.field(default_factory=list)
    """Keys that hardly any file of its format is without, and that none of its first records has."""
    passed_by: str | None = None
    """Why no format reads it, in words; None for one that is read."""
    wrong: str | None = None
    """The first thing in it that could not be read."""
    problem: str | None = None
    """Why the file could not be read at all: it is tried again next time."""
    again: bool = False
    """Another file of its session could not be read: both are tried again next time."""


class Decoded(msgspec.Struct):
    """What became of a task."""

    reads: list[Read] = msgspec.field(default_factory=list)
    """Of each chunk, in order."""
    heads: list[Head] = msgspec.field(default_factory=list)
    """The runs that were read, in order of chunk and place."""
    refused: list[Refused] = msgspec.field(default_factory=list)
    parts: list[Staged] = msgspec.field(default_factory=list)
