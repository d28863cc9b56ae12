"""Claude Code sessions: ``~/.claude/projects/<folder>/<session>.jsonl`` and ``agent-<id>.jsonl``.

Written by Anthropic's Claude Code (https://code.claude.com/docs); the lines are specified nowhere: ``{"type": "user" |
"assistant" | "system" | "summary" | ..., "uuid", "parentUuid", "sessionId", "isSidechain", "message"}`` with messages
as in the Messages API (https://docs.anthropic.com/en/api/messages). One model response is several lines of one
``message.id``, each with the usage so far. A session is one trajectory, a side chain (sub-agent) a lane of its own in
it; a file may hold several sessions. Web exports wrap the lines in ``{"loglines": [...]}``.

Marker: a line of those types with a ``message`` and a ``uuid``, ``sessionId`` or ``cwd``, a summary with ``leafUuid``,
a ``file-history-snapshot``; or ``loglines``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from reroute.formats._reading.decode import decode, each
from reroute.formats._reading.document import Document, Record
from reroute.formats.claude_code.session import Line, Session
from reroute.trace import Rejected, Trajectory

NAME = "claude-code"
VERSION = 2
UNIT: Literal["record", "file"] = "file"

_LINE = msgspec.json.Decoder(Line)


class _Export(msgspec.Struct):
    loglines: list[msgspec.Raw]


_EXPORT = msgspec.json.Decoder(_Export)


def matches(document: Document) -> bool:
    """A line that only Claude Code writes, or its web export."""
    for value in document.head:
        if not isinstance(value, dict):
            continue
        kind, is_message = value.get("type"), isinstance(value.get("message"), dict)
        named = not value.keys().isdisjoint({"uuid", "sessionId", "cwd"})
        if isinstance(value.get("loglines"), list) or kind == "file-history-snapshot":
            return True
        if kind in ("user", "assistant"):
            found = named and is_message and not value["message"].keys().isdisjoint({"role", "content"})
        elif kind == "summary":
            found = "leafUuid" in value
        elif kind == "system":
            found = named and "subtype" in value
        else:
            found = kind is None and is_message and value.keys() >= {"sessionId", "requestId"}
        if found:
            return True
    return False


def read(document: Document) -> Iterator[Trajectory | Rejected]:
    """A trajectory for each session of the file that has at least one step."""
    sessions: dict[str | None, Session] = {}
    current: str | None = None

    def take(record: Record) -> Iterable[Trajectory]:
        nonlocal current
        line = decode(_LINE, record.data)
        current = line.sessionId or current
        session = sessions.pop(None, None) or sessions.get(current) or Session(document.stem)
        sessions[current] = session
        session.add(line, record.index)
        return ()

    records = document.records()
    if document.layout == "object":
        records = each(
            records,
            lambda record: [
                Record(index, record.offset, bytes(raw))
                for index, raw in enumerate(decode(_EXPORT, record.data).loglines)
            ],
        )
    yield from each(records, take)
    for session_id, session in sessions.items():
        if session.steps.done:
            yield session.trajectory(NAME, session_id)
    if sessions and not any(session.steps.done for session in sessions.values()):
        kinds = ", ".join(sorted({kind for session in sessions.values() for kind in session.skipped}))
        yield Rejected(index=-1, offset=0, reason=f"no message and no call in this session: {kinds or 'nothing'} alone")
