"""What became of a file's records, taken down where it is decoded; no store is needed for it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from reroute.formats import odd_keys
from reroute.safe_text import one_line

if TYPE_CHECKING:
    from reroute.collect.messages import Read
    from reroute.formats import Document, Format
    from reroute.redact import Redactor

_OTHERS = "others"
_MOST_NAMES = 40
"""Unknown types or keys of one file that are named."""
_CHARACTERS = 60


def measure(fmt: Format, document: Document, answer: Read, redactor: Redactor) -> None:
    """Set in ``answer`` what became of a document's records once it is read; names that are not known are redacted."""
    safe: dict[str, str] = {}

    def named(name: str) -> str:
        if name not in safe and len(safe) >= _MOST_NAMES:
            return _OTHERS
        return safe.setdefault(name, redactor.text(document.name, one_line(name, _CHARACTERS))[0] or _OTHERS)

    declared = getattr(fmt, "RECORD_TYPES", frozenset({"record"}))
    counts: Counter[tuple[str, str | None]] = Counter()
    for (kind, reason), number in document.ledger.items():
        counts[kind if kind in declared else named(kind), reason] += number
    answer.fidelity = sorted(((kind, reason, number) for (kind, reason), number in counts.items() if number), key=repr)
    answer.left_out = dict(sorted(document.left_out.items()))
    keys = odd_keys(fmt, document)
    answer.new_keys = sorted({named(key) for key in keys.new})
    answer.missing_keys = sorted(keys.lacking)
