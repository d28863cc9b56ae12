"""A rebuilt structure makes the same tables and datasets: beside what the code before it made of the same runs."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb

from reroute.operate.known_answers import unpack

HERE = Path(__file__).parent
sys.path.append(str(HERE))

RENAMES: dict[str, tuple[str, dict[str, str]]] = {}
"""Tables of the store that have another name, or columns with another, than when the hashes were written:
table -> its former name, and column -> its former name."""


def before(name: str) -> dict[str, dict[str, object]]:
    # A change that is meant: `python tests/baseline/capture.py FOLDER` prints what belongs there.
    return json.loads((HERE / f"{name}.json").read_text("utf-8"))


def test_a_night_on_the_demos_runs_makes_the_tables_that_it_made_before(tmp_path: Path) -> None:
    from capture import capture

    unpack(tmp_path)
    assert capture(tmp_path / "traces", renames=RENAMES) == before("demo")


def test_a_night_on_real_traces_makes_the_tables_that_it_made_before(traces: Path) -> None:
    from capture import capture

    assert capture(traces, renames=RENAMES) == before("real_traces")


def test_a_renamed_table_is_compared_by_its_former_names(tmp_path: Path) -> None:
    from capture import tables

    def rows(store: str, table: str, columns: str, renames: dict[str, tuple[str, dict[str, str]]]) -> object:
        with duckdb.connect(str(tmp_path / store)) as connection:
            connection.execute(f"create table {table} as select {columns}")
        return list(tables(tmp_path / store, renames))

    former = rows("former", "votes", "1 as grade, 'a' as who, now() as given_at, 'x' as part", {})
    assert former == [("votes", ['{"grade": 1, "who": "a"}'])]
    renames = {"ballots": ("votes", {"annotator": "who", "given": "given_at", "place": "part"})}
    renamed = rows("renamed", "ballots", "'a' as annotator, 1 as grade, now() as given, 'x' as place", renames)
    assert renamed == former
