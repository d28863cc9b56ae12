"""The pages of definitions name what the rules know, and lead nowhere that is not there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from reroute import content

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
    kinds = [row["kind"] for row in content.rows("sql/lexicons/kinds.csv")]
    assert [kind for kind in kinds if f"`{kind}`" not in text] == []


def test_every_outcome_of_an_episode_is_defined() -> None:
    text = EPISODES.read_text("utf-8")
    outcomes = [row["outcome"] for row in content.rows("sql/lexicons/episode_outcomes.csv")]
    assert [outcome for outcome in outcomes if f"| `{outcome}` |" not in text] == []


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


NAMING = [ROOT / "docs/reference/architecture.md", ROOT / "docs/how-to/contribute.md"]
PLACE = re.compile(r"`((?:src|tests|sql|labeling|exports|flows|docs|\.ci)/[\w./-]*\w/?|Makefile|README\.md)`")
FUNCTION = re.compile(r"`(\w+)\.(\w+)\(\)`")


@pytest.mark.parametrize("page", NAMING, ids=lambda page: page.stem)
def test_every_place_that_is_named_exists(page: Path) -> None:
    places = PLACE.findall(page.read_text("utf-8"))
    assert len(places) > 10
    assert [place for place in places if not (ROOT / place).exists()] == []


@pytest.mark.parametrize("page", NAMING, ids=lambda page: page.stem)
def test_every_function_that_is_named_is_defined_in_its_room(page: Path) -> None:
    """``room.function()`` names a function or method anywhere in ``src/reroute/<room>``."""
    found = FUNCTION.findall(page.read_text("utf-8"))
    assert found
    assert [f"{room}.{name}()" for room, name in found if name not in _defined(room)] == []


def _defined(room: str) -> set[str]:
    place = ROOT / "src/reroute" / room
    modules = place.rglob("*.py") if place.is_dir() else [place.with_suffix(".py")]
    return {
        node.name
        for module in modules
        for node in ast.walk(ast.parse(module.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef)
    }


def test_every_room_is_on_the_architecture_page() -> None:
    page = (ROOT / "docs/reference/architecture.md").read_text("utf-8")
    rooms = {path.parent.name for path in (ROOT / "src/reroute").glob("*/__init__.py") if path.parent.name[0] != "_"}
    assert [room for room in sorted(rooms) if f"`src/reroute/{room}/`" not in page] == []


def test_the_readme_is_short_and_opens_with_two_commands() -> None:
    lines = (ROOT / "README.md").read_text("utf-8").splitlines()
    assert len(lines) < 120
    commands = [line for line in lines[: lines.index("## Why")] if line.startswith(("    make ", "    .venv/bin/"))]
    assert [line.split()[:2] for line in commands] == [["make", "demo"], [".venv/bin/reroute", "look"]]
