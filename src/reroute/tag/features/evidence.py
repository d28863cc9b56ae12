"""Signals as columns: spans counted in the step's own text, the error's template, the words that it names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import polars as pl

from reroute.tag.features import observations, pages
from reroute.tag.features.judge import INSTRUCTION, Case, Signal
from reroute.tag.features.rules import Rules
from reroute.tag.features.schema import EVIDENCE, build_frame

_WORD = re.compile(r"[A-Za-z0-9_.-]{2,60}")
_NAMED_IN = 600  # characters of an error that may name an argument
_TYPED = re.compile(r"([a-z]{3,20}(?:_[a-z]{2,20}){0,3})_\d{2,}")
_ID_NAME = re.compile(r"([a-z]{3,20}(?:_[a-z]{2,20})?)_(?:ids?|number)")
WORD = re.compile(r"[A-Za-z0-9_.-]{2,60}")
_NAMED_IN = 600  # characters of an error that may name an argument
_TYPED = re.compile(r"([a-z]{3,20}(?:_[a-z]{2,20}){0,3})_\d{2,}")
_ID_NAME = re.compile(r"([a-z]{3,20}(?:_[a-z]{2,20})?)_(?:ids?|number)")
_MISSING = re.compile(
    r"\b([a-z]{3,20}(?: [a-z]{2,20})??)(?: method| account| number| id)? (?:was |is |does )?not (?:found|exist|valid)\b"
)
_TEMPLATE_MAX = 200  # characters
_NAMES = (
    (re.compile(r"""(["'`‘“])[^"'`’”\n]{0,180}["'`’”]"""), "<text>"),
    (re.compile(r"https?://[^\s,;)]{1,180}"), "<url>"),
    (re.compile(r"(?<![\w<])(?:[A-Za-z]:)?(?:\.{0,2}/)?(?:[\w@.()\[\]-]{1,80}/){1,20}[\w@.()\[\]-]{0,80}"), "<path>"),
)
_NUMBERS = (
    (re.compile(r"\b0x[0-9a-fA-F]{1,16}\b"), "<n>"),
    (re.compile(r"\b(?=[A-Z0-9_-]{0,40}\d)(?=[0-9_-]{0,40}[A-Z])[A-Z0-9][A-Z0-9_-]{3,40}\b"), "<id>"),
    (re.compile(r"\b[a-z]{1,30}_[a-z]{1,30}_\d{1,10}\b"), "<id>"),
    (re.compile(r"\d+(?:[.,]\d+)*"), "<n>"),
    (re.compile(r"\s+"), " "),
)


@dataclass(frozen=True, slots=True)
class Described:
    """What a row with signals adds to its action: the columns ``schema.EVIDENCE``."""

    at: int
    signals: list[dict[str, str | int | bool]]
    error_template: str | None
    named_slots: list[str]
    entered: list[str]
    fails: bool
    doubtful: bool
    instructed: bool


def described(case: Case, signals: Sequence[Signal], rules: Rules) -> Described:
    """The columns of one judged action."""
    phrases = rules.phrases
    failing = [signal for signal in signals if signal.signal not in rules.unfailing]
    line = next((signal.quote for signal in signals if signal.field == "content" and signal.quote), None)
    structs: list[dict[str, str | int | bool]] = []
    for signal in signals:
        start = signal.start
        if signal.field == "content":
            start = pages.content_offset(start, case.chars, case.cut_at, case.cut_chars, rules)
        structs.append({
            "signal": signal.signal, "firm": signal.firm, "field": signal.field, "span_start": start,
            "span_end": signal.end + start - signal.start, "quote": signal.quote,
        })  # fmt: skip
    instructed = any(signal.signal == INSTRUCTION for signal in signals)
    left_out = any(hit.signal != INSTRUCTION for hit in case.hits) and len(signals) == instructed
    unsure = bool(failing) or (left_out and case.check_result not in {"red", "green"})
    return Described(
        at=case.at,
        signals=structs,
        error_template=template(line, phrases.error_wrapper, phrases.named_file) if failing and line else None,
        named_slots=_named(case, rules) if failing and case.facts.slots else [],
        entered=case.facts.entered if any(phrases.not_entered in signal.quote for signal in signals) else [],
        fails=any(signal.firm for signal in failing),
        doubtful=unsure,
        instructed=instructed,
    )


def joined(frame: pl.DataFrame, rows: Sequence[Described], rules: Rules) -> pl.DataFrame:
    """``frame`` with the columns of the rows; nothing where an action has no signal."""
    found = build_frame(EVIDENCE, [[getattr(row, name) for row in rows] for name, _, _ in EVIDENCE])
    read = found.filter(pl.col("doubtful") | pl.col("instructed"))["at"]
    words = frame.filter(pl.col("at").is_in(read.implode())).select(
        "at", hint_tokens=observations.tokens(pl.col("obs").fill_null(""), rules)
    )
    frame = frame.join(found.drop("instructed"), on="at", how="left", maintain_order="left")
    frame = frame.join(words, on="at", how="left", maintain_order="left")
    return frame.with_columns(
        pl.col("signals", "named_slots", "hint_tokens").fill_null([]),
        pl.when(pl.col("entered").list.len() > 0)
        .then(pl.concat_list("targets", "entered"))
        .otherwise(pl.col("targets"))
        .alias("targets"),
        pl.col("fails", "doubtful").fill_null(value=False),
    )


def _named(case: Case, rules: Rules) -> list[str]:
    """Names and values of arguments that the error's text says.

    An id is also named by the sort of thing that its value says (``gift_card_12``), or that was not found.
    """
    text = case.obs[:_NAMED_IN].lower()
    said = {word.strip(".") for word in _WORD.findall(text)}
    said |= {piece for word in said for piece in re.split(r"[_.-]", word)}
    found: dict[str, None] = {}
    for slot in case.facts.slots:
        name, _, value = slot.partition("=")
        last = name.rsplit(".", 1)[-1].lower()
        pieces = [last] if last.endswith(("_id", "_ids", "_number")) else last.split("_")  # an id is named whole
        if len(value) > 1 and value.lower() in said:
            found |= {name: None, value: None}
        elif set(pieces) <= said:
            found[name] = None
        else:
            typed, stem = _TYPED.fullmatch(value), _ID_NAME.fullmatch(last)
            sort = typed and re.search(rf"\b{typed.group(1).replace('_', '[ _-]')}\b", text)
            if sort or (stem and stem.group(1).replace("_", " ") in rules.phrases.thing_not_found.findall(text)):
                found[name] = None
    return list(found)


@lru_cache(maxsize=4096)
def template(line: str, wrapper: re.Pattern[str], file: re.Pattern[str]) -> str:
    """``line`` with quoted text, paths, ids and numbers replaced by placeholders; at most 200 characters are read.

    ``wrapper``: what harnesses put before an error; ``file``: a file named without its folder.
    """
    text = wrapper.sub("", line[:_TEMPLATE_MAX])
    for pattern, replacement in (*_NAMES, (file, "<path>"), *_NUMBERS):
        text = pattern.sub(replacement, text)
    return text.strip()
