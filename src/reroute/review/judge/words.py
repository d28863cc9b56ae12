"""What the judge is given: ``labeling/judge.toml``, the rules of ``rubric.md`` and the choices of the questions."""

from __future__ import annotations

import csv
import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from string import Template
from typing import Literal

import msgspec

from reroute import content
from reroute.errors import ConfigError
from reroute.review.questions import Question, questions

FILE = "labeling/judge.toml"
RUBRIC = "labeling/rubric.md"
KINDS = "sql/lexicons/kinds.csv"
ASKED = ("failure", "outcome")
"""The questions of ``labeling/questions.toml`` that the judge answers."""
NONE = "none"
"""Said for outcome and kind where there is nothing to say."""

Verdict = Literal["yes", "no", "unclear"]
_HEADING = re.compile(r"^## +(?:\d+\. *)?(.+?) *$", re.MULTILINE)
_TABLE_ROW = re.compile(r"^\|.*\n?", re.MULTILINE)
_WHITE = re.compile(r"\s+")


class Control(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A recording whose answer is known."""

    name: str
    answer: Literal["yes", "no"]
    recording: str


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A pattern of text that speaks to whoever judges."""

    name: str
    pattern: str


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: Literal["reroute.judge"]
    format_version: Literal[1]
    instructions: str
    controls: tuple[Control, ...]
    orders: tuple[Order, ...]


@dataclass(frozen=True)
class Words:
    """Everything that is said, and everything that may be answered."""

    instructions: str
    """The system's message, with rules, questions and kinds filled in."""
    controls: tuple[Control, ...]
    orders: tuple[Order, ...]
    outcomes: tuple[str, ...]
    """The episode outcomes that may be answered."""
    kinds: tuple[str, ...]

    def order_in(self, text: str) -> str | None:
        """The name of the first pattern of orders that occurs in ``text``; None where there is none."""
        folded = _WHITE.sub(" ", unicodedata.normalize("NFKC", text))
        return next((name for name, pattern in self._patterns if pattern.search(folded)), None)

    @cached_property
    def _patterns(self) -> tuple[tuple[str, re.Pattern[str]], ...]:
        import re2

        options = re2.Options()
        options.case_sensitive = False
        return tuple((order.name, re2.compile(order.pattern, options)) for order in self.orders)


def words(root: Path | None = None) -> Words:
    """The judge's words; the project's own files win over the shipped ones.

    Raises ConfigError where a file is not what it should be.
    """
    path = content.find(FILE, root)
    try:
        read = msgspec.toml.decode(path.read_bytes(), type=_File)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"Reading the judge's words in {path}: {error}.") from error
    if {control.answer for control in read.controls} != {"yes", "no"}:
        raise ConfigError(f"Reading {path}: there must be controls with the answer yes and with the answer no.")
    asked = [question for question in questions(root) if question.name in ASKED]
    listed = []
    for question in asked:
        choices = "".join(f"\n  - {choice.value}: {choice.meaning}" for choice in question.choices)
        when = "".join(f" (only where {name} is {value})" for name, value in question.asked_when.items())
        listed.append(f"- {question.name}{when}: {question.title}{choices}")
    with content.find(KINDS, root).open(encoding="utf-8", newline="") as file:
        kinds = {row["kind"]: row["meaning"] for row in csv.DictReader(file)}
    filled = Template(read.instructions).safe_substitute(
        rubric=_rules(content.find(RUBRIC, root), asked),
        questions="\n".join(listed),
        kinds="\n".join(f"- {kind}: {meaning}" for kind, meaning in kinds.items()),
    )
    outcomes = tuple(choice.value for question in asked if question.name == "outcome" for choice in question.choices)
    return Words(filled.strip(), read.controls, read.orders, outcomes, tuple(kinds))


def _rules(path: Path, asked: list[Question]) -> str:
    """The rubric's sections about these questions, without tables: they repeat the choices."""
    parts = _HEADING.split(path.read_text("utf-8"))
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    if missing := [question.title for question in asked if question.title not in sections]:
        raise ConfigError(f"Reading {path}: it has no section {missing[0]!r}, which the judge is to be given.")
    rules = [f"{question.title}\n\n{_TABLE_ROW.sub('', sections[question.title]).strip()}" for question in asked]
    return re.sub(r"\n{3,}", "\n\n", "\n\n".join(rules))
