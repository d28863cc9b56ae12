"""The SQL models in ``sql/``: found by folder, ordered by what each reads, run on an in-memory DuckDB connection.

A model is one file with one select; its name is its table. A table that no model makes is an input, or a reference
table: ``sql/thresholds.csv``, ``limits`` (the thresholds as one row) and the files of ``sql/lexicons/``. A lexicon of
patterns is also a variable of its name: the patterns as one expression. A project's own copy of a file wins.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reroute import content
from reroute.errors import ConfigError
from reroute.storage.publish import quoted

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

LAYERS = ("features", "episodes", "across", "reports")
"""The folders under ``sql/`` that hold models."""
_VARIABLE = re.compile(r"\bgetvariable\('(\w+)'\)")
PER_PART = ("features", "episodes")
"""The layers that see one part at a time."""


@dataclass(frozen=True)
class Model:
    """One select, and the tables that it reads."""

    name: str
    """The file's name without its ending: the table that it makes."""
    layer: str
    """The folder under ``sql/``: one of ``LAYERS``."""
    path: Path
    sql: str
    reads: frozenset[str]
    """Models, inputs and reference tables, those that it reads as a variable too."""


def models(layers: Iterable[str] = LAYERS, root: Path | None = None) -> dict[str, Model]:
    """The models of these layers by name, each after the models that it reads.

    Raises ConfigError where a file is not one select, two files make one table, or models read each other in a ring.
    """
    from graphlib import CycleError, TopologicalSorter

    found: dict[str, Model] = {}
    for layer in layers:
        for path in content.files(f"sql/{layer}", "*.sql", root).values():
            if path.stem in found:
                raise ConfigError(f"Reading {path}: {found[path.stem].path} already makes the table {path.stem}.")
            sql = path.read_text("utf-8")
            found[path.stem] = Model(path.stem, layer, path, sql, _reads(path, sql))
    graph = {name: sorted(model.reads & found.keys()) for name, model in found.items()}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        ring = ", ".join(error.args[1])
        raise ConfigError(f"Ordering the models: these read each other in a ring: {ring}.") from error
    return {name: found[name] for name in order}


def run(
    inputs: Mapping[str, pa.Table],
    wanted: Iterable[str],
    *,
    layers: Iterable[str] = PER_PART,
    root: Path | None = None,
    threads: int | None = None,
) -> dict[str, pa.Table]:
    """Run the models that ``wanted`` tables need over ``inputs`` (table name to rows) and return the wanted tables.

    Raises ConfigError that names the model where DuckDB refuses it or where it reads a table that is not there.
    """
    import duckdb

    with duckdb.connect(config={"threads": threads} if threads else {}) as connection:
        connection.execute("set timezone = 'UTC'")
        build(connection, inputs, wanted, layers=layers, root=root)
        return {name: connection.table(name).to_arrow_table() for name in wanted}


def build(
    connection: duckdb.DuckDBPyConnection,
    inputs: Mapping[str, pa.Table],
    wanted: Iterable[str],
    *,
    layers: Iterable[str] = PER_PART,
    root: Path | None = None,
) -> None:
    """Leave the wanted tables, and all that they read, on ``connection``; see :func:`run`."""
    import duckdb

    known = models(tuple(layers), root)
    needed: set[str] = set()
    waiting = list(wanted)
    while waiting:
        name = waiting.pop()
        if name in known and name not in inputs and name not in needed:
            needed.add(name)
            waiting.extend(known[name].reads)
    chosen = [model for model in known.values() if model.name in needed]
    for name, table in inputs.items():
        connection.register(name, table)
    for name in sorted({read for model in chosen for read in model.reads} - known.keys() - inputs.keys()):
        if not _register_reference(connection, name, root):
            reader = next(model.path for model in chosen if name in model.reads)
            raise ConfigError(f"Running the model {reader}: it reads {name}, which no model, lexicon or input makes.")
    for model in chosen:
        try:
            connection.execute(f"create or replace temp table {quoted(model.name)} as {model.sql}")
        except duckdb.Error as error:
            raise ConfigError(f"Running the model {model.path}: {error}") from error


def reference_files(root: Path | None = None) -> dict[str, Path]:
    """The reference tables (thresholds and lexicons) by table name."""
    lexicons = content.files("sql/lexicons", "*.csv", root)
    return {Path(name).stem: path for name, path in lexicons.items()} | {
        "thresholds": content.find("sql/thresholds.csv", root)
    }


def reference_table(path: Path) -> pa.Table:
    """A lexicon or the thresholds as a table; an empty field is null, numbers and truth values are typed."""
    from pyarrow import csv

    return csv.read_csv(
        path,
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(strings_can_be_null=True, null_values=[""]),
    )


def limits_table(thresholds: pa.Table) -> pa.Table:
    """The thresholds as one row, a column of its name each, so that a model names the number that it means.

    A share or a score, by its unit, is a double; every other unit is counted, and its number is a bigint.
    """
    import pyarrow as pa

    numbers = {
        row["name"]: float(row["value"]) if row["unit"].startswith(("share", "score")) else round(row["value"])
        for row in thresholds.to_pylist()
    }
    return pa.table({name: [number] for name, number in numbers.items()})


def rules_hash(root: Path | None = None, layers: Iterable[str] = PER_PART) -> str:
    """A hash of the models of these layers and of every reference table: 16 hex digits."""
    paths = {f"{model.layer}/{model.name}": model.path for model in models(layers, root).values()}
    paths |= reference_files(root)
    digest = hashlib.blake2b(digest_size=8)
    for name, path in sorted(paths.items()):
        digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _register_reference(connection: duckdb.DuckDBPyConnection, name: str, root: Path | None) -> bool:
    """Put a reference table on ``connection``, with its variable where it holds patterns; whether there is one."""
    files = reference_files(root)
    if name == "limits":
        connection.register("one_row", limits_table(reference_table(files["thresholds"])))
        connection.execute("create or replace temp table limits as from one_row")  # of which the planner knows the size
        connection.unregister("one_row")
        return True
    if name not in files:
        return False
    table = reference_table(files[name])
    connection.register(name, table)
    if "pattern" in table.column_names:  # DuckDB compiles an expression once only where it is a constant
        one = f"select string_agg(pattern, '|' order by pattern) from {quoted(name)}"
        connection.execute(f"set variable {quoted(name)} = ({one})")
    return True


@lru_cache(maxsize=512)
def _reads(path: Path, sql: str) -> frozenset[str]:
    """The tables and variables that a model names, without its own common table expressions.

    Raises ConfigError where it is not one select.
    """
    import orjson

    row = _parser().execute("select json_serialize_sql(?::varchar)", [sql]).fetchone()
    tree = orjson.loads(row[0] if row else b"{}")
    if tree.get("error_type") == "parser":
        raise ConfigError(f"Reading the model {path}: this is not SQL ({tree.get('error_message')}).")
    if len(tree.get("statements", ())) != 1:
        raise ConfigError(f"Reading the model {path}: it must hold exactly one select and nothing else.")
    tables: set[str] = set()
    own: set[str] = set()
    waiting: list[Any] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            if node.get("type") == "BASE_TABLE":
                tables.add(node["table_name"])
            own.update(entry["key"] for entry in node.get("cte_map", {}).get("map", ()))
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node
    return frozenset(tables - own).union(_VARIABLE.findall(sql))


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    """A connection that holds nothing: DuckDB parses SQL on one alone."""
    import duckdb

    return duckdb.connect(config={"threads": 1})
