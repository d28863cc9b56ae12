"""One task of collect: decode chunks, give every run its identity, redact, and stage the rows as lake parts.

Runs in this process or in a decoding process of its own (``decode_worker``); sees no store.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import msgspec

from reroute.collect.messages import Chunk, Decoded, Head, Read, Refused, Task
from reroute.errors import TraceError
from reroute.formats import Document, formats, identify, read
from reroute.redact import Redactor
from reroute.storage.lake.columns import Identified, tables
from reroute.storage.lake.part_writer import PartWriter
from reroute.trace import Rejected, Step, Trajectory, chain, number, trajectory_id

BATCH_WEIGHT = 8 * 1024 * 1024
"""Bytes of text that are held as Python objects at a time."""
_CONTENT, _ARGUMENTS = (Step.__struct_fields__.index(name) for name in ("content", "arguments"))
_EXCERPT_CHARACTERS = 500
_CUT_EXCERPT = 1024
"""A raw excerpt of so many bytes or more may have been cut by its reader, in the middle of a secret."""


def decode(task: Task, redactor: Redactor) -> Decoded:
    """Decode a task's chunks in order.

    Raises StoreError where the disk does not take the parts; anything wrong with a file is in the answer.
    """
    staging = _Staging(task, redactor)
    for chunk in task.chunks:
        staging.out.reads.append(_read_chunk(chunk, task, staging))
    staging.flush(last=True)
    return staging.out


def identified(source: str, path: str, run: Trajectory) -> Identified:
    """The run with its identity and version."""
    rows = list(map(msgspec.structs.astuple, number(run.steps)))
    links = list(chain(rows))
    version = links[-1].hex()
    return Identified(
        trajectory_id=trajectory_id(source, run.run_id, version),
        version=version,
        source=source,
        path=path,
        trajectory=run,
        rows=rows,
        chain=links,
        weight=sum([len(row[_CONTENT] or "") + len(row[_ARGUMENTS] or "") + 100 for row in rows]),
    )


def _read_chunk(chunk: Chunk, task: Task, staging: _Staging) -> Read:
    answer, path = Read(), Path(os.fsdecode(chunk.path))
    try:
        _hash(chunk, path, answer)
        if chunk.known_fresh and chunk.known_sha256 == answer.sha256:
            answer.unchanged = True
            return answer
        end = None if (chunk.start, chunk.end) == (0, chunk.file_size) else chunk.end
        document = Document(chunk.name, path, chunk.start, end, task.record_cap, chunk.first_index)
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
        """Take a run into the batch; of an equal one, only the head."""
        key = (item.trajectory_id, item.version)
        run, part = item.trajectory, -1 if key in self._versions else len(self.out.parts)
        head = Head(
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
        self.out.heads.append(head)
        if part < 0:
            return
        self._versions.add(key)
        self._batch.append(item)
        self._weight += item.weight
        if self._weight >= min(BATCH_WEIGHT, self._task.part_bytes):
            self.flush()

    def refuse(self, chunk: Chunk, format_name: str, found: Rejected) -> None:
        """Take a rejected record, redacted; what may be half a secret at the cut of its excerpt is left out."""
        place = f"{chunk.source}\0{chunk.name}\0{found.index}\0{found.offset}\0{found.sha256}\0"
        key = hashlib.blake2b(place.encode() + found.excerpt, digest_size=8).hexdigest()
        text = found.excerpt.decode("utf-8", "replace")
        if len(found.excerpt) >= _CUT_EXCERPT:
            text = text[: max(text.rfind(mark) for mark in ' \n,;{}[]"')] + " ..."
        refused = Refused(
            quarantine_id=key,
            source=chunk.source,
            path=chunk.name,
            format=format_name,
            source_index=found.index,
            byte_offset=found.offset,
            reason=self._redactor.text(key, found.reason)[0],
            sha256=found.sha256 or hashlib.sha256(found.excerpt).hexdigest(),
            excerpt=self._redactor.text(key, text)[0][:_EXCERPT_CHARACTERS],
            raw=found.excerpt if self._task.keep_raw else None,
        )
        self.out.refused.append(refused)

    def flush(self, *, last: bool = False) -> None:
        """Write the batch; close the part where it is full, or the ``last`` one."""
        if self._batch:
            if self._writer is None:
                self._writer = PartWriter(Path(self._task.staging) / str(len(self.out.parts)))
            self._writer.add(*tables(self._batch, self._redactor), self._weight)
            self._batch, self._weight = [], 0
        if self._writer and (last or self._writer.weight >= self._task.part_bytes):
            self.out.parts.append(self._writer.close())
            self._writer = None


def _hash(chunk: Chunk, path: Path, answer: Read) -> None:
    """Hash the chunk, and see whether it begins with the bytes that it had when it was last read."""
    digest, at, last = hashlib.sha256(), chunk.start, b"\n"
    answer.continues, answer.known_lines = not chunk.known, chunk.first_index
    with path.open("rb", buffering=0) as stream:
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
