"""The lexicon over observations: all patterns in one alternation first, each by itself on the hits alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import msgspec
import polars as pl

from reroute.tag.features.rules import Pattern, Rules

_TOP = 1200  # characters: status, title and address of a page come first
_COUNTS = re.compile(r"\{\d*,\d{2,}\}")
"""A long count multiplies the matcher's states with those of all beside it; alone, each such pattern is cheap."""


class Hit(msgspec.Struct, frozen=True, gc=False):
    """A pattern of the lexicon that matched an observation."""

    signal: str
    firm: bool
    where: str
    rank: int
    start: int
    """Bytes into ``obs``."""
    stated: bool
    """The source states no success."""


def matches(frame: pl.DataFrame, names: Sequence[tuple[str, ...]], rules: Rules) -> dict[int, list[Hit]]:
    """Hits by ``at``, the most specific first.

    ``frame`` has ``at`` (the action's row), ``obs``, ``family``, ``scope`` (error, unstated, ok), ``printed`` (it shows
    what files contain) and ``fact``, an index into ``names``: the programs whose own messages count.
    """
    groups: dict[tuple[Pattern, ...], list[pl.DataFrame]] = {}
    for (family, scope, printed), group in frame.group_by("family", "scope", "printed", maintain_order=True):
        patterns = tuple([
            pattern
            for pattern in rules.patterns
            if scope in pattern.when
            and (not pattern.families or family in pattern.families)
            # What a file says is no message of the program that shows it.
            and (not printed or scope != "ok" or pattern.firm or pattern.where not in {"line", "free"})
        ])  # fmt: skip
        groups.setdefault(patterns, []).append(group)
    sorts: list[tuple[tuple[Pattern, ...], pl.DataFrame]] = []
    for patterns, shown in groups.items():
        apart = [pattern for pattern in patterns if pattern.where == "top" or _COUNTS.search(pattern.pattern)]
        either = "|".join(f"(?:{pattern.regex})" for pattern in patterns if pattern not in apart)
        tests = [_text(pattern).str.contains(pattern.regex) for pattern in apart]
        tests += [pl.col("obs").str.contains(either)] if either else []
        sorts += [(patterns, pl.concat(shown).filter(pl.any_horizontal(tests)))] if tests else []
    found: dict[int, list[Hit]] = {}
    for pattern in rules.patterns:
        rows = [hits for patterns, hits in sorts if hits.height and pattern in patterns]
        for at, start, scope in _places(pl.concat(rows), pattern, names, rules) if rows else ():
            found.setdefault(at, []).append(
                Hit(pattern.signal, pattern.firm, pattern.where, pattern.rank, start, scope != "ok")
            )
    return found


def _text(pattern: Pattern) -> pl.Expr:
    """As much of an observation as the pattern looks at."""
    return pl.col("obs").str.head(_TOP) if pattern.where == "top" else pl.col("obs")


def _places(
    hits: pl.DataFrame, pattern: Pattern, names: Sequence[tuple[str, ...]], rules: Rules
) -> Iterable[tuple[int, int, str]]:
    """Where ``pattern`` matches first in each observation: its row, the byte, the scope.

    A message ``own`` to a program counts only where that program was run: a file or a log may quote another's.
    """
    if pattern.where != "own":
        places = hits.select("at", "scope", start=_text(pattern).str.find(pattern.regex))
        places = places.filter(pl.col("start").is_not_null())
        yield from zip(places["at"].to_list(), places["start"].to_list(), places["scope"].to_list(), strict=True)
        return
    hits = hits.filter(pl.col("obs").str.contains(pattern.regex))
    if not hits.height:
        return
    lines = (
        hits.select("at", "fact", "scope", "obs", line=pl.col("obs").str.extract_all(pattern.regex).list.head(20))
        .explode("line", empty_as_null=False)
        .with_columns(program=pl.col("line").str.extract(pattern.regex, 1))
        .filter(pl.col("program").is_not_null())
    )
    done = -1
    for at, fact, scope, obs, line, program in lines.rows():
        if at != done and (program in names[fact] or program in rules.words.reporting_shells):
            done = at
            yield at, len(obs[: obs.find(line)].encode()), scope
