"""The drop ledger: what an export left out, by which rule, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, fields
from typing import TYPE_CHECKING

from reroute.export.candidates import Drop

if TYPE_CHECKING:
    import polars as pl


def frame(drops: Sequence[Drop]) -> pl.DataFrame:
    """One row a candidate left out, sorted by rule; the columns are the fields of :class:`Drop`, all text."""
    import polars as pl

    schema = dict.fromkeys((field.name for field in fields(Drop)), pl.String)
    return pl.DataFrame(list(map(astuple, drops)), schema=schema, orient="row").sort("rule", "candidate", "reason")


def summary(drops: Sequence[Drop]) -> dict[str, int]:
    """How many each rule left out, the most first."""
    import polars as pl

    counts = frame(drops).group_by("rule").agg(pl.len().alias("n")).sort(["n", "rule"], descending=[True, False])
    return dict(counts.iter_rows())
