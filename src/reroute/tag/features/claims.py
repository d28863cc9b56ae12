"""What an agent's last words name that nothing in the run has shown: ids, long numbers, quoted names."""

from __future__ import annotations

import re

import polars as pl

from reroute.tag.features.rules import Rules
from reroute.tag.features.schema import UNSUPPORTED, build_frame

_ID = re.compile(
    r"(?<![\w./:@#&=-])(?=[A-Za-z0-9-]*[A-Za-z])(?=(?:[A-Za-z-]*\d){3})[A-Z0-9][A-Za-z0-9-]{4,39}(?![\w/@-])"
)
_NUMBER = re.compile(r"(?<![\w.,/:$€£#-])\d{1,3}(?:,\d{3})+(?![\w,]|\.\d)|(?<![\w.,/:$€£-])\d{6,15}(?![\w,/-]|\.\d)")
_NAME = re.compile(r"[\"“]([A-Z][^\"“”\n]{3,60})[\"”]")
_WORDS_OF_A_NAME = range(2, 8)
_LONG_WORD = 4
_MOST = 40  # things looked for in one message
_LISTED = 5


def unsupported(steps: pl.DataFrame, notes: pl.DataFrame, last: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """``notes`` with ``unsupported``: what those of ``last`` (the agent's last words) name and no other step contains.

    ``steps``: located. The things are in the message's own words; at most five are listed. Results, what persons and
    the system say and the arguments of calls count; what the agent says itself does not, and what was shown in a branch
    that was given up does not outside of such branches.
    """
    runs: dict[int, list[tuple[int, bool, dict[str, tuple[str, ...]]]]] = {}
    for run, step, aside, content in last.select("run", "step", "given_up", "content").rows():
        if things := _named(content or "", rules):
            runs.setdefault(run, []).append((step, aside, things))
    own = (pl.col("role") == "assistant") & (pl.col("type") != "call")
    other = steps.filter(pl.col("run").is_in(list(runs)) & ~own) if runs else steps.clear()
    for run, given_up, *shown in other.select("run", "given_up", "content", "arguments").rows():
        for _, aside, things in runs[run]:
            for text in shown:
                if not text or not things or (given_up and not aside):
                    continue
                folded = _folded(text) if any(" " in thing for thing in things) else ""
                for thing, forms in list(things.items()):
                    if any(form in text or form in folded for form in forms):
                        del things[thing]
    found = [(run, step, list(things)[:_LISTED]) for run, named in runs.items() for step, _, things in named if things]
    table = build_frame(UNSUPPORTED, list(zip(*found, strict=True)) or ([], [], []))
    notes = notes.join(table, on=["run", "step"], how="left", maintain_order="left")
    return notes.with_columns(pl.col("unsupported").fill_null([]))


def _named(text: str, rules: Rules) -> dict[str, tuple[str, ...]]:
    """What a text names, each with the forms in which a step may show it.

    A number with and without its commas, a name without regard to case and line ends.
    """
    named = [word for word in _ID.findall(text) if not rules.phrases.standard_name.fullmatch(word)]
    named += _NUMBER.findall(text)
    for found in () if text.lstrip()[:1] in {"{", "["} else _NAME.findall(text):
        name = found.rstrip(".,!?:; ")
        words = name.split()  # a title: several words, of which only short ones are in small letters
        if len(words) in _WORDS_OF_A_NAME and all(word[0].isupper() or len(word) < _LONG_WORD for word in words):
            named.append(name)
    forms: dict[str, tuple[str, ...]] = {}
    for thing in named[:_MOST]:
        plain = thing.replace(",", "")
        if thing[0].isdigit() and plain.isdigit():
            forms[thing] = (plain, f"{int(plain):,}")
        else:
            forms[thing] = (_folded(thing) if " " in thing else thing,)
    return forms


def _folded(text: str) -> str:
    return " ".join(text.lower().split())
