"""Hashes of steps: what a run's identity, its versions and its families go by, and a judged span is found by."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from reroute.trace import Step

_HASHED = Step.__struct_fields__.index("duration_ms")
"""The fields before this one are hashed. What a step cost is stated by some sources after it, so a session collected in
between may lack it; where it stood in its source is not part of what it says."""
_ENCODER = msgspec.msgpack.Encoder()
_ON_PATH = {"message", "call", "result"}


def prefix_hashes(steps: Sequence[Step]) -> list[str]:
    """A hash of all steps up to and including each one (16 hex digits each), in order.

    The chain covers the canonical fields before redaction, without cost, time taken and place in the source: a grown
    session has the hashes of its old version as a prefix, and better redaction changes none.
    """
    return [link.hex() for link in chain(map(msgspec.structs.astuple, steps))]


def chain(rows: Iterable[tuple[object, ...]]) -> Iterator[bytes]:
    """As :func:`prefix_hashes`, in bytes, for steps that are tuples of all their fields already."""
    digest, linked, encode_into = b"", bytearray(), _ENCODER.encode_into
    for row in rows:  # in one buffer all through: texts are copied once
        linked[: len(digest)] = digest
        encode_into(row[:_HASHED], linked, len(digest))
        digest = hashlib.blake2b(linked, digest_size=8).digest()
        yield digest


def content_hashes(steps: Sequence[Step]) -> tuple[list[int], list[int]]:
    """Two hashes of each step, 64 bits each: of what it says, and of the path to it.

    The first covers role, type, tool, arguments (as JSON with sorted keys) and content: what no copy of a history
    changes. The second covers the first and the path hash of the step before it in its lane; an abandoned branch goes
    on from ``forked_at``, any other lane begins anew. Reasoning, events and approvals lie beside the path: they
    have a path hash, and the step behind them does not depend on it, since copies leave them out. ``steps`` are
    numbered and not yet redacted.
    """
    contents: list[int] = []
    paths: list[int] = []
    heads: list[bytes] = []
    last: dict[str, bytes] = {}
    for step in steps:
        said = (step.role, step.type, step.tool, _canonical(step.arguments), step.content)
        content = hashlib.blake2b(_ENCODER.encode(said), digest_size=8).digest()
        begun = last.get(step.lane)
        if begun is None:
            begun = heads[step.forked_at] if step.forked_at is not None and step.forked_at < len(heads) else b""
        path = hashlib.blake2b(begun + content, digest_size=8).digest()
        last[step.lane] = path if step.type in _ON_PATH else begun
        heads.append(last[step.lane])
        contents.append(int.from_bytes(content, "big"))
        paths.append(int.from_bytes(path, "big"))
    return contents, paths


def is_said(role: str, kind: str) -> bool:
    """Whether every copy of a run has such a step: a call, a result or what the agent says.

    A person's messages, reasoning, events and approvals are left out by some sources, and added by newer readers.
    """
    return kind in {"call", "result"} or (kind == "message" and role == "assistant")


def contains(longer: Sequence[int], shorter: Sequence[int]) -> bool:
    """Whether the second sequence of content hashes (of steps that are :func:`is_said`) lies in the first, in order.

    So one version of a run extends another whatever lanes its steps are in, what was read between them, and where a
    copy of it begins.
    """
    rest = iter(longer)
    return all(any(one == other for other in rest) for one in shorter)


def span_hash(steps: Sequence[Step]) -> str:
    """A hash of what was said and done in a span of steps, by which the span is found again (16 hex digits).

    Of the steps in the lane of the first one, in order: role, type, tool, arguments (as JSON with sorted keys and no
    spaces, as they are where they are no JSON) and content. Not hashed is what may differ between two copies of one
    run, or between two readers: time, ids, lane, turn, place, status, tokens. ``steps`` are rows of the lake, redacted;
    placeholders count with their suffixes.
    """
    lane = [step for step in steps if step.lane == steps[0].lane]
    said = [(step.role, step.type, step.tool, _canonical(step.arguments), step.content) for step in lane]
    return hashlib.blake2b(_ENCODER.encode(said), digest_size=8).hexdigest()


def _canonical(arguments: str | None) -> str | None:
    try:
        return arguments and msgspec.json.encode(msgspec.json.decode(arguments), order="sorted").decode()
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return arguments


def trajectory_id(source: str, run_id: str | None, version: str) -> str:
    """The identity of a run: 16 hex digits from the source's name and the run id that it declares.

    A run without an id of its own is identified by its content (``version``).
    """
    key = f"{source}\0{run_id}" if run_id is not None else f"{source}\0\0{version}"
    return hashlib.blake2b(key.encode(), digest_size=8).hexdigest()
