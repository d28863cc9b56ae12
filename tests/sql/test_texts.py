"""What stands beside the models: the README's generated part, the examples, and the form of every file."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from reroute import content
from reroute.storage import store
from reroute.tag import models
from reroute.tag.models_page import page

MODELS = list(models.models(("features", "episodes", "across")).values())
EXAMPLES = sorted((Path(__file__).parents[2] / "sql/examples").glob("*.sql"))


def test_the_readme_lists_the_models_as_they_are() -> None:
    found = content.find("sql/README.md").read_text("utf-8")
    assert found == page(), "rewrite it with: python -m reroute.tag.models_page"


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs_on_an_empty_store(path: Path) -> None:
    with duckdb.connect() as connection:
        store.migrate(connection)
        assert connection.execute(path.read_text("utf-8")).fetchall() == []


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_model_opens_with_its_row_its_grain_and_its_reason(model: models.Model) -> None:
    assert re.match(r"-- One row.*\n(-- .*\n)*-- Grain: .*\n(-- .*\n)*-- Reason: .*\n(-- .*\n)*\n", model.sql)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_model_has_no_bare_number_in_a_where(model: models.Model) -> None:
    conditions = re.findall(r"\nwhere\b(.*?)(?=\n\)|\ngroup by|\nunion|\Z)", model.sql, re.DOTALL)
    bare = [n for text in conditions for n in re.findall(r"(?<![\w.'])\d+(?![\w'])", text)]
    assert set(bare) <= {"0", "1"}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_model_is_at_most_three_hundred_lines(model: models.Model) -> None:
    assert len(model.sql.splitlines()) <= 300
