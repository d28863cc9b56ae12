"""An episode on a line, with an id as short as it may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os.path import commonprefix
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reroute.episode import Episode

_SHORTEST_ID = 3
"""Characters."""


@dataclass(frozen=True)
class Summary:
    """An episode on a line."""

    short_id: str
    """The shortest beginning of its id that no other episode beside it has."""
    line: str
    episode: Episode


def shortest(ids: Sequence[str]) -> dict[str, str]:
    """For each id its shortest beginning of three characters or more that no other one shares."""
    ordered = sorted(set(ids))
    short = {}
    for index, whole in enumerate(ordered):
        beside = [ordered[i] for i in (index - 1, index + 1) if 0 <= i < len(ordered)]
        shared = [len(commonprefix([whole, other])) for other in beside]  # noqa: RUF071 characters are meant
        short[whole] = whole[: max([_SHORTEST_ID - 1, *shared]) + 1]
    return short
