"""Decoding in processes of its own: ``main`` answers tasks on stdin and stdout.

A plain child process with msgpack frames, not multiprocessing: it needs no importable ``__main__``, runs under
daemons, and ends by itself when its parent is gone, because stdin ends.
"""

from __future__ import annotations

import gc
import os
import struct
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeVar

import msgspec

from reroute.collect.decoding import decode
from reroute.collect.messages import Decoded, Read, Task
from reroute.errors import RerouteError, StoreError
from reroute.redact import Redactor
from reroute.redact.rules import Rules, load_rules
from reroute.without_pandas import refuse_pandas

if TYPE_CHECKING:
    from reroute.settings import Project

_HEADER = struct.Struct("<Q")
_T = TypeVar("_T")

IN_PROCESS_BYTES = 16 * 1024 * 1024
"""Less than this is decoded by the time that a process has started."""
COMMAND = [sys.executable, "-c", "from reroute.collect.decode_worker import main; main()"]


class _Hello(msgspec.Struct):
    key: bytes
    rules_root: str


class _Failed(msgspec.Struct):
    message: str


class Decoders:
    """Decodes tasks, in this process or in others, and hands the answers on in the order of the tasks."""

    def __init__(self, project: Project, key: bytes, rules: Rules, workload: int) -> None:
        wanted = project.settings.collect.workers or os.cpu_count() or 1
        self._workers = 0 if workload < IN_PROCESS_BYTES else wanted
        self._redactor = Redactor(key, rules)
        self._hello = _Hello(key, str(project.root))
        self._mine = threading.local()
        self._children: list[_Child] = []

    def run(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Decoded]]:
        """Each task with its answer, in order; at most ``workers + 1`` are begun and not yet handed on.

        Raises StoreError where the disk does not take a part.
        """
        if not self._workers:
            yield from ((task, decode(task, self._redactor)) for task in tasks)
            return
        waiting: deque[tuple[Task, Future[Decoded]]] = deque()
        try:
            with ThreadPoolExecutor(self._workers) as pool:
                try:
                    for task in tasks:
                        waiting.append((task, pool.submit(self._ask, task)))
                        if len(waiting) > self._workers:
                            first, future = waiting.popleft()
                            yield first, future.result()
                    while waiting:
                        first, future = waiting.popleft()
                        yield first, future.result()
                finally:
                    for _, future in waiting:
                        future.cancel()
        finally:
            for child in self._children:
                child.stop()

    def _ask(self, task: Task) -> Decoded:
        child = getattr(self._mine, "child", None)
        if child is None:
            child = self._mine.child = _Child(self._hello)
            self._children.append(child)
        answer = child.ask(task)
        if answer is None:  # killed, perhaps for its memory: its files are reported, the others go on
            child.stop()
            self._mine.child = None
            return Decoded(reads=[Read(problem="the decoding process died while reading it") for _ in task.chunks])
        if isinstance(answer, _Failed):
            raise StoreError(answer.message)
        return answer


class _Child:
    """One decoding process."""

    def __init__(self, hello: _Hello) -> None:
        self._process = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdin
        assert self._process.stdout
        self._requests, self._answers = self._process.stdin, self._process.stdout
        _send(self._requests, hello)

    def ask(self, task: Task) -> Decoded | _Failed | None:
        """The answer; None where the process has died."""
        try:
            _send(self._requests, task)
            tag = self._answers.read(1)
            return _receive(self._answers, _Failed) if tag == b"f" else _receive(self._answers, Decoded)
        except (BrokenPipeError, EOFError):
            return None

    def stop(self) -> None:
        """End it, now: nothing that it holds is needed."""
        self._process.kill()
        self._process.communicate()


def _send(stream: IO[bytes], message: msgspec.Struct, tag: bytes = b"") -> None:
    data = msgspec.msgpack.encode(message)
    stream.write(tag + _HEADER.pack(len(data)) + data)
    stream.flush()


def _receive(stream: IO[bytes], kind: type[_T]) -> _T:
    """The next message. Raises EOFError where the other side is gone."""
    header = stream.read(_HEADER.size)
    if len(header) < _HEADER.size:
        raise EOFError
    data = stream.read(_HEADER.unpack(header)[0])
    return msgspec.msgpack.decode(data, type=kind)


def main() -> None:
    """Serve until the parent goes away: a hello, then tasks, each answered before the next is read."""
    requests = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints must not get between the frames
    refuse_pandas()
    import pyarrow as pa

    pa.set_cpu_count(1)  # each process is one core's worth
    pa.set_io_thread_count(1)
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)  # many small objects: they are freed by count, seldom by search
    try:
        hello = _receive(requests, _Hello)
        redactor = Redactor(hello.key, load_rules(Path(hello.rules_root)))
        while True:
            task = _receive(requests, Task)
            try:
                _send(answers, decode(task, redactor), b"d")
            except RerouteError as error:
                _send(answers, _Failed(str(error)), b"f")
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        os._exit(0)  # the parent is done with us, or gone
