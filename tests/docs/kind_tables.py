"""The tables of kinds and outcomes on pages that are otherwise written by hand, from the lexicons of their names."""

from __future__ import annotations

import re
from pathlib import Path

from reroute import content

ROOT = Path(__file__).parents[2]
BEGIN, END = "<!-- kinds: begin -->", "<!-- kinds: end -->"
UNCLEAR = {"unclear": "the steps shown do not decide it"}
"""What people may answer and no rule does; where a rule says `unknown`, people are not asked to repeat it."""


def rubric() -> str:
    """``labeling/rubric.md`` with the rows of its two tables from the column ``rubric`` of kinds and outcomes.

    Rows that are there stay in their order, which is the order in which the first that fits is taken; new ones follow.
    """
    text = (ROOT / "labeling/rubric.md").read_text("utf-8")
    outcomes = {row["outcome"]: row["rubric"] for row in content.rows("sql/lexicons/episode_outcomes.csv")}
    text = _refilled(text, "| answer | when |", {name: line for name, line in outcomes.items() if line} | UNCLEAR)
    kinds = {row["kind"]: row["rubric"] for row in content.rows("sql/lexicons/kinds.csv")}
    return _refilled(text, "| kind | in words |", kinds)


def definitions() -> str:
    """``docs/reference/episodes.md`` with its table of every kind in one line."""
    text = (ROOT / "docs/reference/episodes.md").read_text("utf-8")
    rows = [
        f"| `{row['kind']}` | {row['cause']} | {row['meaning']} |" for row in content.rows("sql/lexicons/kinds.csv")
    ]
    table = "\n".join(["| kind | cause | meaning |", "|---|---|---|", *rows])
    return text.split(BEGIN)[0] + f"{BEGIN}\n\n{table}\n\n{END}" + text.split(END)[-1]


def _refilled(text: str, header: str, lines: dict[str, str]) -> str:
    before, table, after = re.split(rf"(?<={re.escape(header)}\n\|---\|---\|\n)((?:\|.*\n)+)", text, maxsplit=1)
    there = [name for name in re.findall(r"^\| `([\w.]+)` \|", table, re.MULTILINE) if name in lines]
    names = dict.fromkeys([*there, *lines])
    return before + "".join(f"| `{name}` | {lines[name]} |\n" for name in names) + after
