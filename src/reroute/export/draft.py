"""A dataset before it is checked and written: rows on their sides, as lines, with what was left out."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from typing import TYPE_CHECKING, Literal

import orjson

from reroute.export.candidates import Drop
from reroute.export.dialects import Dialect
from reroute.export.graders.grader import Grader, Trial
from reroute.export.recipe import Recipe
from reroute.export.rows.row import Row

if TYPE_CHECKING:
    import polars as pl

Split = Literal["train", "validation"]
SIDES: tuple[Split, Split] = ("train", "validation")


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

    @property
    def dropped(self) -> dict[str, int]:
        """How many candidates each rule left out, the most first."""
        counts = Counter(one.rule for one in self.drops)
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    @property
    def ledger(self) -> pl.DataFrame:
        """The drop ledger: one row a candidate left out, sorted by rule; its columns are the fields of
        :class:`reroute.export.candidates.Drop`, all text.
        """
        import polars as pl

        schema = dict.fromkeys((field.name for field in fields(Drop)), pl.String)
        drops = pl.DataFrame(list(map(astuple, self.drops)), schema=schema, orient="row")
        return drops.sort("rule", "candidate", "reason")

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
    placed = [(side(row.candidate.run.group, recipe.seed, recipe.validation_share), row) for row in rows]
    for split in SIDES:
        chosen = sorted((row for where, row in placed if where == split), key=lambda row: row.row_id)
        made += [Line(row, split, number, dialect.line(row)) for number, row in enumerate(chosen)]
    return made


def side(group: str, seed: int, validation_share: float) -> Split:
    """The side of a group; it depends on nothing but the group's name, the seed and the share.

    Whole groups are drawn by hash, so that a group stays where it is when data grows.
    """
    digest = hashlib.blake2b(f"{seed}\0{group}".encode(), digest_size=8).digest()
    return "validation" if int.from_bytes(digest, "big") < validation_share * 2**64 else "train"
