"""What a format does not know of its files: types of records, keys that are new, keys that are gone.

A format may declare ``RECORD_TYPES`` (those of its ledger; one that ends with a slash stands for all that begin so),
``KEYS`` (all that its records are known to have at the top) and ``STAPLES`` (those without which hardly any of several
files is). One that declares nothing has no drift: its records may hold anything.
"""

from __future__ import annotations

from typing import NamedTuple

from reroute.formats._reading.document import Document

_ALWAYS = {"record"}
"""The type of a record that could not be read."""


class Keys(NamedTuple):
    """The keys of a file's first records."""

    new: frozenset[str]
    """Those that its format does not know."""
    lacking: frozenset[str]
    """Staples of its format that none of them has."""


def is_known(fmt: object, record_type: str) -> bool:
    """Whether a format knows records of this type."""
    known: frozenset[str] = getattr(fmt, "RECORD_TYPES", frozenset())
    begins = f"{record_type.partition('/')[0]}/"
    return not known or record_type in known | _ALWAYS or (begins in known and record_type != begins)


def odd_keys(fmt: object, document: Document) -> Keys:
    """The keys of the document's first few records against those that its format declares."""
    seen = {key for value in document.head if isinstance(value, dict) for key in value}
    known: frozenset[str] = getattr(fmt, "KEYS", frozenset())
    staples: frozenset[str] = getattr(fmt, "STAPLES", frozenset())
    return Keys(frozenset(seen - known if known else ()), staples - seen if seen else frozenset())
