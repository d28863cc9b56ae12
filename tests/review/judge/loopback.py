"""A chat endpoint on 127.0.0.1 that judges as it is told to, remembers what it was sent, and misbehaves on demand."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from loopback_server import Handler, LoopbackServer

Json = dict[str, object]
Judge = Callable[[Json], Json]
"""From the request's body to the answer's object."""

_CONTROL = re.compile(r"<control-\d-(\w+)>\n(.*?)\n</control-\d-\1>", re.DOTALL)
_RECORDING = re.compile(r"<recording-(\w+)>\n(.*?)\n</recording-\1>", re.DOTALL)


def user(body: Json) -> str:
    """The user's message of a request."""
    return body["messages"][1]["content"]  # type: ignore[index]


def recording(body: Json) -> str:
    """What stands between the fences."""
    found = _RECORDING.search(user(body))
    assert found
    return found[2]


def controls(body: Json) -> list[str]:
    """The right answers to the controls, as anybody reads them."""
    failing = re.compile(r"(?m)^\| (?:Error:|KeyError|The text to replace was not found)")
    return ["yes" if failing.search(text) else "no" for _, text in _CONTROL.findall(user(body))]


def quote(body: Json) -> str:
    """Words of the recording that decide it."""
    found = re.search(r"FAILED .*", recording(body))
    assert found
    return found[0]


def sound(body: Json, **changes: object) -> Json:
    """The answer of somebody who judged."""
    first, second = controls(body)
    told: Json = {"control_1": first, "control_2": second, "reason": "The check is red.", "quote": quote(body)}
    return told | {"failure": "yes", "outcome": "ended", "kind": "check.red", "confidence": 0.8} | changes


@dataclass
class Reply:
    """One answer of the server; ``text`` instead of a judged verdict where it is given."""

    status: int = 200
    text: str | None = None
    refusal: str | None = None
    finish: str = "stop"
    model: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    choices: bool = True
    usage: tuple[int, int] | None = (900, 120)
    delay: float = 0
    error: Json | None = None
    raw: bytes | None = None


@dataclass
class Endpoint(LoopbackServer):
    """The server; ``replies`` are used up one a request, then it judges soundly (or as ``judge`` does)."""

    judge: Judge = sound
    replies: list[Reply] = field(default_factory=list)
    refuses: Callable[[Json], Reply | None] = lambda _: None
    requests: list[Json] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    delay: float = 0
    usage: tuple[int, int] = (900, 120)
    at_once: int = 0
    most_at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self, body: Json) -> Reply:
        with self.lock:
            self.requests.append(body)
            return self.refuses(body) or (self.replies.pop(0) if self.replies else Reply(usage=self.usage))

    def count(self, delta: int) -> None:
        with self.lock:
            self.at_once += delta
            self.most_at_once = max(self.most_at_once, self.at_once)


class _Handler(Handler):
    world: Endpoint

    def serve(self) -> None:
        body = json.loads(self.body())
        self.world.keys.add(self.headers.get("authorization", ""))
        self.world.count(1)
        try:
            self._answer(body, self.world.next(body))
        finally:
            self.world.count(-1)

    def _answer(self, body: Json, reply: Reply) -> None:
        time.sleep(reply.delay or self.world.delay)
        if reply.raw is not None:
            self.send(reply.status, reply.raw, reply.headers)
        elif reply.status != 200:
            self.send(reply.status, json.dumps({"error": reply.error or {"message": "no"}}).encode(), reply.headers)
        else:
            self.send(200, json.dumps(self._completion(body, reply)).encode(), reply.headers)

    def _completion(self, body: Json, reply: Reply) -> Json:
        silent = reply.text is None and reply.refusal is None
        text = json.dumps(self.world.judge(body)) if silent and reply.choices else reply.text
        message = {"role": "assistant", "content": text, "refusal": reply.refusal}
        choice = {"index": 0, "message": message, "finish_reason": reply.finish}
        told: Json = {"id": "c-1", "object": "chat.completion", "created": 1, "model": reply.model or body["model"]}
        told["choices"] = [choice] if reply.choices else []
        if reply.usage:
            told["usage"] = dict(zip(("prompt_tokens", "completion_tokens"), reply.usage, strict=True))
        return told


Endpoint.handler = _Handler
