"""Rows of a dataset, before a dialect writes them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from reroute.export.candidates import Candidate
from reroute.export.rows.messages import Message
from reroute.export.rows.tools import Tools
from reroute.lineage import SourcePlace


@dataclass(frozen=True)
class Action:
    """A call as a grader sees it; arguments are JSON text."""

    name: str
    arguments: str


@dataclass(frozen=True)
class Answer:
    """What a reinforcement row is graded by."""

    reference: Action
    forbidden: tuple[Action, ...]
    acceptable: tuple[Action, ...] = ()
    """Actions that recovered from the same failure in other runs of the task."""
    effort: str | None = None
    """Reasoning effort of the recovering reply, where the source states it."""


@dataclass(frozen=True)
class Extent:
    """A file and the records of it that a row shows."""

    file: str
    """Relative to the source."""
    records: tuple[int, int]
    """The first and the last, 0-based."""


@dataclass(frozen=True)
class Row:
    """One row: the conversation, the tools, and for reinforcement the answer."""

    candidate: Candidate
    messages: tuple[Message, ...]
    tools: Tools
    first_step: int
    last_step: int
    tokens: int
    own_text: str
    """What is particular to this row, for finding duplicates: never the instructions that all runs share."""
    files: tuple[Extent, ...]
    """What the steps were read from, in the order in which they begin; the run's session may lie in several files."""
    answer: Answer | None = None
    places: Mapping[str, SourcePlace] = field(default_factory=dict)
    """Where the steps of its episode were read that decide it: onset, manifest and recovery."""

    @property
    def row_id(self) -> str:
        """The row's identity: the candidate and the steps that it shows."""
        key = f"{self.candidate.id}\0{self.candidate.run.version}\0{self.first_step}\0{self.last_step}"
        return hashlib.blake2b(key.encode(), digest_size=8).hexdigest()

    @property
    def trained_steps(self) -> frozenset[tuple[str, int]]:
        """The replies that it trains, by trajectory and step: those with weight 1, or the one that is asked for."""
        run, recovery = self.candidate.run.trajectory_id, self.candidate.recovery
        if self.answer is not None and recovery is not None and recovery.recovery is not None:
            return frozenset({(run, recovery.recovery)})
        return frozenset((run, message.first_step) for message in self.messages if message.weight == 1)

    @property
    def trained(self) -> int:
        """Replies with weight 1."""
        return sum(message.weight == 1 for message in self.messages)
