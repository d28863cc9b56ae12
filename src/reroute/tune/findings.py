"""What a check found wrong with a dataset, an order or a grader."""

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
    found: str
    action: str
    where: str = ""
    count: int = 1


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
        return [
            Finding(level, rule, found, action, self._where((level, rule, found, action)), count)
            for (level, rule, found, action), count in self._counts.items()
        ]

    def _where(self, key: tuple[Level, str, str, str]) -> str:
        more = self._counts[key] - len(self._places[key])
        return ", ".join(self._places[key]) + (f" and {more} more" if more else "")


def errors(findings: list[Finding]) -> list[Finding]:
    """The findings that keep a dataset from being submitted."""
    return [finding for finding in findings if finding.level == "error"]
