"""Codex CLI rollouts: one session a file, ``rollout-<time>-<id>.jsonl``.

Written by OpenAI's Codex (https://github.com/openai/codex, ``codex-rs/protocol``): lines ``{"timestamp", "type",
"payload"}`` with ``session_meta``, ``turn_context``, ``response_item`` (what was sent to the model and what it sent),
``event_msg`` (what the user interface shows) and ``compacted``. Messages and reasoning stand in the file twice, as item
and as event: an event is taken only where no item says the same. Turns that were rolled back are a branch, a lane of
their own. A thread may go on in another file, which names where the first one stops (``history_base``). In code mode
the model writes scripts; the commands that ran in them are the calls, by the items and events that state them, else by
the text of a script that holds one call. The thread of a spawned agent is a run of its own that names its parent. The
flat files of 2025, where a line is the item itself, and the saved events of ``codex exec --json`` are read too.

Marker: a line with such a ``type`` and an object as ``payload``; a first line with ``id``, ``timestamp`` and
``instructions``; ``thread.started`` with a ``thread_id``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from reroute.formats._reading.decode import each
from reroute.formats._reading.document import Document, Record
from reroute.formats.codex_cli.known import KEYS, RECORD_TYPES, STAPLES
from reroute.formats.codex_cli.lines import Payload, Place, parse
from reroute.formats.codex_cli.session import Session
from reroute.trace import Rejected, Trajectory

__all__ = ["KEYS", "NAME", "RECORD_TYPES", "STAPLES", "UNIT", "VERSION", "group", "matches", "read"]

NAME = "codex-cli"
VERSION = 4
UNIT: Literal["record", "file"] = "file"

_ROLLOUT = re.compile(
    r"(?:\A|/)rollout-[^/]*?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})[^/]*\.jsonl\Z"
)
_TYPES = {"session_meta", "turn_context", "response_item", "event_msg", "compacted"}


def group(name: str) -> str | None:
    """All files of one thread, which their names end with."""
    found = _ROLLOUT.search(name)
    return f"{NAME}:{found.group(1)}" if found else None


def matches(document: Document) -> bool:
    """A line of the declared types with a payload, the head of a flat file, or the first event of a saved stream."""
    for value in document.head:
        if not isinstance(value, dict):
            continue
        if str(value.get("type")) in _TYPES and isinstance(value.get("payload"), dict):
            return True
        if value.get("type") == "thread.started" and "thread_id" in value:
            return True
    first = document.head[0] if document.head else None
    return isinstance(first, dict) and "type" not in first and first.keys() >= {"id", "timestamp", "instructions"}


def read(document: Document) -> Iterator[Trajectory | Rejected]:
    """The session of each file that no other one goes on from, if it holds at least one step."""
    threads: list[list[Place]] = []
    for file in (document, *document.companions):
        places: list[Place] = []
        for found in _places(file, None if file is document else file.name):
            if isinstance(found, Rejected):
                yield found
            else:
                places.append(found)
        threads.append(places)
    ledgers = {None: document.ledger} | {file.name: file.ledger for file in document.companions}
    bases = [_base(places, threads) for places in threads]
    counted: set[int] = set()
    for number, places in enumerate(threads):
        if not places or any(base and base[0] is places for base in bases):
            continue
        yield from _session([*_history(number, threads, bases), *places], ledgers, counted)
    for place in (place for places in threads for place in places if id(place) not in counted):
        ledgers[place.file][place.line.name, "the thread went on from before it in another file"] += 1


def _places(file: Document, name: str | None) -> Iterator[Place | Rejected]:
    for found in each(file.records(), lambda record: [Place(parse(record.data), record, name)]):
        yield msgspec.structs.replace(found, file=name) if isinstance(found, Rejected) else found


def _base(places: list[Place], threads: list[list[Place]]) -> tuple[list[Place], int] | None:
    """The file that this one goes on from, and the ordinal that ends what it goes on from."""
    base = _meta(places).history_base
    if base is None or base.end_ordinal_exclusive is None:
        return None
    for other in threads:
        ordinals = [place.line.ordinal for place in other if place.line.ordinal is not None]
        if (
            other is not places
            and ordinals
            and _meta(other).id == base.thread_id
            and ordinals[0] < base.end_ordinal_exclusive
        ):
            return other, base.end_ordinal_exclusive
    return None


def _meta(places: list[Place]) -> Payload:
    return next((place.line.payload for place in places if place.line.type == "session_meta"), Payload())


def _history(
    number: int, threads: list[list[Place]], bases: list[tuple[list[Place], int] | None], depth: int = 0
) -> list[Place]:
    """The lines of other files that stand before those of one, in order."""
    base = bases[number]
    if base is None or depth > len(threads):
        return []
    before, end = base
    at = next(index for index, places in enumerate(threads) if places is before)
    own = [place for place in before if place.line.ordinal is None or place.line.ordinal < end]
    return [*_history(at, threads, bases, depth + 1), *own]


def _session(
    places: list[Place], ledgers: dict[str | None, Counter[tuple[str, str | None]]], counted: set[int]
) -> Iterator[Trajectory | Rejected]:
    """The run of these lines; each line is counted once, though several threads may go on from it."""
    session, number = Session(places), -1

    def take(_: Record) -> Iterable[Trajectory]:
        nonlocal number
        number += 1
        place = places[number]
        known = id(place) in counted
        counted.add(id(place))
        reason = session.take(number, place)
        if not known:
            ledgers[place.file][place.line.name, reason] += 1
        return ()

    for bad in each((place.record for place in places), take):
        yield msgspec.structs.replace(bad, file=places[number].file)
    if session.steps.done:
        yield session.trajectory(NAME)
    elif places:
        kinds = ", ".join(sorted({place.line.payload.type or place.line.type for place in places}))
        yield Rejected(index=-1, offset=0, reason=f"no message and no call in this session: {kinds} alone")
