"""A provider of the OpenAI dialect on 127.0.0.1 that remembers what it was sent and misbehaves on demand."""

from __future__ import annotations

import email.parser
import email.policy
import json
import os
import signal
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from loopback_server import Handler as BaseHandler
from loopback_server import LoopbackServer

Json = dict[str, object]


@dataclass(frozen=True)
class Fault:
    """What to do to one request; ``after`` the work that was asked for was done, or instead of it."""

    do: Callable[[Handler], None]
    after: bool = False


def status(
    code: int, error: Json | None = None, headers: dict[str, str] | None = None, *, after: bool = False
) -> Fault:
    """Answer with this status."""
    return Fault(lambda handler: handler.answer(code, {"error": error or {"message": "no"}}, headers), after)


def cut(*, after: bool) -> Fault:
    """Break the connection without an answer."""
    return Fault(lambda handler: handler.reset(), after)


def cut_body(*, after: bool = True) -> Fault:
    """Break the connection in the middle of the answer."""
    return Fault(lambda handler: handler.half(), after)


def garbled(*, after: bool = True) -> Fault:
    """Answer 200 with what is not JSON."""
    return Fault(lambda handler: handler.send(200, b'{"id": "ftjob-'), after)


def slow(seconds: float, *, after: bool = True) -> Fault:
    """Answer nothing for longer than the client waits."""
    return Fault(lambda handler: (time.sleep(seconds), handler.reset()), after)  # type: ignore[func-returns-value]


def kill(*, after: bool) -> Fault:
    """kill -9 the process that asks, before or after the work was done."""
    return Fault(lambda handler: handler.kill(), after)


@dataclass
class Loopback(LoopbackServer):
    """The server and all it knows; ``faults`` are used up one a matching request."""

    files: list[Json] = field(default_factory=list)
    contents: dict[str, bytes] = field(default_factory=dict)
    jobs: list[Json] = field(default_factory=list)
    events: list[Json] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    statuses: list[str] = field(default_factory=list)
    """What the job's status becomes, one step a look."""
    file_statuses: list[str] = field(default_factory=list)
    page: int = 2
    client: int | None = None
    """Process to kill."""
    hides_jobs_for: int = 0
    """How many listings a new job stays out of."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fault(self, request: str, *faults: Fault) -> None:
        """Misbehave on the next requests such as ``POST /fine_tuning/jobs``."""
        self.faults.setdefault(request, []).extend(faults)

    def count(self, request: str) -> int:
        return self.requests.count(request)

    def upload(self, filename: str, content: bytes) -> Json:
        file_id = f"file-{len(self.files) + 1}"
        state = self.file_statuses[0] if self.file_statuses else "processed"
        file: Json = {"id": file_id, "object": "file", "bytes": len(content), "created_at": 1, "filename": filename}
        self.files.append(file | {"purpose": "fine-tune", "status": state})
        self.contents[file_id] = content
        return self.files[-1]

    def create(self, body: Json) -> Json:
        job: Json = {"id": f"ftjob-{len(self.jobs) + 1}", "object": "fine_tuning.job", "status": "validating_files"}
        self.jobs.append(job | {"fine_tuned_model": None, "error": None} | body)
        return self.jobs[-1]

    def look(self, job: Json) -> Json:
        if self.statuses:
            job["status"] = self.statuses.pop(0)
        if job["status"] == "succeeded":
            job["fine_tuned_model"] = f"ft:{job['model']}:acme::1"
        return job

    def listed(self, items: list[Json], query: dict[str, list[str]]) -> Json:
        """A page, newest first, as the provider's lists are."""
        newest = list(reversed(items))
        ids = [item["id"] for item in newest]
        start = ids.index(query["after"][0]) + 1 if "after" in query else 0
        return {
            "object": "list",
            "data": newest[start : start + self.page],
            "has_more": start + self.page < len(newest),
        }


class Handler(BaseHandler):
    """One request."""

    world: Loopback

    def serve(self) -> None:
        body = self.body()
        parts = urlsplit(self.path)
        steps = parts.path.removeprefix("/v1").strip("/").split("/")
        name = f"{self.command} /{'/'.join(steps)}"
        with self.world.lock:
            self.world.requests.append(name)
            self.world.keys.add(self.headers.get("authorization", ""))
            waiting = self.world.faults.get(name, [])
            fault = waiting.pop(0) if waiting else None
            instead = fault is not None and not fault.after
            reply = None if instead else self._work(steps, parse_qs(parts.query), body)
        if fault:
            fault.do(self)
        else:
            self.answer(200, reply or {})

    def _work(self, steps: list[str], query: dict[str, list[str]], body: bytes) -> Json:
        world = self.world
        if steps == ["files"]:
            return world.upload(*self._multipart(body)) if self.command == "POST" else world.listed(world.files, query)
        if steps[0] == "files":
            return self._file(steps[1])
        if steps == ["fine_tuning", "jobs"]:
            return world.create(json.loads(body)) if self.command == "POST" else self._jobs(query)
        job = next(job for job in world.jobs if job["id"] == steps[2])
        if steps[3:] == ["events"]:
            return world.listed(world.events, query)
        if steps[3:] == ["cancel"]:
            job["status"] = "cancelled"
            return job
        return world.look(job)

    def _jobs(self, query: dict[str, list[str]]) -> Json:
        if self.world.hides_jobs_for:
            self.world.hides_jobs_for -= 1
            return self.world.listed(self.world.jobs[:-1], query)
        return self.world.listed(self.world.jobs, query)

    def _file(self, file_id: str) -> Json:
        file = next(file for file in self.world.files if file["id"] == file_id)
        if self.world.file_statuses:
            file["status"] = self.world.file_statuses.pop(0)
        return file

    def _multipart(self, body: bytes) -> tuple[str, bytes]:
        head = f"content-type: {self.headers['content-type']}\r\n\r\n".encode()
        message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
        parts = {part.get_param("name", header="content-disposition"): part for part in message.iter_parts()}
        assert parts["purpose"].get_content().strip() == "fine-tune"
        return str(parts["file"].get_filename()), parts["file"].get_payload(decode=True)

    def answer(self, code: int, value: Json, headers: dict[str, str] | None = None) -> None:
        self.send(code, json.dumps(value).encode(), headers)

    def half(self) -> None:
        self.send(200, b'{"id": "ftjob-1", "sta', length=400)
        self.wfile.flush()
        self.reset()

    def reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.shutdown(socket.SHUT_RDWR)
        self.connection.close()

    def kill(self) -> None:
        if self.world.client:
            os.kill(self.world.client, signal.SIGKILL)
        self.close_connection = True


Loopback.handler = Handler

REPLIES: dict[str, type[LoopbackServer]] = {"azure": Loopback, "openai": Loopback}
"""What plays the wire of each provider in the tests, with the replies that its interface gives."""
