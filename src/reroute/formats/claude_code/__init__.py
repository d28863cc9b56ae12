"""Claude Code sessions: ``~/.claude/projects/<folder>/<session>.jsonl`` and the files of their sub-agents.

Written by Anthropic's Claude Code (https://code.claude.com/docs); the lines are specified nowhere: ``{"type": "user" |
"assistant" | "system" | "summary" | ..., "uuid", "parentUuid", "sessionId", "isSidechain", "message"}`` with messages
as in the Messages API (https://docs.anthropic.com/en/api/messages). One model response is several lines of one
``message.id``, each with the usage so far. A session is one trajectory. Its lines are a tree (``tree.py``): an
abandoned branch is a lane of its own, and so is each sub-agent (side chain), whether it stands in the session's file or
in ``<session>/subagents/agent-<id>.jsonl``. A file may hold several sessions; lines that go on from a line of another
session belong to the same run; a fork names the session that it was copied from (``forkedFrom``). A sub-agent's call is
the one whose ``toolUseResult`` names the agent. Commands in the background end by a notice or by a look at them, calls
are denied by a result's words or by a line of the program. Web exports wrap the lines in ``{"loglines": [...]}``;
``--output-format stream-json`` saves lines or an array of them, with ``session_id``, ``parent_tool_use_id`` and a last
record ``result``.

Marker: a line of those types with a ``message`` and a ``uuid``, ``sessionId``, ``session_id`` or ``cwd``, a summary
with ``leafUuid``, a ``file-history-snapshot``; or ``loglines``.
"""

from __future__ import annotations

import heapq
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

import msgspec

from reroute.formats._reading.decode import decode, each
from reroute.formats._reading.document import Document, Record
from reroute.formats.claude_code.known import KEYS, RECORD_TYPES, STAPLES, side_file
from reroute.formats.claude_code.lines import Entry, entry
from reroute.formats.claude_code.session import Session
from reroute.formats.claude_code.tree import Tree, read_tree
from reroute.trace import Rejected, Trajectory

__all__ = ["KEYS", "NAME", "RECORD_TYPES", "STAPLES", "UNIT", "VERSION", "group", "matches", "read", "side_file"]

NAME = "claude-code"
VERSION = 4
UNIT: Literal["record", "file"] = "file"

_SIDE_FILE = re.compile(r"(.+)/subagents/(?:.+/)?[^/]+\.jsonl\Z")
_SESSION_FILE = re.compile(r"((?:.*/)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.jsonl\Z")
_NAMES = {"uuid", "sessionId", "session_id", "cwd"}


class _Export(msgspec.Struct):
    loglines: list[msgspec.Raw]


_EXPORT = msgspec.json.Decoder(_Export)


def group(name: str) -> str | None:
    """The session's own file, which its id names, with the files of its sub-agents."""
    found = _SIDE_FILE.match(name) or _SESSION_FILE.match(name)
    return f"{NAME}:{found.group(1)}" if found else None


def matches(document: Document) -> bool:
    """A line that only Claude Code writes, or its web export."""
    for value in document.head:
        if not isinstance(value, dict):
            continue
        kind, is_message = value.get("type"), isinstance(value.get("message"), dict)
        named = not value.keys().isdisjoint(_NAMES)
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
    """A trajectory for each session that has at least one step; sub-agents' files are lanes of their session's."""
    files = [document, *document.companions]
    own = [file for file in files if not file.stem.startswith("agent-")]
    if own:
        yield from _read([own[0], *(file for file in files if file not in own)], document)
    for file in own[1:] if own else files:
        yield from _read([file], document)


def _decoded(file: Document, name: str | None) -> Iterator[Entry | Rejected]:
    """The lines of a file; ``name`` is the companion's, None for the document itself."""
    lines = each(file.records(), _exported) if file.layout == "object" else file.records()
    for found in each(lines, lambda record: [entry(record, name)]):
        yield msgspec.structs.replace(found, file=name) if isinstance(found, Rejected) else found


def _read(files: list[Document], document: Document) -> Iterator[Trajectory | Rejected]:
    """The sessions of the first file, with what the others hold of them."""
    timed: list[list[tuple[int, int, Entry]]] = []
    for number, file in enumerate(files):
        at, lines = 0, []
        for found in _decoded(file, None if file is document else file.name):
            if isinstance(found, Rejected):
                yield found
                continue
            at = max(at, found.at or 0)  # a clock that never goes back: files are merged by it, lines keep their order
            lines.append((at, number, found))
        timed.append(lines)
    entries = [one for _, _, one in heapq.merge(*timed, key=lambda line: line[:2])]
    ledgers = {None if file is document else file.name: file.ledger for file in files}
    yield from _runs(entries, files[0].stem, ledgers)


def _runs(
    entries: list[Entry], stem: str, ledgers: Mapping[str | None, Counter[tuple[str, str | None]]]
) -> Iterator[Trajectory | Rejected]:
    """The sessions that the lines of one or several files make up."""
    tree = read_tree(entries)
    sessions = _sessions(entries, tree)
    ends: dict[int, int] = {}
    place = -1

    def take(_: Record) -> Iterable[Trajectory]:
        nonlocal place
        place += 1
        one, session = entries[place], sessions[place]
        if place in tree.repeated:
            ledgers[one.file][one.name, "repeated line"] += 1
            return ()
        forked = {lane: ends[after] for lane, after in tree.begins.items() if after in ends}
        reason = session.add(one, tree.branch.get(place), forked)
        ledgers[one.file][one.name, reason] += 1
        if (last := session.last_step()) is not None:
            ends[place] = last
        return ()

    for bad in each((one.record for one in entries), take):
        yield msgspec.structs.replace(bad, file=entries[place].file)
    own = list({id(session): session for session in sessions}.values())
    for session in own:
        if session.steps.done:
            yield session.trajectory(NAME, stem)
    if own and not any(session.steps.done for session in own):
        kinds = ", ".join(sorted({one.name for one in entries}))
        yield Rejected(index=-1, offset=0, reason=f"no message and no call in this session: {kinds or 'nothing'} alone")


def _sessions(entries: list[Entry], tree: Tree) -> list[Session]:
    """The session of each line: that of its session id, else, for an id that is new, of the line that it goes on from.

    Lines without an id belong to the session of the line before them.
    """
    found: list[Session] = []
    by_id: dict[str | None, Session] = {}
    current: str | None = None
    for place, one in enumerate(entries):
        current = one.line.session or current
        session = by_id.pop(None, None) or by_id.get(current)
        if session is None:
            before = tree.repeated.get(place, tree.parent.get(place))
            session = Session(tree.starts) if before is None else found[before]
        by_id[current] = session
        found.append(session)
    return found


def _exported(record: Record) -> Iterator[Record]:
    for index, raw in enumerate(decode(_EXPORT, record.data).loglines):
        yield Record(index, record.offset, bytes(raw))
