"""What a check found wrong with a dataset, a job or a grader."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

Level = Literal["error", "warning", "note"]
_PLACES_SHOWN = 3


@dataclass(frozen=True)
class Finding:
    """One thing to know before money is spent; an error keeps the dataset from being submitted."""

    level: Level
    rule: str
    """What was checked, in a word, such as ``row-length``."""
    found: str
    action: str
    """What to do about it."""
    where: str = ""
    """The file, the line as ``train.jsonl:17``, the model, or the part of the grader."""
    count: int = 1
    """Places at which it was found."""


@dataclass
class RowFindings:
    """Collects what is wrong with rows, so that a thousand equal complaints become one with a count."""

    _counts: Counter[tuple[Level, str, str, str]] = field(default_factory=Counter)
    _places: dict[tuple[Level, str, str, str], list[str]] = field(default_factory=dict)

    def add(self, level: Level, rule: str, found: str, action: str, where: str) -> None:
        """Note one complaint at one place, such as ``train.jsonl:17``."""
        key = (level, rule, found, action)
        self._counts[key] += 1
        places = self._places.setdefault(key, [])
        if len(places) < _PLACES_SHOWN:
            places.append(where)

    def findings(self) -> list[Finding]:
        """One finding a complaint, in the order in which they first appeared."""
        found = []
        for key, count in self._counts.items():
            places = self._places[key]
            more = count - len(places)
            where = ", ".join(places) + (f" and {more} more" if more else "")
            found.append(Finding(*key, where, count))
        return found
