"""One task of collect: decode chunks, give every run its identity, redact, and stage the rows as lake parts.

Runs in this process or in a decoding process of its own (``_decode_worker``); sees no store.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import msgspec

from reroute.collect.chunk import Chunk
from reroute.errors import TraceError
from reroute.formats import Document, formats, identify, read
from reroute.redact import Redactor
from reroute.storage.lake.columns import Identified, tables
from reroute.storage.lake.parts import PartWriter, Staged
from reroute.trace import Outcome, Rejected, Trajectory, chain, number, trajectory_id

BATCH_WEIGHT = 8 * 1024 * 1024
"""Bytes of text that are held as Python objects at a time."""
_EXCERPT_CHARACTERS = 500


class Task(msgspec.Struct, frozen=True):
    """What one process is asked to decode."""

    chunks: list[Chunk]
    staging: str
    """A folder that does not exist yet."""
    part_bytes: int
    record_cap: int
    keep_raw: bool


class Head(msgspec.Struct, frozen=True):
    """What the decision about a run needs; the rest of its header lies in the staged part."""

    trajectory_id: str
    version: str
    steps: int
    chain: bytes
    """The prefix hash of each step, eight bytes each."""
    source: str
    path: str
    source_index: int
    format: str
    ended_at: int | None
    has_run_id: bool
    outcome: Outcome | None
    part: int
    """Index of the staged part; -1 where an equal version lies in an earlier one of this task."""

    def link(self, steps: int) -> str:
        """The prefix hash through the first ``steps`` steps."""
        return self.chain[8 * (steps - 1) : 8 * steps].hex()


class Refused(msgspec.Struct, frozen=True):
    """A record for quarantine, redacted."""

    quarantine_id: str
    source: str
    path: str
    format: str
    source_index: int
    byte_offset: int
    reason: str
    sha256: str
    excerpt: str
    raw: bytes | None


class Read(msgspec.Struct):
    """What became of one chunk."""

    sha256: str = ""
    format: str | None = None
    trajectories: int = 0
    rejected: int = 0
    unchanged: bool = False
    continues: bool = True
    """It holds what it held when it was last read, and perhaps more behind it; so does what was never read."""
    known_lines: int = 0
    """Lines of the file up to the place where it ended when it was last read."""
    in_lines: bool = False
    wrong: str | None = None
    """The first thing in it that could not be read."""
    problem: str | None = None
    """Why the file could not be read at all: it is tried again next time."""


class Decoded(msgspec.Struct):
    """What became of a task."""

    reads: list[Read] = msgspec.field(default_factory=list)
    heads: list[Head] = msgspec.field(default_factory=list)
    refused: list[Refused] = msgspec.field(default_factory=list)
    parts: list[Staged] = msgspec.field(default_factory=list)


def decode(task: Task, redactor: Redactor) -> Decoded:
    """Decode a task's chunks in order.

    Raises StoreError where the disk does not take the parts; anything wrong with a file is in the answer.
    """
    staging = _Staging(task, redactor)
    for chunk in task.chunks:
        staging.out.reads.append(_read_chunk(chunk, task, staging))
    staging.finish()
    return staging.out


def open_chunk(chunk: Chunk, record_cap: int) -> Document:
    """The chunk as its reader sees it."""
    end = None if chunk.whole else chunk.end
    return Document(chunk.name, chunk.local_path, chunk.start, end, record_cap, chunk.first_index)


def identified(source: str, path: str, run: Trajectory) -> Identified:
    """The run with its identity and version."""
    rows = list(map(msgspec.structs.astuple, number(run.steps)))
    links = list(chain(rows))
    return Identified(trajectory_id(source, run.run_id, links[-1].hex()), source, path, run, rows, links)


def _read_chunk(chunk: Chunk, task: Task, staging: _Staging) -> Read:
    answer = Read()
    try:
        _hash(chunk, answer)
        if chunk.known_fresh and chunk.known_sha256 == answer.sha256:
            answer.unchanged = True
            return answer
        document = open_chunk(chunk, task.record_cap)
        fmt = formats()[chunk.format] if chunk.format else identify(document)
        answer.in_lines = document.layout == "lines"
    except TraceError as error:
        answer.problem = str(error)
        return answer
    except OSError as error:
        answer.problem = error.strerror or str(error)
        return answer
    answer.format = fmt.NAME if fmt else None
    if chunk.known and answer.format != chunk.known_format and answer.sha256 != chunk.known_sha256:
        answer.continues = False  # what was added made something else of it
    if fmt is None:
        answer.wrong = document.complaint
        return answer
    for found in read(fmt, document):
        if isinstance(found, Rejected):
            if found.index < 0 and found.reason.startswith("cannot be read"):
                answer.problem = found.reason
                continue
            answer.rejected += 1
            answer.wrong = answer.wrong or found.reason
            staging.refuse(chunk, fmt.NAME, found)
        else:
            answer.trajectories += 1
            staging.add(identified(chunk.source, chunk.name, found))
    return answer


class _Staging:
    """The parts of a task while they fill."""

    def __init__(self, task: Task, redactor: Redactor) -> None:
        self.out = Decoded()
        self._task = task
        self._redactor = redactor
        self._writer: PartWriter | None = None
        self._batch: list[Identified] = []
        self._weight = 0
        self._versions: set[tuple[str, str]] = set()

    def add(self, item: Identified) -> None:
        key = (item.trajectory_id, item.version)
        part = -1 if key in self._versions else len(self.out.parts)
        self.out.heads.append(_head(item, part))
        if part < 0:
            return
        self._versions.add(key)
        self._batch.append(item)
        self._weight += item.weight
        if self._weight >= min(BATCH_WEIGHT, self._task.part_bytes):
            self._flush()

    def refuse(self, chunk: Chunk, format_name: str, found: Rejected) -> None:
        place = f"{chunk.source}\0{chunk.name}\0{found.index}\0{found.offset}\0{found.sha256}\0"
        key = hashlib.blake2b(place.encode() + found.excerpt, digest_size=8).hexdigest()
        excerpt, _ = self._redactor.text(key, _excerpt(found.excerpt))
        reason, _ = self._redactor.text(key, found.reason)
        raw = found.excerpt if self._task.keep_raw else None
        place_of = (chunk.source, chunk.name, format_name, found.index, found.offset)
        digest = found.sha256 or hashlib.sha256(found.excerpt).hexdigest()
        self.out.refused.append(Refused(key, *place_of, reason, digest, excerpt[:_EXCERPT_CHARACTERS], raw))

    def finish(self) -> None:
        """Close what is open."""
        self._flush()
        if self._writer:
            self.out.parts.append(self._writer.close())

    def _flush(self) -> None:
        if not self._batch:
            return
        if self._writer is None:
            self._writer = PartWriter(Path(self._task.staging) / str(len(self.out.parts)))
        self._writer.add(*tables(self._batch, self._redactor), self._weight)
        self._batch, self._weight = [], 0
        if self._writer.weight >= self._task.part_bytes:
            self.out.parts.append(self._writer.close())
            self._writer = None


def _head(item: Identified, part: int) -> Head:
    run = item.trajectory
    return Head(
        trajectory_id=item.trajectory_id,
        version=item.version,
        steps=len(item.rows),
        chain=b"".join(item.chain),
        source=item.source,
        path=item.path,
        source_index=run.source_index,
        format=run.format,
        ended_at=run.ended_at,
        has_run_id=run.run_id is not None,
        outcome=run.outcome,
        part=part,
    )


def _excerpt(data: bytes) -> str:
    """The text of an excerpt; what may be half a secret at its cut is left out."""
    text = data.decode("utf-8", "replace")
    if len(data) < 1024:
        return text
    return text[: max(text.rfind(mark) for mark in ' \n,;{}[]"')] + " ..."


def _hash(chunk: Chunk, answer: Read) -> None:
    """Hash the chunk, and see whether it begins with the bytes that it had when it was last read."""
    digest, at, last = hashlib.sha256(), chunk.start, b"\n"
    answer.continues, answer.known_lines = not chunk.known, chunk.first_index
    with chunk.local_path.open("rb", buffering=0) as stream:
        os.lseek(stream.fileno(), chunk.start, os.SEEK_SET)
        for end in sorted({min(chunk.known_end, chunk.end), chunk.end}):
            while at < end and (data := stream.read(min(1 << 20, end - at))):
                digest.update(data)
                at, last = at + len(data), data[-1:]
                if at <= chunk.known_end:
                    answer.known_lines += data.count(b"\n")
            if at == chunk.known_end:
                answer.continues |= digest.hexdigest() == chunk.known_sha256
            if end <= chunk.known_end:
                answer.known_lines += last != b"\n"
    answer.sha256 = digest.hexdigest()
