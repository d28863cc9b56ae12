"""How much of a run's history another run holds too, by the content of their steps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS = ("step", "lane", "role", "type", "forked_at", "content_hash")
"""What is read of a run's steps; types and meaning: ``trace.steps_schema``."""
SUMS = ("input_tokens", "output_tokens", "reasoning_tokens", "cached_tokens", "cost_usd")
"""What its steps state of what they used."""
_ON_PATH = {"message", "call", "result"}
_INSTRUCTIONS = {"system", "developer"}


@dataclass(frozen=True)
class Shared:
    """The beginning of a run that another one holds too."""

    through: int
    """The last such step of the run."""
    of: int
    """The step of the other run that this one is equal to."""
    steps: int
    """How many of the run's steps on the path are shared."""
    from_start: bool
    """Nothing of the run's own stands before it."""
    to_end: bool
    """It reaches the last step of the other run."""


@dataclass(frozen=True)
class History:
    """The steps of a run that lie on its path, in order, as a tree.

    Instructions are left out, since copies change them; reasoning and events, since copies leave them out.
    """

    rows: pa.Table
    """The steps of the run, with ``COLUMNS`` and ``SUMS``."""
    steps: list[int] = field(default_factory=list)
    before: list[int | None] = field(default_factory=list)
    """The index of the one before it on its path; None: a path begins."""
    contents: list[int] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)
    """The indexes of the calls."""

    def __post_init__(self) -> None:
        last: dict[str, int | None] = {}
        heads: list[int | None] = []
        columns = [self.rows[name].to_pylist() for name in COLUMNS]
        for step, lane, role, kind, forked_at, content in zip(*columns, strict=True):
            forked = forked_at is not None and forked_at < len(heads)
            head = last.get(lane, heads[forked_at] if forked else None)
            if kind in _ON_PATH and role not in _INSTRUCTIONS:
                if kind == "call":
                    self.calls.append(len(self.steps))
                self.steps.append(step)
                self.before.append(head)
                self.contents.append(content)
                head = len(self.steps) - 1
            last[lane] = head
            heads.append(head)

    def shared_with(self, other: History, *, trimmed: bool) -> Shared | None:
        """The longest beginning that ``other`` holds too, with a call in it; None where there is none.

        Where ``other`` holds it does not matter: a start may have been cut off. With ``trimmed`` what stands before the
        first call may be this run's own, such as a summary of what was cut off.
        """
        found = self._shared_from(0, other) if self.steps else None
        if found is None and trimmed and self.calls:
            found = self._shared_from(self.calls[0], other)
        return found

    def stated(self, name: str, through: int) -> float | None:
        """The sum of a column of ``SUMS`` through a step; None where none states it."""
        stated = [value for value in self.rows[name].slice(0, through + 1).to_pylist() if value is not None]
        return sum(stated) if stated else None

    def _shared_from(self, start: int, other: History) -> Shared | None:
        mine = self._chains(start)
        calls = set(self.calls)
        best: list[tuple[int, int]] = []
        for place in other.places.get(self.contents[start], ()):
            theirs = {chain: index for index, chain in reversed(other._chains(place))}
            common = []
            for index, chain in mine:
                if chain not in theirs:
                    break  # what is equal again after this point was done twice, not copied
                common.append((index, theirs[chain]))
            if len(common) > len(best) and any(index in calls for index, _ in common):
                best = common
        if not best:
            return None
        (last, same), ended = best[-1], len(other.steps) - 1
        to_end = ended in {index for _, index in best}
        return Shared(self.steps[last], other.steps[same], len(best), start == 0, to_end)

    @cached_property
    def places(self) -> dict[int, list[int]]:
        """The indexes of each content."""
        found: dict[int, list[int]] = {}
        for index, content in enumerate(self.contents):
            found.setdefault(content, []).append(index)
        return found

    def _chains(self, start: int) -> list[tuple[int, int]]:
        """The index of each step that follows ``start`` on some path, with a hash of all from there to it."""
        chains = {start: hash((self.contents[start],))}
        for index in range(start + 1, len(self.steps)):
            before = self.before[index]
            if before is not None and before in chains:
                chains[index] = hash((chains[before], self.contents[index]))
        return list(chains.items())


def stated_twice(run: History, other: History, shared: Shared) -> dict[str, float | None]:
    """What the shared steps of ``run`` state that ``other`` states too, by column of ``SUMS``.

    A log of requests states what the last reply used alone: its earlier records then hold what no later one repeats.
    """
    return {
        name: run.stated(name, shared.through) if other.stated(name, shared.of) is not None else None for name in SUMS
    }


def components(edges: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Of each name that an edge has, the smallest name that it is connected with."""
    root: dict[str, str] = {}

    def find(name: str) -> str:
        while root.setdefault(name, name) != name:
            root[name] = root[root[name]]
            name = root[name]
        return name

    for one, other in edges:
        low, high = sorted((find(one), find(other)))
        root[high] = low
    return {name: find(name) for name in root}
