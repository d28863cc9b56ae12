"""What an agent's last words name that nothing in the run has shown: ids, long numbers, quoted names."""

from __future__ import annotations

import re

import polars as pl

from reroute.tag.features.columns import column, texts

_ID = re.compile(
    r"(?<![\w./:@#&=-])(?=[A-Za-z0-9-]*[A-Za-z])(?=(?:[A-Za-z-]*\d){3})[A-Z0-9][A-Za-z0-9-]{4,39}(?![\w/@-])"
)
_NUMBER = re.compile(r"(?<![\w.,/:$€£#-])\d{1,3}(?:,\d{3})+(?![\w,]|\.\d)|(?<![\w.,/:$€£-])\d{6,15}(?![\w,/-]|\.\d)")
_NAME = re.compile(r"[\"“]([A-Z][^\"“”\n]{3,60})[\"”]")
_NO_ID = re.compile(
    r"\d+(?:st|nd|rd|th|[a-z]{1,4})|(?:19|20)\d\d-\d\d.*|(?:utf|iso|rfc|sha|base|x|http|pep|cve|int|float|python|py)-?\d.*",
    re.IGNORECASE,
)
_WORDS_OF_A_NAME = range(2, 8)
_LONG_WORD = 4
_MOST = 40  # things looked for in one message
_LISTED = 5


def unsupported(frame: pl.DataFrame, last: pl.DataFrame) -> pl.DataFrame:
    """The notes of ``last`` (run, step, content: the agent's last words) that name what no other step contains.

    ``frame``: the located steps. The result has run, step and ``unsupported``, the things in the message's own words.
    Results, what persons and the system say and the arguments of calls count; what the agent says itself does not.
    """
    found = [(run, step, _named(content)) for run, step, content in last.select("run", "step", "content").rows()]
    wanted = {(run, step): things for run, step, things in found if things}
    if wanted:
        _shown(frame, wanted)
    rows = [(run, step, list(things)[:_LISTED]) for (run, step), things in wanted.items() if things]
    return pl.DataFrame(
        [
            pl.Series("run", [run for run, _, _ in rows], dtype=pl.Int64),
            pl.Series("step", [step for _, step, _ in rows], dtype=last.schema["step"]),
            column("unsupported", [things for _, _, things in rows], texts()),
        ]
    )


def _named(text: str | None) -> dict[str, None]:
    text = text or ""
    ids = [word for word in _ID.findall(text) if not _NO_ID.fullmatch(word)]
    quoted = () if text.lstrip()[:1] in {"{", "["} else _NAME.findall(text)
    names = []
    for name in (found.rstrip(".,!?:; ") for found in quoted):
        words = name.split()  # a title: several words, of which only short ones are in small letters
        if len(words) in _WORDS_OF_A_NAME and all(word[0].isupper() or len(word) < _LONG_WORD for word in words):
            names.append(name)
    return dict.fromkeys([*ids, *_NUMBER.findall(text), *names][:_MOST])


def _shown(frame: pl.DataFrame, wanted: dict[tuple[int, int], dict[str, None]]) -> None:
    """Take out of ``wanted`` whatever a step shows."""
    runs: dict[int, list[dict[str, None]]] = {}
    for (run, _), things in wanted.items():
        runs.setdefault(run, []).append(things)
    own = (pl.col("role") == "assistant") & (pl.col("type") != "call")
    rows = frame.filter(pl.col("run").is_in(list(runs)) & ~own).select("run", "content", "arguments")
    for run, *shown in rows.rows():
        for things in runs[run]:
            for text in shown:
                if not text or not things:
                    continue
                folded = _folded(text) if any(" " in thing for thing in things) else ""
                for thing in list(things):
                    if any(form in text or form in folded for form in _forms_of(thing)):
                        del things[thing]


def _forms_of(thing: str) -> tuple[str, ...]:
    """A number with and without its commas, a name without regard to case and line ends."""
    if thing[0].isdigit() and thing.replace(",", "").isdigit():
        plain = thing.replace(",", "")
        return (plain, f"{int(plain):,}")
    return (_folded(thing),) if " " in thing else (thing,)


def _folded(text: str) -> str:
    return " ".join(text.lower().split())
