"""A dataset before it is checked and written: rows on their sides, as lines, with what was left out."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from reroute.export.candidates import Drop
from reroute.export.dialects import Dialect
from reroute.export.graders import grader as graders
from reroute.export.graders.grader import Grader, Trial
from reroute.export.recipe import Recipe
from reroute.export.rows.row import Row
from reroute.export.split import Split, side


@dataclass(frozen=True)
class Line:
    """A row as it stands in a file."""

    row: Row
    split: Split
    number: int
    """0-based in its file."""
    data: dict[str, object]

    @property
    def encoded(self) -> bytes:
        return orjson.dumps(self.data) + b"\n"


@dataclass(frozen=True)
class Draft:
    """Everything that a dataset's files are made of."""

    recipe: Recipe
    dialect: Dialect
    lines: tuple[Line, ...]
    drops: tuple[Drop, ...]
    candidates: int
    grader: Grader | None
    trials: tuple[Trial, ...]
    token_method: str
    note: str
    """What the yield was, and what would raise it."""

    def of(self, split: Split) -> list[Line]:
        """The lines of one file, in order."""
        return [line for line in self.lines if line.split == split]

    @property
    def version(self) -> str:
        """A hash of rows, sides, recipe and grader: the same content has the same version (16 hex digits)."""
        digest = hashlib.blake2b(self.recipe.fingerprint.encode(), digest_size=8)
        digest.update((self.grader.source if self.grader else "").encode())
        for line in self.lines:
            digest.update(f"{line.split}\0".encode() + line.encoded)
        return digest.hexdigest()


def lines(rows: Sequence[Row], recipe: Recipe, dialect: Dialect) -> list[Line]:
    """The rows as lines of the two files, each file in order of row id, so that order says nothing."""
    made: list[Line] = []
    sides: tuple[Split, Split] = ("train", "validation")
    placed = [(side(row.candidate.run.group, recipe.seed, recipe.validation_share), row) for row in rows]
    for split in sides:
        chosen = sorted((row for where, row in placed if where == split), key=lambda row: row.row_id)
        made += [Line(row, split, number, dialect.line(row)) for number, row in enumerate(chosen)]
    return made


def tried(grader: Grader | None, made: Sequence[Line]) -> list[Trial]:
    """The grader's self-test on these lines; nothing where there is no grader."""
    return graders.trials(grader, [(line.row.candidate.run.task, line.data) for line in made]) if grader else []
