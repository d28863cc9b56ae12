"""What was spent while something was failing, as a share of everything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

    from reroute.episode import Episode
    from reroute.look.relatives import Copied


_TOKENS = {"input_tokens", "output_tokens"}

_LANE = ["trajectory_id", "version", "lane"]
_READ = [*_LANE, "step", "turn", "parent_step", "ends_call", "content", "arguments", "input_tokens", "output_tokens"]


@dataclass(frozen=True)
class Spent:
    """``share`` (0..1) of ``unit`` in the turns from the reply that made the first failing call of an episode to its
    end, each turn counted once: over one episode what its ``tokens_open`` says.
    """

    share: float
    unit: Literal["tokens", "text"]
    """Tokens as the traces state them; where most sessions state none, the characters of their text."""
    sessions: int
    """Sessions that the share is of."""


def spent(
    steps: Sequence[pa.Table], episodes: Sequence[Episode], copied: Mapping[str, Copied] | None = None
) -> Spent | None:
    """Over the sessions that state tokens if at least half do, else over the text of all; None where that is empty.

    Steps that a session only repeats (``copied``) count with the session to which they belong.
    """
    import polars as pl

    # Bytes stand for characters: they are known without reading the text.
    sizes = {
        "tokens": pl.col("input_tokens").fill_null(0) + pl.col("output_tokens").fill_null(0),
        "chars": pl.col("content").str.len_bytes().fill_null(0) + pl.col("arguments").str.len_bytes().fill_null(0),
    }
    # The end of an episode is a result, whose turn is that of its call.
    call = pl.coalesce("ends_call", "parent_step", "step")
    place = [*_LANE, "step", "turn"]
    frame = pl.concat([pl.DataFrame(table.select(_READ)).select(*place, **sizes, call=call) for table in steps])
    frame = _once(frame, copied or {})
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


def _open(frame: pl.DataFrame, episodes: Sequence[Episode]) -> pl.DataFrame:
    """The steps of the turns in which an episode was open, each once. One that no call failed in was open in none."""
    import polars as pl

    rows = [(e.trajectory_id, e.version, e.lane, e.onset_step, e.close_step) for e in episodes if e.actions]
    spans = pl.DataFrame(rows, dict.fromkeys(_LANE, pl.String) | {"onset": pl.Int32, "close": pl.Int32}, orient="row")
    run, turns = ["trajectory_id", "version"], frame.select(*_LANE[:2], "step", "turn", "call")
    ends = turns.select(*run, close="step", call="call")
    spans = spans.join(ends, on=[*run, "close"]).join(
        turns.select(*run, onset="step", first="turn"), on=[*run, "onset"]
    )
    spans = spans.join(turns.select(*run, call="step", last="turn"), on=[*run, "call"])
    within = frame.join(spans.select(*_LANE, "first", "last"), on=_LANE)
    within = within.filter(pl.col("turn").is_between(pl.col("first"), pl.col("last")))
    return within.unique([*run, "step"])


def _once(frame: pl.DataFrame, copied: Mapping[str, Copied]) -> pl.DataFrame:
    """The steps with nothing in those that a session only repeats; tokens stay where the owner states none of them."""
    import polars as pl

    rows = [(name, one.copied_through, bool(one.stated & _TOKENS)) for name, one in copied.items()]
    schema = {"trajectory_id": pl.String, "through": pl.Int64, "twice": pl.Boolean}
    repeated = (pl.col("step") <= pl.col("through")).fill_null(value=False)
    joined = frame.join(pl.DataFrame(rows, schema, orient="row"), "trajectory_id", "left", maintain_order="left")
    return joined.with_columns(
        tokens=pl.when(repeated & pl.col("twice")).then(0).otherwise(pl.col("tokens")),
        chars=pl.when(repeated).then(0).otherwise(pl.col("chars")),
    ).drop("through", "twice")
