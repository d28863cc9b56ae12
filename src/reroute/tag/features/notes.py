"""Messages and reasoning: what they say of a failure, of giving up, of success. English, and conservative."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from reroute.tag.features import claims, observations
from reroute.tag.features.lexicons import ascii_classes
from reroute.tag.features.rules import NotePattern, Rules
from reroute.tag.features.schema import notes_schema

if TYPE_CHECKING:
    import pyarrow as pa

_FLAGS = ("acknowledges", "reports", "hands_over", "claims_success", "claims_change", "withdraws", "blames", "stalled")
_CLOSING = 220  # characters at the end of a message in which it asks
_BEGINNING = 80
_HEAD, _TAIL = 3000, 1000  # characters of a message that are read


def notes(frame: pl.DataFrame, rules: Rules) -> pa.Table:
    """The notes of located steps (``pairing.located``)."""
    spoken = pl.col("type").is_in(["message", "reasoning"]) & pl.col("role").is_in(["user", "assistant"])
    silent = (pl.col("role") == "assistant") & (pl.col("content").fill_null("").str.strip_chars() == "")
    spoken &= ~silent
    events = (pl.col("type") == "event") & pl.col("content").is_not_null()
    frame = _among_agents(frame).with_columns(
        alone=~pl.col("is_call").any().over("lane_key", "turn"), calls=pl.col("is_call").sum().over("lane_key")
    )
    rows = frame.filter(spoken | events).with_columns(text=_shortened())
    # A limit is named in an event, or at the very beginning of what stands as the agent's words.
    shown = pl.when(pl.col("role") == "assistant").then(pl.col("text").str.head(_BEGINNING)).otherwise(pl.col("text"))
    named = [
        pl.when(_hit(pattern, shown)).then(pl.lit(pattern.note.removeprefix("limit_")))
        for pattern in rules.notes
        if pattern.note.startswith("limit_")
    ]
    rows = rows.with_columns(limit=pl.coalesce(*named, pl.lit(None, dtype=pl.String)))
    rows = rows.filter(spoken | pl.col("limit").is_not_null() | _matches("stalled", rules))
    ending = pl.col("text").str.strip_chars_end(" \t\r\n\"')*_").str.ends_with("?")
    # Long counted repetitions are dear, so only the end is looked at.
    asking = ending | pl.col("text").str.tail(_CLOSING).str.contains(rules.phrases.question)
    last = pl.col("step") == pl.col("step").filter(pl.col("type") == "message").max().over("lane_key")
    flags = {name: _matches(name, rules) for name in _FLAGS}
    for name in flags.keys() - {"acknowledges", "stalled"}:  # those may stand in reasoning and events too
        flags[name] &= pl.col("type") == "message"
    for name in ("reports", "hands_over"):  # what is said to the person stands in a turn that calls nothing
        flags[name] &= pl.col("alone")
    flags["withdraws"] &= pl.col("actions_before") > 0
    rows = rows.with_columns(
        **{name: flag.fill_null(value=False) for name, flag in flags.items()},
        asks=_says("assistant", "message") & pl.col("alone") & asking,
        after_action=pl.col("actions_before"),
        is_last=last.fill_null(value=False),
        tokens=_words(pl.when(_says("user", "message")).then(pl.col("content")), rules),
    )
    closing = _says("assistant", "message") & pl.col("alone") & (pl.col("actions_before") == pl.col("calls"))
    rows = claims.unsupported(frame, rows, rows.filter(closing), rules)
    return rows.select(notes_schema().names).to_arrow(compat_level=pl.CompatLevel.oldest()).cast(notes_schema())


def _among_agents(frame: pl.DataFrame) -> pl.DataFrame:
    """``frame`` where a message that another agent of the lane takes up is reasoning: no person is spoken to."""
    if frame["agent"].null_count() == frame.height:
        return frame
    agent = pl.col("role") == "assistant"
    acts = pl.col("type").is_in(["message", "call"]) & (agent | (pl.col("role") == "user"))
    speaker = pl.when(acts).then(pl.when(agent).then(pl.coalesce("agent", "role")).otherwise(pl.lit("")))
    following = speaker.shift(-1).backward_fill().over("lane_key")
    taken_up = agent & (pl.col("type") == "message") & (following != "") & (following != speaker)
    return frame.with_columns(type=pl.when(taken_up.fill_null(value=False)).then(pl.lit("reasoning")).otherwise("type"))


def person_messages(frame: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """The words that a person said before each action of a lane: lane_key, action, user_tokens."""
    said = frame.filter(_says("user", "message") & (pl.col("actions_before") > 0))
    limit = int(rules.thresholds["tokens_max"])
    words = said.select("lane_key", action=pl.col("actions_before"), user_tokens=_words(pl.col("content"), rules))
    return words.group_by("lane_key", "action", maintain_order=True).agg(
        pl.col("user_tokens").explode(empty_as_null=False).unique(maintain_order=True).head(limit)
    )


def announced(frame: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """The actions (lane_key, action) of which the agent says that they take its changes back."""
    said = frame.filter((pl.col("role") == "assistant") & pl.col("type").is_in(["message", "reasoning"]))
    said = said.with_columns(text=_shortened())
    back = said.filter(_matches("reverts", rules) & ~_matches("reapplies", rules))
    return back.select("lane_key", action=pl.col("actions_before")).unique(maintain_order=True)


def _words(text: pl.Expr, rules: Rules) -> pl.Expr:
    return observations.tokens(text.fill_null("").str.head(4 * int(rules.thresholds["tokens_text"])), rules)


def _shortened() -> pl.Expr:
    content = pl.col("content").fill_null("")
    long = content.str.len_bytes() > _HEAD + _TAIL
    return (
        pl.when(long)
        .then(pl.concat_str(content.str.head(_HEAD), pl.lit("\n"), content.str.tail(_TAIL)))
        .otherwise(content)
    )


def _says(role: str, kind: str) -> pl.Expr:
    return (pl.col("role") == role) & (pl.col("type") == kind)


def _matches(name: str, rules: Rules) -> pl.Expr:
    """Whether any pattern of a note matches what its roles say."""
    hits = [_hit(pattern, pl.col("text")) for pattern in rules.notes if pattern.note == name]
    return pl.any_horizontal(pl.lit(value=False), *hits)


def _hit(pattern: NotePattern, text: pl.Expr) -> pl.Expr:
    return pl.col("role").is_in(list(pattern.roles)) & text.str.contains(ascii_classes(pattern.pattern))
