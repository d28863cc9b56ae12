"""What a result shows, without judging it: the text that is read, its shape, a hash without clocks and counters."""

from __future__ import annotations

import polars as pl

from reroute.tag.features.lexicons import ascii_classes
from reroute.tag.features.rules import Rules

_JOINT = "\n"
_WORD = r"[a-z0-9_]{2,}"


def observed(frame: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """``frame`` with ``obs`` (first 4 kB and last 1 kB), ``observation_chars``, ``empty``, ``bare`` (nothing but the
    word error), ``shape``; nothing of a call without result.
    """
    content = pl.col("result_content")
    trimmed = pl.col("obs").str.strip_chars()
    first = pl.col("trimmed").str.head(1)
    return (
        frame.with_columns(observation_chars=content.str.len_chars().cast(pl.Int32).fill_null(0))
        .with_columns(obs=ends(content, pl.col("observation_chars"), rules))
        .with_columns(trimmed=trimmed)
        .with_columns(
            empty=pl.col("trimmed").is_in(list(rules.words.empty_results)).fill_null(value=True),
            bare=(pl.col("observation_chars") < 80)
            & pl.col("obs").str.contains(rules.phrases.error_alone).fill_null(value=True),
            shape=pl.when(pl.col("result_step").is_null())
            .then(pl.lit("none"))
            .when(pl.col("trimmed").fill_null("") == "")
            .then(pl.lit("empty"))
            .when((first == "{") & pl.col("trimmed").str.ends_with("}"))
            .then(pl.lit("json_object"))
            .when((first == "[") & pl.col("trimmed").str.ends_with("]"))
            .then(pl.lit("json_array"))
            .otherwise(pl.lit("text")),
        )
        .drop("trimmed")
    )


def ends(text: pl.Expr, chars: pl.Expr, rules: Rules) -> pl.Expr:
    """The first 4 kB and the last 1 kB of a text of so many characters."""
    head, tail = _sizes(rules)
    parts = pl.concat_str(text.str.head(head), pl.lit(_JOINT), text.str.tail(tail))
    return pl.when(chars > head + tail).then(parts).otherwise(text)


def tokens(text: pl.Expr, rules: Rules) -> pl.Expr:
    """The different words of a text, in small letters and in order, as many as ``tokens_max`` says."""
    words = text.str.to_lowercase().str.extract_all(_WORD).list.unique(maintain_order=True)
    return words.list.head(int(rules.thresholds["tokens_max"]))


def content_offset(offset: int, chars: int, rules: Rules) -> int:
    """The place in the content of character ``offset`` of ``obs``; ``chars``: length of the content."""
    head, tail = _sizes(rules)
    if chars <= head + tail or offset < head:
        return offset
    return max(head, offset - head - len(_JOINT) + chars - tail)


def hashes(frame: pl.DataFrame, rules: Rules) -> pl.Series:
    """A hash (16 hex digits) of each result with what changes by itself masked; null without a result."""
    import pyarrow as pa
    import pyarrow.compute as pc

    masked = frame.select("result_content", "family").with_row_index("at")
    texts = frame["result_content"]
    for family in frame["family"].unique().sort().to_list():
        masks = [mask for mask in rules.masks if not mask.families or family in mask.families]
        hints = ascii_classes("|".join(f"(?:{mask.hint})" for mask in masks))
        maybe = pl.col("result_content").str.contains(hints)
        hit = masked.filter(pl.col("family") == family).filter(maybe)
        if hit.height:
            # RE2 is an order of magnitude faster at replacing than the matcher that finds the hits.
            pattern, shown = "|".join(f"(?:{mask.pattern})" for mask in masks), hit["result_content"].to_arrow()
            plain = pc.replace_substring_regex(shown.cast(pa.large_string()), pattern=pattern, replacement="~")
            texts = texts.scatter(hit["at"], pl.Series(plain))
    digest = texts.hash().cast(pl.Int64, wrap_numerical=True)
    return (
        pl.DataFrame({"digest": digest.reinterpret(signed=False), "text": texts})
        .select(pl.when(pl.col("text").is_not_null()).then(pl.col("digest").cast(pl.String)))
        .to_series()
        .alias("observation_hash")
    )


def _sizes(rules: Rules) -> tuple[int, int]:
    return int(rules.thresholds["observation_head"]), int(rules.thresholds["observation_tail"])
