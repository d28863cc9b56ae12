"""The fidelity ledger: every record of a source is in a step, or left out under a named reason.

The unit is the smallest record that a source has: the line of a session; of a run in one record, that record and each
message, turn or item in it. Values that were left out of a step that stays are counted beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from reroute.formats._reading.decode import BAD_RECORD, decode
from reroute.formats._reading.document import Record

REJECTED = "rejected: it is in quarantine"
REJECTED_WITH = "rejected with the record that it stands in"
BARE = ""
"""Stands for the key of a record that is a list itself."""
_ANY = msgspec.json.Decoder()


Inside = Callable[[Any], Iterable[str]]
"""The type of each record inside a decoded one."""


def refuse(ledger: Counter[tuple[str, str | None]], inside: Inside, record: Record) -> None:
    """Count what lies inside a record that is rejected."""
    try:
        value = decode(_ANY, record.data)
    except BAD_RECORD:
        return
    ledger.update((kind, REJECTED_WITH) for kind in inside(value))


def within(kinds: Mapping[str, str], value: Any, base: str = "") -> Iterator[str]:
    """The type of each record inside a value by its list: ``kinds`` has it by key, of a list in a list ``key/key``."""
    held = value if isinstance(value, dict) else {BARE: value}
    for key, items in held.items():
        for item in items if f"{base}{key}" in kinds and isinstance(items, list) else ():
            yield kinds[f"{base}{key}"]
            if isinstance(item, dict):
                yield from within(kinds, item, f"{base}{key}/")
