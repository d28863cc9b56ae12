"""What was spent while something was failing, as a share of everything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

    from reroute.episode import Episode


@dataclass(frozen=True)
class Spent:
    """``share`` (0..1) of ``unit`` from the first failure of an episode to its end, each step counted once."""

    share: float
    unit: Literal["tokens", "text"]
    """Tokens as the traces state them; where most sessions state none, the characters of their text."""
    sessions: int
    """Sessions that the share is of."""


def spent(steps: Sequence[pa.Table], episodes: Sequence[Episode]) -> Spent | None:
    """Over the sessions that state tokens if at least half do, else over the text of all; None where that is empty."""
    import polars as pl

    frame = pl.concat([_sizes(table) for table in steps])
    runs = frame.group_by("trajectory_id").agg(pl.col("tokens").sum())
    stating = runs.filter(pl.col("tokens") > 0)["trajectory_id"]
    by_tokens = len(stating) > 0 and 2 * len(stating) >= len(runs)
    if by_tokens:
        frame = frame.filter(pl.col("trajectory_id").is_in(stating.implode()))
    size = "tokens" if by_tokens else "chars"
    whole = int(frame[size].sum())
    if not whole:
        return None
    part = int(_open(frame, episodes)[size].sum())
    return Spent(part / whole, "tokens" if by_tokens else "text", len(stating) if by_tokens else len(runs))


def _sizes(table: pa.Table) -> pl.DataFrame:
    import polars as pl

    names = ["trajectory_id", "version", "lane", "step", "content", "arguments", "input_tokens", "output_tokens"]
    frame = pl.from_arrow(table.select(names))
    assert isinstance(frame, pl.DataFrame)
    tokens = pl.col("input_tokens").fill_null(0) + pl.col("output_tokens").fill_null(0)
    # Bytes stand for characters: they are known without reading the text.
    chars = pl.col("content").str.len_bytes().fill_null(0) + pl.col("arguments").str.len_bytes().fill_null(0)
    return frame.select(*names[:4], tokens.alias("tokens"), chars.alias("chars"))


def _open(frame: pl.DataFrame, episodes: Sequence[Episode]) -> pl.DataFrame:
    """The rows of steps that lie inside an episode, each once."""
    import polars as pl

    rows = [(e.trajectory_id, e.version, e.lane, e.onset_step, e.close_step) for e in episodes]
    spans = pl.DataFrame(rows, ["trajectory_id", "version", "lane", "start", "end"], orient="row")
    if not rows:
        return frame.clear()
    inside = frame.join(spans, on=["trajectory_id", "version", "lane"]).filter(
        pl.col("step").is_between(pl.col("start"), pl.col("end"))
    )
    return inside.unique(["trajectory_id", "version", "step"])
