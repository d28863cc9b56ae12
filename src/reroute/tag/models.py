"""The SQL models in ``sql/``: found by folder, ordered by what each reads, run on an in-memory DuckDB connection.

A model is one file with one select; its name is its table. A table that no model makes is an input, or a reference
table: ``sql/thresholds.csv`` and the files of ``sql/lexicons/``. A lexicon of patterns is also a variable of its name:
the patterns as one expression. A project's own copy of a file wins.
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
    layer: str
    path: Path
    sql: str
    reads: frozenset[str]


def models(layers: Iterable[str] = LAYERS, root: Path | None = None) -> dict[str, Model]:
    """The models of these layers by name, each after the models that it reads.

    Raises ConfigError where a file is not one select, two files make one table, or models read each other in a ring.
    """
    found: dict[str, Model] = {}
    for layer in layers:
        for path in content.files(f"sql/{layer}", "*.sql", root).values():
            model = _model(layer, path)
            if model.name in found:
                raise ConfigError(f"Reading {path}: {found[model.name].path} already makes the table {model.name}.")
            found[model.name] = model
    return _ordered(found)


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
    known = models(tuple(layers), root)
    needed = _needed(known, wanted, inputs)
    for name, table in inputs.items():
        connection.register(name, table)
    for name in sorted({read for model in needed for read in model.reads} - known.keys() - inputs.keys()):
        _load_reference(connection, name, needed, root)
    for model in needed:
        _make(connection, model)


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


def rules_hash(root: Path | None = None, layers: Iterable[str] = PER_PART) -> str:
    """A hash of the models of these layers and of every reference table: 16 hex digits."""
    paths = {f"{model.layer}/{model.name}": model.path for model in models(layers, root).values()}
    paths |= reference_files(root)
    digest = hashlib.blake2b(digest_size=8)
    for name, path in sorted(paths.items()):
        digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _model(layer: str, path: Path) -> Model:
    sql = path.read_text("utf-8")
    return Model(path.stem, layer, path, sql, _reads(path, sql))


@lru_cache(maxsize=512)
def _reads(path: Path, sql: str) -> frozenset[str]:
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
    import duckdb

    return duckdb.connect(config={"threads": 1})


def _ordered(found: dict[str, Model]) -> dict[str, Model]:
    from graphlib import CycleError, TopologicalSorter

    graph = {name: sorted(model.reads & found.keys()) for name, model in found.items()}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise ConfigError(
            f"Ordering the models: these read each other in a ring: {', '.join(error.args[1])}."
        ) from error
    return {name: found[name] for name in order}


def _needed(known: Mapping[str, Model], wanted: Iterable[str], inputs: Mapping[str, pa.Table]) -> list[Model]:
    needed: set[str] = set()
    waiting = list(wanted)
    while waiting:
        name = waiting.pop()
        if name in needed or name in inputs or name not in known:
            continue
        needed.add(name)
        waiting.extend(known[name].reads)
    return [model for model in known.values() if model.name in needed]


def _load_reference(
    connection: duckdb.DuckDBPyConnection, name: str, needed: Iterable[Model], root: Path | None
) -> None:
    files = reference_files(root)
    if name not in files:
        reader = next(model for model in needed if name in model.reads)
        raise ConfigError(f"Running the model {reader.path}: it reads {name}, which no model, lexicon or input makes.")
    table = reference_table(files[name])
    connection.register(name, table)
    if "pattern" in table.column_names:  # DuckDB compiles an expression once only where it is a constant
        one = f"select string_agg(pattern, '|' order by pattern) from {quoted(name)}"
        connection.execute(f"set variable {quoted(name)} = ({one})")


def _make(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    import duckdb

    try:
        connection.execute(f"create or replace temp table {quoted(model.name)} as {model.sql}")
    except duckdb.Error as error:
        raise ConfigError(f"Running the model {model.path}: {error}") from error


def quoted(identifier: str) -> str:
    """``identifier`` as SQL writes it, whatever it holds."""
    return '"' + identifier.replace('"', '""') + '"'
