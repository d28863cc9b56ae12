"""Everything that a format, a kind, an outcome, a dialect or a provider needs is there: docs/how-to/contribute.md.

Each test names what is missing. What is tested where it lies is not tested again: samples and goldens in tests/formats,
cases and the union of kinds in tests/sql and tests/tag/episodes, lines of a dialect in tests/export, facts in
tests/tune.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml

from reroute import content, formats
from reroute.episode_text import wording
from reroute.export import dialects
from reroute.review.questions import questions
from reroute.tag import episodes, features
from reroute.terminal import first_screen
from reroute.trace import Step
from reroute.tune import providers
from tune.loopback import REPLIES

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests/tag/episodes"))
import naive  # noqa: E402 - its folder is on the path only now
import test_cases  # noqa: E402

KINDS = sorted(row["kind"] for row in content.rows("sql/lexicons/kinds.csv"))
OUTCOMES = {row["outcome"]: row for row in content.rows("sql/lexicons/episode_outcomes.csv")}


def page(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def rows_of(name: str) -> list[str]:
    """The names that begin the rows of a page's tables."""
    return re.findall(r"^\| `([\w.]+)` \|", page(name), re.MULTILINE)


@cache
def cases() -> list[dict]:
    return [yaml.safe_load(path.read_text("utf-8")) for path in test_cases.CASES]


def steps_of(kind: str) -> Iterator[list[Step]]:
    """The runs of the cases in which a kind is expected."""
    for case in cases():
        if kind in {row["kind"] for row in case["expect"]}:
            yield test_cases._steps(case["steps"])


def test_no_cell_of_a_kind_or_an_outcome_is_empty() -> None:
    """But for the rubric's line of `unknown`, which nobody is asked for."""
    rows = [*content.rows("sql/lexicons/kinds.csv"), *OUTCOMES.values()]
    empty = [next(iter(row.values())) for row in rows for cell in row.values() if not cell]
    assert empty == ["unknown"]
    assert {row["ending"] for row in OUTCOMES.values()} == {"recovered", "given up", "lost", "unknown"}
    assert [n for n, row in OUTCOMES.items() if n.startswith("recovered") != (row["ending"] == "recovered")] == []


def test_every_kind_and_outcome_that_is_named_anywhere_is_in_its_table() -> None:
    """In code and SQL, recipes and practice: text that has the form of a kind of a known area, or of a recovery."""
    areas = "|".join(sorted({kind.split(".")[0] for kind in KINDS}))
    of_kind = re.compile(rf"(?:{areas})\.[a-z_]+")
    of_outcome = re.compile(r"recovered_[a-z]+")
    found: set[str] = set()
    for path in sorted((ROOT / "src/reroute").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    for pattern in ("sql/*/*.sql", "exports/recipes/*.toml", "labeling/*.toml", "labeling/practice/*.toml"):
        for path in sorted(ROOT.glob(pattern)):
            found |= {a or b for a, b in re.findall(r"'([^'\n]+)'|\"([^\"\n]+)\"", path.read_text("utf-8"))}
    known = {*KINDS, *OUTCOMES}
    named = {text for text in found if of_kind.fullmatch(text) or of_outcome.fullmatch(text)}
    assert len(named) > 20
    assert named - known == set()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_words(kind: str) -> None:
    """Of its own or by its signal: an episode of a kind without any is shown by the kind's bare name."""
    steps = next(steps_of(kind))
    found = [one for one in episodes.find(test_cases._table(steps)).episodes if one.kind == kind]
    assert [line for one in found if (line := wording.failure(one, steps)).startswith(f"{kind}:")] == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_oracle_finds_every_kind(kind: str) -> None:
    """In one of the cases at least; a run that ends with an open call is none that the oracle can read."""
    assert any(kind in _by_oracle(steps) for steps in steps_of(kind))


def _by_oracle(steps: list[Step]) -> set[str]:
    built = features.build(test_cases._table(steps))
    if built.actions["result_step"].null_count:
        return set()
    return {one.told()[0] for one in naive.episodes(built.actions.to_pylist(), built.notes.to_pylist())}


def test_every_outcome_of_an_episode_has_words_a_choice_and_a_rule() -> None:
    choices = {choice.value for question in questions() if question.name == "outcome" for choice in question.choices}
    in_rubric = {name for name in rows_of("labeling/rubric.md") if "." not in name}
    # People say `unclear` where the rules say `unknown`.
    assert choices == in_rubric == {*OUTCOMES, "unclear"} - {"unknown"}
    decided = page("sql/episodes/endings.sql")
    assert [outcome for outcome in OUTCOMES if f"'{outcome}'" not in decided] == []


def test_every_outcome_is_in_one_column_of_the_first_screen() -> None:
    assert sorted(outcome for outcomes in first_screen.COLUMNS.values() for outcome in outcomes) == sorted(OUTCOMES)


def test_every_format_is_in_the_list_of_formats() -> None:
    listed = re.findall(r"^## (\S+)$", page("docs/reference/formats.md"), re.MULTILINE)
    assert listed == list(formats.formats()), "run `make docs`"


def test_every_dialect_is_in_the_key_of_recipes() -> None:
    (line,) = [line for line in page("exports/README.md").splitlines() if line.startswith("| `dialect` |")]
    assert [name for name in dialects.dialects() if f"`{name}`" not in line.split("|")[3]] == []


def test_every_provider_has_recorded_replies() -> None:
    """With which tests/tune/test_providers.py plays its wire."""
    assert [name for name in providers.names() if name not in REPLIES] == [], "add them in tests/tune/loopback.py"


def test_every_provider_reads_the_rows_of_a_dialect() -> None:
    """A provider's rows are those of the dialect of its name, else OpenAI's."""
    assert [name for name in dialects.dialects() if name not in providers.names()] == []
