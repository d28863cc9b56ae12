"""Decoding a record, with the one repair that is safe; and why a record could not be read, in words.

Decoding is strict JSON by msgspec: no NaN, no trailing text, UTF-8 only, a bounded depth.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import msgspec

from reroute.formats._reading.document import EXCERPT, Record
from reroute.formats._reading.layout import replace_lone_surrogates
from reroute.trace import Rejected

T = TypeVar("T")

BAD_RECORD = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""All that decoding a record may raise."""

_REASON = 500
"""Most characters of a reason."""
_NOT_A_NUMBER = re.compile(rb"[:,\[]\s*-?(?:NaN|Infinity)\b")


def decode(decoder: msgspec.json.Decoder[T], data: bytes) -> T:
    """The decoded record; half surrogate pairs, which Python's own writer leaves behind, become U+FFFD.

    Raises one of ``BAD_RECORD``.
    """
    if not data.isascii():
        str(data, "utf-8")  # the decoder passes by what is no UTF-8 in a field that it does not know
    try:
        return decoder.decode(data)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        whole = replace_lone_surrogates(data)
        if whole == data:
            raise
        return decoder.decode(whole)


def each(
    records: Iterable[Record | Rejected],
    read: Callable[[Record], Iterable[T | Rejected]],
    refused: Callable[[Record], object] | None = None,
) -> Iterator[T | Rejected]:
    """What ``read`` makes of each record; where it raises, whatever that is, that record alone is rejected.

    This is the one place that catches everything that a record may set off. ``refused`` gets each record for which
    ``read`` raised.
    """
    for record in records:
        if isinstance(record, Rejected):
            yield record
            continue
        try:
            yield from read(record)
        except Exception as error:  # noqa: BLE001
            if refused is not None:
                refused(record)
            yield rejected(record, error)


def rejected(record: Record, error: Exception | str) -> Rejected:
    """The record as one that could not be read, with the reason in words."""
    if isinstance(error, str):
        reason = error
    elif isinstance(error, RecursionError | UnicodeDecodeError):
        reason = "not UTF-8" if isinstance(error, UnicodeDecodeError) else "nested too deeply"
    elif not isinstance(error, msgspec.DecodeError):
        reason = f"the reader broke: {type(error).__name__}: {error}"[:_REASON]
    elif isinstance(error, msgspec.ValidationError):
        reason = f"wrong type: {error}"
    elif str(error) == "Input data was truncated":
        reason = "truncated record" if record.closed else "truncated last record"
    elif _NOT_A_NUMBER.search(record.data):
        reason = "NaN or Infinity, which JSON does not have"
    else:
        reason = f"not JSON: {error}"
    digest = hashlib.sha256(record.data).hexdigest()
    return Rejected(
        index=record.index, offset=record.offset, reason=reason, excerpt=record.data[:EXCERPT], sha256=digest
    )
