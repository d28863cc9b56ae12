"""What an action in a browser shows: which page, at which place, and its text without what only machines read."""

from __future__ import annotations

import re
from typing import NamedTuple

import polars as pl

from reroute.tag.features import observations
from reroute.tag.features.arguments import Json, decode
from reroute.tag.features.calls import classify
from reroute.tag.features.rules import Rules
from reroute.tag.features.schema import PAGES, polars_schema

_FAMILIES = frozenset(["browse", "ui", "search"])
_HEAD = 4000  # characters: what was done comes before address and title
_PIECES = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_CALL = re.compile(r"\s*(?:\w+\.)*(\w+)\s*(?:\(|$)")
_WORD = re.compile(r"\w{2,}")
_READ = re.compile(r"(?:\w{2,}\W+){4}\w{2,}")  # fewer words: it was not read at all
_VIEWS = 4  # earlier views of a page that one is compared with


class Page(NamedTuple):
    """A page as a result shows it; the columns ``schema.PAGES``, gesture aside."""

    page: str | None = None
    page_title: str | None = None
    page_place: str | None = None
    page_body: str | None = None
    page_seen: str | None = None
    cut_at: int = 0
    cut_chars: int = 0


def shown(frame: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """``frame`` with the fields of :class:`Page`, the ``gesture`` of each action, and ``obs`` without metadata."""
    families = {tool: classify(tool or "", rules).family for tool in frame["tool"].unique().to_list()}
    tools = [tool for tool, family in families.items() if family in _FAMILIES]
    rows = frame.with_row_index("at").filter(pl.col("tool").is_in(tools))
    found = [
        (at, *read(text or "", rules), gesture(tool, given, rules) if families[tool] != "search" else None)
        for at, tool, given, text in rows.select("at", "tool", "arguments", "result_content").rows()
    ]
    table = pl.DataFrame(found, schema={"at": pl.UInt32, **polars_schema(PAGES)}, orient="row")
    frame = frame.with_row_index("at").join(table, on="at", how="left", maintain_order="left").drop("at")
    frame = frame.with_columns(pl.col("cut_at", "cut_chars").fill_null(0))
    if not (frame["cut_chars"] > 0).any():
        return frame
    text, end = pl.col("result_content"), pl.col("cut_at") + pl.col("cut_chars")
    left = pl.concat_str(text.str.head(pl.col("cut_at")), text.str.slice(end))
    obs = observations.ends(left, pl.col("observation_chars") - pl.col("cut_chars"), rules)
    return frame.with_columns(obs=pl.when(pl.col("cut_chars") > 0).then(obs).otherwise("obs"))


def read(text: str, rules: Rules) -> Page:
    """The page that a result shows; nothing where it states neither address nor title."""
    head, phrases = text[:_HEAD], rules.phrases
    shot, tree = phrases.screenshot.search(head), phrases.page_tree.search(head)
    stated, titled = phrases.page_address.search(head), phrases.page_title.search(head)
    first = shot or tree or stated or titled
    if first is None:
        return Page()
    if shot:
        title, address = shot.groups()
    elif tree:
        title, address = tree.group(1) or tree.group(2), tree.group(3)
    else:
        title, address = titled and titled.group(1), None
    address = address or (stated and stated.group(1))
    place = phrases.page_place.search(head)
    began, seen = text.find(phrases.page_metadata), text.find(phrases.page_text)
    words = text[seen + len(phrases.page_text) :] if seen >= 0 else None
    if shot and not _READ.search(words or ""):
        return Page(cut_at=max(began, 0), cut_chars=max(seen - began, 0) if began >= 0 else 0)
    cut = (began, seen - began) if 0 <= began < seen else (0, 0)
    return Page(address or title, title, place and place.group(1), text[first.start() :], words, *cut)


def content_offset(offset: int, chars: int, cut_at: int, cut_chars: int, rules: Rules) -> int:
    """The place of character ``offset`` of ``obs`` in a result of ``chars`` characters with metadata at ``cut_at``."""
    moved = observations.content_offset(offset, chars - cut_chars, rules)
    return moved + cut_chars if cut_chars and moved >= cut_at else moved


def alike(frame: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """``frame`` where a page read off a picture has the ``observation_hash`` of the first view that it is like.

    The same address, title and place, and enough words in common: no two readings of one picture are equal. Fewer are
    enough after the very call that was made before.
    """
    seen = frame.drop("at").with_row_index("at").filter(pl.col("page_seen").is_not_null())
    if not seen.height:
        return frame
    views: dict[tuple[object, ...], list[tuple[set[str], str]]] = {}
    hashes, last = frame["observation_hash"].to_list(), None
    usual, again = rules.thresholds["page_overlap_min"], rules.thresholds["page_again_overlap_min"]
    key = ("lane_key", "page", "page_title", "page_place")
    for at, text, tool, arguments, *place in seen.select("at", "page_seen", "tool", "arguments", *key).rows():
        words = set(_WORD.findall(text.lower()))
        known = views.setdefault(tuple(place), [])
        least = again if last == (tool, arguments, place) else usual
        same = None
        for others, old in reversed(known):
            common = len(words & others)
            if common / (len(words) + len(others) - common or 1) >= least:
                same = old
                break
        hashes[at] = same or hashes[at]
        known.append((words, hashes[at]))
        del known[:-_VIEWS]
        last = (tool, arguments, place)
    return frame.with_columns(pl.Series("observation_hash", hashes, dtype=pl.String))


def gesture(tool: str, arguments: str | None, rules: Rules) -> str | None:
    """The gesture that the tool's name says or, where one tool does everything, its argument; None where neither does.

    ``{"action": "left_click"}``, ``{"action": {"type": "click"}}`` and ``{"code": "click('12')"}`` are all read.
    """
    values = decode(arguments)
    stated = next((said for name in rules.words.gesture_arguments if (said := _said(values.get(name)))), None)
    found = _lookup(stated, rules) if stated else None
    return found or _lookup(tool.rsplit("__", 1)[-1].rsplit(".", 1)[-1], rules)


def _said(value: Json) -> str | None:
    if isinstance(value, dict):
        return _said(value.get("type"))
    match = _CALL.match(value) if isinstance(value, str) else None
    return match.group(1) if match else None


def _lookup(name: str, rules: Rules) -> str | None:
    """Two pieces together say more than one: ``left_click`` is no ``left``, ``page_down`` no ``down``."""
    pieces = [piece.lower() for piece in _PIECES.findall(name)]
    pairs = ["".join(pieces[at : at + 2]) for at in range(len(pieces) - 1)]
    return next((rules.gestures[word] for word in (*pairs, *pieces) if word in rules.gestures), None)
