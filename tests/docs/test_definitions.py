"""The pages of definitions name what the rules know, and lead nowhere that is not there."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from reroute import content
from reroute.episode import OUTCOMES

ROOT = Path(__file__).parents[2]
EPISODES, GLOSSARY = ROOT / "docs/reference/episodes.md", ROOT / "docs/reference/glossary.md"
COLUMNS = ROOT / "docs/reference/columns.md"
PAGES = sorted([ROOT / "README.md", ROOT / "sql/README.md", *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)[^)]*\)")


def _terms() -> list[tuple[str, str]]:
    rows = re.findall(r"^\| (.+?) \| (.+) \|$", GLOSSARY.read_text("utf-8"), re.MULTILINE)
    return [(term, meaning) for term, meaning in rows if term != "term"]


def test_every_kind_is_defined() -> None:
    text = EPISODES.read_text("utf-8")
    with content.find("sql/lexicons/kinds.csv").open(encoding="utf-8") as file:
        kinds = [row["kind"] for row in csv.DictReader(file)]
    assert [kind for kind in kinds if f"`{kind}`" not in text] == []


def test_every_outcome_of_an_episode_is_defined() -> None:
    text = EPISODES.read_text("utf-8")
    assert [outcome for outcome in OUTCOMES if f"| `{outcome}` |" not in text] == []


def test_the_glossary_is_in_order_and_names_nothing_twice() -> None:
    names = [term.lower() for term, _ in _terms()]
    assert len(names) > 100
    assert names == sorted(set(names))


def test_every_column_has_a_meaning() -> None:
    rows = re.findall(r"^\| (\w+) \| ([^|]+) \| ?(.*?) ?\|$", COLUMNS.read_text("utf-8"), re.MULTILINE)
    assert len(rows) > 300
    assert [f"{name} {kind}" for name, kind, meaning in rows if not meaning] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    places = LINK.findall(page.read_text("utf-8"))
    assert [place for place in places if not (page.parent / place).exists()] == []
