"""Every model on the rows of its cases: ``tests/sql/<model>/<case>.yaml`` holds what is given and what is expected."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
import yaml

from reroute.errors import ConfigError
from reroute.storage import store
from reroute.tag import binding, models

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tag/episodes"))
from _handmade import actions, notes, prefixes  # noqa: E402 - its folder is on the path only now

CASES = sorted(path for path in HERE.glob("*/*.yaml"))
LAYERS = ("features", "episodes", "across")
MADE = {"actions": actions, "notes": notes}
STORED_MODELS = ("episodes", "run_counts", "contexts")
STORED = ("trajectories", "grades", "reviews", "probabilities", "judge_votes", "families", "links")


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_model_makes_of_its_case_what_the_file_says(path: Path) -> None:
    case = yaml.safe_load(path.read_text("utf-8"))
    given = _inputs() | {name: _table(name, rows) for name, rows in (case["given"] or {}).items()}
    found = models.run(given, [path.parent.name], layers=LAYERS, threads=1)[path.parent.name]
    columns = list(case["expect"][0]) if case["expect"] else []
    rows = found.select(columns).to_pylist() if columns else found.to_pylist()
    assert sorted(rows, key=repr) == sorted(case["expect"], key=repr)


@pytest.mark.parametrize("name", sorted(models.models(models.PER_PART)))
def test_nothing_comes_of_nothing(name: str) -> None:
    assert models.run(_inputs(), [name], threads=1)[name].num_rows == 0


def test_every_model_has_a_case() -> None:
    assert {path.parent.name for path in CASES} >= models.models(LAYERS).keys()


def test_every_case_has_a_model() -> None:
    assert {path.parent.name for path in CASES} <= models.models(LAYERS).keys()


def test_every_kind_is_one_line_in_the_union() -> None:
    made = models.models(models.PER_PART)
    kinds = _reference("kinds").column("kind").to_pylist()
    known_after_outcomes = made["interruptions"].reads - {"findings", "attempts"}
    lines = (made["findings"].reads - {"lanes"}) | known_after_outcomes
    assert len(lines) == len(kinds), f"{len(kinds)} kinds in kinds.csv, {len(lines)} lines in findings.sql"


def test_every_threshold_is_a_column_of_limits() -> None:
    with duckdb.connect() as connection:
        models.build(connection, _inputs(), ["dead_pages"])
        limits = connection.table("limits").to_arrow_table()
    (row,) = limits.to_pylist()
    thresholds = _reference("thresholds").to_pylist()
    assert row == {threshold["name"]: threshold["value"] for threshold in thresholds}
    assert (row["dormant_after"], row["goal_actions_max"], row["need_overlap_min"]) == (3, 40, 0.5)
    doubles = {field.name for field in limits.schema if pa.types.is_floating(field.type)}
    assert doubles == {row["name"] for row in thresholds if row["unit"].split()[0] in {"share", "score"}}


def test_a_project_keeps_its_own_thresholds(tmp_path: Path) -> None:
    shipped = models.reference_files()["thresholds"].read_text("utf-8")
    (tmp_path / "sql").mkdir()
    (tmp_path / "sql/thresholds.csv").write_text(shipped.replace("score_firm,0.9", "score_firm,1"))
    with duckdb.connect() as connection:
        models.build(connection, _inputs(), ["dead_pages"], root=tmp_path)
        assert connection.execute("select score_firm, typeof(score_firm) from limits").fetchall() == [(1, "DOUBLE")]


def test_a_project_file_wins_over_the_shipped_one(tmp_path: Path) -> None:
    own = tmp_path / "sql/episodes/stalls.sql"
    own.parent.mkdir(parents=True)
    own.write_text("select * from signal_hits where false")
    assert models.models(models.PER_PART, tmp_path)["stalls"].path == own
    assert models.rules_hash(tmp_path) != models.rules_hash()


def test_two_selects_in_one_file_are_refused_by_name(tmp_path: Path) -> None:
    own = tmp_path / "sql/episodes/extra.sql"
    own.parent.mkdir(parents=True)
    own.write_text("select 1; drop table episodes")
    with pytest.raises(ConfigError, match=r"extra\.sql: it must hold exactly one select"):
        models.models(models.PER_PART, tmp_path)


def test_models_that_read_each_other_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "sql/episodes"
    folder.mkdir(parents=True)
    (folder / "hens.sql").write_text("select * from eggs")
    (folder / "eggs.sql").write_text("select * from hens")
    with pytest.raises(ConfigError, match="in a ring"):
        models.models(models.PER_PART, tmp_path)


def test_a_table_that_nothing_makes_is_named(tmp_path: Path) -> None:
    own = tmp_path / "sql/episodes/extra.sql"
    own.parent.mkdir(parents=True)
    own.write_text("select * from nowhere")
    with pytest.raises(ConfigError, match="it reads nowhere"):
        models.run(_inputs(), ["extra"], root=tmp_path)


@cache
def _schemas() -> dict[str, pa.Schema]:
    """The columns of every model, and of the store's tables that the last layer reads."""
    with duckdb.connect() as connection:
        store.migrate(connection)
        stored = {name: connection.table(name).to_arrow_table().schema for name in (*STORED_MODELS, *STORED)}
    empty = {"actions": actions([]), "notes": notes([]), "prefixes": prefixes()}
    names = list(models.models(models.PER_PART))
    made = models.run(empty, names, threads=1)
    across = _across_inputs(stored)
    return (
        {
            name: table.schema
            for name, table in (made | models.run(across, list(models.models(("across",))), layers=LAYERS)).items()
        }
        | {name: table.schema for name, table in across.items() if name not in STORED_MODELS}
        | {"prefixes": prefixes().schema}
        | {f"stored_{name}": stored[name] for name in STORED_MODELS}
    )


def _across_inputs(stored: dict[str, pa.Schema]) -> dict[str, pa.Table]:
    text = pa.string()
    outcomes = pa.schema([("trajectory_id", text), ("outcome", text), ("source", text)])
    return {name: schema.empty_table() for name, schema in stored.items()} | {
        "grade_places": binding.places("grades"),
        "vote_places": binding.places("judge_votes"),
        "strongest_outcomes": outcomes.empty_table(),
    }


def _inputs() -> dict[str, pa.Table]:
    names = (*STORED, "grade_places", "vote_places", "strongest_outcomes")
    empty = {name: _schemas()[name].empty_table() for name in names}
    return empty | {"actions": actions([]), "notes": notes([]), "prefixes": prefixes()}


def _table(name: str, rows: list[dict[str, object]]) -> pa.Table:
    if name in MADE:
        return MADE[name](rows)
    return pa.Table.from_pylist(rows, _schemas()[f"stored_{name}" if name in STORED_MODELS else name])


def _reference(name: str) -> pa.Table:
    return models.reference_table(models.reference_files()[name])
