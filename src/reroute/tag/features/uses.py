"""What became of a search: whether its result was opened, said again or answered with, and how near the task it was."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from reroute.tag.features.forks import with_history
from reroute.tag.features.lanes import Walk
from reroute.tag.features.rules import Rules
from reroute.tag.features.schema import USES, polars_schema
from reroute.tag.features.targets import url_target

_WORD = re.compile(r"\w{2,}")
_BLANKED = "".join(sign if sign.isalnum() or sign == "_" else " " for sign in map(chr, range(128)))
"""Plain text falls into words at the blanks after this, five times as fast as an expression finds them."""
_LETTERS = frozenset(word for word in map(chr, range(128)) if re.fullmatch(r"\w", word))
_LINK = re.compile(r"https?://[^\s?#\"'<>)\]]+")
_SAID, _SHOWN = 4000, 8000  # characters of what is said, of what a result shows
_READABLE = re.compile(r"(?:\w{2,}\W+){2}\w{2,}")  # fewer words are no text of a result
_SHORT = 4  # letters: shorter words are common, unless they carry a digit


@dataclass(slots=True)
class _Search:
    lane_key: int
    action: int
    row: int
    need: set[str]
    task_words: int
    readable: bool = False
    """The result shows words, and not links alone."""
    own: set[str] = field(default_factory=set)
    """Words that nobody had said or shown before."""
    links: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Lane:
    known: set[str] = field(default_factory=set)
    person: set[str] = field(default_factory=set)
    last_said: dict[str, int] = field(default_factory=dict)
    last_opened: dict[str, int] = field(default_factory=dict)
    answer: tuple[int, set[str]] = (-1, set())
    searches: dict[int, _Search] = field(default_factory=dict)
    """By the step of the call."""
    asked: list[_Search] = field(default_factory=list)
    """Since a person last spoke: what is said to the next request uses nothing of these."""
    done: list[tuple[object, ...]] = field(default_factory=list)

    def read(self, step: int, parent: int | None, sort: Sequence[str], text: str) -> None:
        """Take in a step of the lane; ``sort``: its role and type."""
        role, kind = sort
        low = text[: _SHOWN if kind == "result" else _SAID].lower()
        plain = low.isascii()
        words = set(low.translate(_BLANKED).split()).difference(_LETTERS) if plain else set(_WORD.findall(low))
        if kind == "result" and parent in self.searches:
            search = self.searches[parent]
            search.row = step
            search.own = words - self.known
            search.readable = _READABLE.search(_LINK.sub("", text[:_SHOWN])) is not None
            search.links = {url_target(link) or "" for link in _LINK.findall(text[:_SHOWN])}
        elif role == "user":
            self.person |= words
        elif role == "assistant":
            self.last_said.update(dict.fromkeys(words, step))
            if kind == "message":
                self.answer = (step, words)
            self.last_opened.update({url_target(link) or "": step for link in _LINK.findall(text[:_SAID])})
            if step in self.searches:
                self.searches[step].task_words = len(self.searches[step].need & self.person)
                self.asked.append(self.searches[step])
        self.known |= words

    def close(self, rules: Rules) -> None:
        """Count what became of the searches since a person last spoke.

        ``answered`` is null where no message of the agent follows; both counts where the result is not shown.
        """
        for search in self.asked:
            opened = any(self.last_opened.get(link, -1) > search.row for link in search.links)
            rare = {word for word in search.own if len(word) >= _SHORT or any(map(str.isdigit, word))}
            own = rare - rules.stop_words
            echoes = sum(self.last_said.get(word, -1) > search.row for word in own) if search.readable else None
            step, words = self.answer
            answered = len(own & words) if search.readable and step > search.row else None
            self.done.append((search.lane_key, search.action, opened, echoes, answered, search.task_words))
        self.asked.clear()


def uses(frame: pl.DataFrame, found: pl.DataFrame, walked: Walk, rules: Rules) -> pl.DataFrame:
    """One row a search in words (lane_key, action): ``opened``, ``echoes``, ``answered`` and ``task_words``.

    ``frame``: located steps; ``found``: their calls, in the order of ``walked``.
    """
    facts = walked.facts
    asked = found.select("lane_key", "action", "step", fact=pl.Series(walked.index, dtype=pl.UInt32))
    asked = asked.filter(pl.col("fact").is_in([at for at, fact in enumerate(facts) if fact.query]))
    lanes = {lane: _Lane() for lane in asked["lane_key"].unique().to_list()}
    for lane, action, step, fact in asked.rows():
        need = {target.removeprefix("need:") for target in facts[fact].targets if target.startswith("need:")}
        lanes[lane].searches[step] = _Search(lane, action, step, need, 0)
    rows = with_history(frame, list(lanes)).select(
        "lane_key", "step", "parent_step", "role", "type", pl.coalesce(pl.when("is_call").then("arguments"), "content")
    )
    for lane_key, step, parent, *sort, text in rows.rows():
        if sort == ["user", "message"]:
            lanes[lane_key].close(rules)
        lanes[lane_key].read(step, parent, sort, text or "")
    for lane in lanes.values():
        lane.close(rules)
    return pl.DataFrame([row for lane in lanes.values() for row in lane.done], schema=polars_schema(USES), orient="row")
