"""Codex CLI rollouts: one session a file, ``rollout-<time>-<id>.jsonl``.

Written by OpenAI's Codex (https://github.com/openai/codex, ``codex-rs/protocol``): lines ``{"timestamp", "type",
"payload"}`` with ``session_meta``, ``turn_context``, ``response_item`` (what was sent to the model and what it sent),
``event_msg`` (what the user interface shows) and ``compacted``. Messages and reasoning stand in the file twice, as
item and as event: an event is taken only where no item says the same.

Marker: a line with such a ``type`` and an object as ``payload``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from reroute.formats._reading.decode import each
from reroute.formats._reading.document import Document, Record
from reroute.formats.codex_cli.lines import Line, parse
from reroute.formats.codex_cli.session import Session
from reroute.trace import Rejected, Trajectory

NAME = "codex-cli"
VERSION = 2
UNIT: Literal["record", "file"] = "file"

_TYPES = {"session_meta", "turn_context", "response_item", "event_msg", "compacted"}


def matches(document: Document) -> bool:
    """A line of the declared types with a payload."""
    return any(
        isinstance(value, dict) and str(value.get("type")) in _TYPES and isinstance(value.get("payload"), dict)
        for value in document.head
    )


def read(document: Document) -> Iterator[Trajectory | Rejected]:
    """The session, if it holds at least one step."""
    records: list[Record] = []
    lines: list[tuple[int, Line]] = []

    def parsed(record: Record) -> Iterable[Trajectory]:
        lines.append((record.index, parse(record.data)))
        records.append(record)
        return ()

    yield from each(document.records(), parsed)
    session = Session(lines)
    yield from each(records, session.take)
    if session.steps.done:
        yield session.trajectory(NAME)
    elif lines:
        kinds = ", ".join(sorted({line.payload.type or line.type for _, line in lines}))
        yield Rejected(index=-1, offset=0, reason=f"no message and no call in this session: {kinds} alone")
