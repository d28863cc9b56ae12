"""One task of collect: decode chunks, give every run its identity, redact, and stage the rows as lake parts.

Runs in this process or in a decoding process of its own (``decode_worker``); sees no store.
"""

from __future__ import annotations

import hashlib
import itertools
import os
from dataclasses import replace
from pathlib import Path

import msgspec

from reroute.collect.measure import measure
from reroute.collect.messages import Chunk, Decoded, Head, Read, Refused, Task
from reroute.errors import TraceError
from reroute.formats import Document, Format, formats, identify, passed_by, read
from reroute.hashes import chain, content_hashes, is_said, trajectory_id
from reroute.redact import Redactor
from reroute.storage.lake.columns import Identified, tables
from reroute.storage.lake.part_writer import PartWriter
from reroute.trace import Rejected, Step, Trajectory, number

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
    for _, chunks in itertools.groupby(enumerate(task.chunks), key=lambda one: one[1].group or one[0]):
        _read_session([chunk for _, chunk in chunks], task, staging)
    staging.flush(last=True)
    return staging.out


def identified(source: str, path: str, run: Trajectory) -> Identified:
    """The run with its identity and version."""
    rows = list(map(msgspec.structs.astuple, number(run.steps)))
    links = list(chain(rows))
    version = links[-1].hex()
    contents, paths = content_hashes(run.steps)
    return Identified(
        trajectory_id=trajectory_id(source, run.run_id, version),
        version=version,
        source=source,
        path=path,
        trajectory=run,
        rows=rows,
        chain=links,
        contents=contents,
        paths=paths,
        weight=sum([len(row[_CONTENT] or "") + len(row[_ARGUMENTS] or "") + 100 for row in rows]),
    )


def _read_session(chunks: list[Chunk], task: Task, staging: _Staging) -> None:
    """Read a chunk, or the files of one session together; nothing where all of them are what they were."""
    reads = [Read() for _ in chunks]
    for chunk, answer in zip(chunks, reads, strict=True):
        try:
            _hash(chunk, Path(os.fsdecode(chunk.path)), answer)
        except OSError as error:
            answer.problem = error.strerror or str(error)
    if not chunks[0].missing and all(
        chunk.known_fresh and chunk.known_sha256 == answer.sha256 for chunk, answer in zip(chunks, reads, strict=True)
    ):
        for answer in reads:
            answer.unchanged = True
        staging.out.reads += reads
        return
    opened: dict[str, list[tuple[int, Format, Document]]] = {}
    for place, (chunk, answer) in enumerate(zip(chunks, reads, strict=True)):
        if answer.problem is None and (found := _opened(chunk, task, answer)):
            opened.setdefault(found[0].NAME, []).append((place, *found))
    runs: list[list[Trajectory]] = [[] for _ in chunks]
    for files in opened.values():
        _read_together(files, chunks, reads, runs, staging)
    for chunk, answer, found_here in zip(chunks, reads, runs, strict=True):
        answer.trajectories += len(found_here)
        for run in found_here:
            staging.add(identified(chunk.source, chunk.name, run))
    staging.out.reads += reads


def _opened(chunk: Chunk, task: Task, answer: Read) -> tuple[Format, Document] | None:
    """The chunk as its format sees it; None where none does, or where it cannot be opened."""
    end = None if (chunk.start, chunk.end) == (0, chunk.file_size) else chunk.end
    path = Path(os.fsdecode(chunk.path))
    document = Document(chunk.name, path, chunk.start, end, task.record_cap, chunk.first_index)
    try:
        fmt = formats()[chunk.format] if chunk.format else identify(document)
        answer.in_lines = document.layout == "lines" and document.plain
    except TraceError as error:
        answer.problem = str(error)
        return None
    answer.format = fmt.NAME if fmt else None
    if chunk.known and answer.format != chunk.known_format and answer.sha256 != chunk.known_sha256:
        answer.continues = False  # what was added made something else of it
    if fmt is None:
        answer.wrong = answer.passed_by = passed_by(document)
        return None
    return fmt, document


def _read_together(
    files: list[tuple[int, Format, Document]],
    chunks: list[Chunk],
    reads: list[Read],
    runs: list[list[Trajectory]],
    staging: _Staging,
) -> None:
    """Read files of one format, the first as the document, the others as its companions; a lone one's runs go on."""
    places = {document.name: place for place, _, document in files}
    first, fmt, document = files[0]
    document = replace(document, companions=tuple(other for _, _, other in files[1:]))
    for found in read(fmt, document):
        place = places[found.file] if found.file is not None else first
        answer = reads[place]
        if isinstance(found, Trajectory):
            if len(chunks) > 1:
                runs[place].append(found)
            else:  # a file of many runs is not held in memory
                answer.trajectories += 1
                staging.add(identified(chunks[place].source, chunks[place].name, found))
        elif found.index < 0 and found.reason.startswith("cannot be read"):
            answer.problem = found.reason
        else:
            answer.rejected += 1
            answer.wrong = answer.wrong or found.reason
            staging.refuse(chunks[place], fmt.NAME, found)
    for place, _, read_file in files:
        measure(fmt, read_file, reads[place], staging.redactor)


class _Staging:
    """The parts of a task while they fill."""

    def __init__(self, task: Task, redactor: Redactor) -> None:
        self.out = Decoded()
        self._task = task
        self.redactor = redactor
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
            said=[one for one, step in zip(item.contents, run.steps, strict=True) if is_said(step.role, step.type)],
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
            reason=self.redactor.text(key, found.reason)[0],
            sha256=found.sha256 or hashlib.sha256(found.excerpt).hexdigest(),
            excerpt=self.redactor.text(key, text)[0][:_EXCERPT_CHARACTERS],
            raw=found.excerpt if self._task.keep_raw else None,
        )
        self.out.refused.append(refused)

    def flush(self, *, last: bool = False) -> None:
        """Write the batch; close the part where it is full, or the ``last`` one."""
        if self._batch:
            if self._writer is None:
                self._writer = PartWriter(Path(self._task.staging) / str(len(self.out.parts)))
            self._writer.add(*tables(self._batch, self.redactor), self._weight)
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
