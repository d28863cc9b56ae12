"""Trajectories as redacted Arrow tables: the shape in which they lie in the lake."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from reroute.redact import Redactor
from reroute.trace import Header, Step, Trajectory, steps_schema, trajectories_schema

if TYPE_CHECKING:
    import pyarrow as pa

_BESIDE_STEPS = {"trajectory_id", "version", "prefix_hash", "content_hash", "path_hash"}
_SECRET_TEXTS = ("content", "arguments")
_SECRET_NAMES = ("tool", "agent", "approved_by", "model")
"""Short columns of few values: looked at once a value, not once a row."""
_SECRET_HEADER = ("run_id", "parent_run", "task", "agent", "model", "tools", "metadata")
_GROUPING = ("task_id", "split_group")
"""Joined across trajectories, so their placeholders must not depend on the trajectory."""
_OF_RUN = {*Trajectory.__struct_fields__} - {"steps", "metadata"}
"""Columns of the header that a run states as they are."""
_SORTED = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
_SUMS = ("input_tokens", "output_tokens", "reasoning_tokens", "cached_tokens", "cost_usd")


@dataclass(frozen=True)
class Identified:
    """A trajectory with its identity."""

    trajectory_id: str
    version: str
    """The last link of ``chain``, in hex."""
    source: str
    path: str
    trajectory: Trajectory
    rows: list[tuple[Any, ...]]
    """Its steps as tuples of all their fields."""
    chain: list[bytes]
    """The prefix hash of each step."""
    contents: list[int]
    """The content hash of each step."""
    paths: list[int]
    """The path hash of each step."""
    weight: int
    """About how many bytes it takes in memory."""


def tables(items: list[Identified], redactor: Redactor) -> tuple[pa.Table, pa.Table]:
    """The trajectories' headers and their steps, in order, redacted."""
    rows = [row for item in items for row in item.rows]
    values = dict(zip(Step.__struct_fields__, zip(*rows, strict=True), strict=True)) if rows else {}
    return _headers(items, values, redactor), _steps(items, values, redactor)


def step_rows(table: pa.Table) -> list[Step]:
    """Rows of ``lake/steps`` as steps."""
    table = up_to_date(table, steps_schema()).drop_columns(sorted(_BESIDE_STEPS))
    return [Step(**row) for row in _plain_moments(table).to_pylist()]


def header_rows(table: pa.Table) -> list[Header]:
    """Rows of ``lake/trajectories`` as headers."""
    return [Header(**row) for row in _plain_moments(up_to_date(table, trajectories_schema())).to_pylist()]


def up_to_date(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The rows with the columns of today's schema: null where the part is older than a column."""
    import pyarrow as pa

    if table.schema.names == schema.names:
        return table
    columns = [
        table[field.name] if field.name in table.column_names else pa.nulls(table.num_rows, field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def _plain_moments(table: pa.Table) -> pa.Table:
    import pyarrow as pa

    fields = [pa.field(f.name, pa.int64() if pa.types.is_timestamp(f.type) else f.type) for f in table.schema]
    return table.cast(pa.schema(fields))


Values = dict[str, tuple[Any, ...]]
"""The steps' fields, column by column."""


def _steps(items: list[Identified], values: Values, redactor: Redactor) -> pa.Table:
    import numpy as np
    import pyarrow as pa

    schema = steps_schema()
    if not values:
        return schema.empty_table()
    ids = [item.trajectory_id for item in items for _ in item.chain]
    run_of_row = pa.array(np.repeat(np.arange(len(items)), [len(item.chain) for item in items]))
    columns = {
        "trajectory_id": pa.array([item.trajectory_id for item in items], pa.string()).take(run_of_row),
        "version": pa.array([item.version for item in items], pa.string()).take(run_of_row),
        "prefix_hash": pa.array([link.hex() for item in items for link in item.chain], pa.string()),
        "content_hash": pa.array([one for item in items for one in item.contents], pa.uint64()),
        "path_hash": pa.array([one for item in items for one in item.paths], pa.uint64()),
    }
    for name, column in values.items():
        columns[name] = _column(column, schema.field(name).type)
    few = {name: columns[name].unique() for name in _SECRET_NAMES}
    names = [name for name, texts in few.items() if redactor.columns([""] * len(texts), {name: texts})[1]]
    redacted, counts = redactor.columns(ids, {name: columns[name] for name in (*_SECRET_TEXTS, *names)})
    columns |= redacted
    media = list(values["media"])
    for row in [row for row, references in enumerate(media) if references]:
        done = [redactor.text(ids[row], reference) for reference in media[row]]
        media[row] = [text for text, _ in done]
        if found := sum(count for _, count in done):
            counts[row] = counts.get(row, 0) + found
    if any(media):
        columns["media"] = _column(tuple(media), columns["media"].type)
    if counts:
        columns["redactions"] = pa.array([counts.get(row, 0) for row in range(len(ids))], pa.int32())
    return pa.table(columns, schema=schema)


def _column(values: tuple[Any, ...], kind: pa.DataType) -> pa.Array:
    """The values as Arrow; most columns hold one value all through, which is quick to see and to write."""
    import pyarrow as pa

    if isinstance(values[0], list) and not any(values):
        return pa.ListArray.from_arrays(pa.array([0] * (len(values) + 1), pa.int32()), pa.array([], pa.string()))
    if values.count(values[0]) == len(values):
        return pa.nulls(len(values), kind) if values[0] is None else pa.repeat(pa.scalar(values[0], kind), len(values))
    return pa.array(values, kind)


def _headers(items: list[Identified], values: Values, redactor: Redactor) -> pa.Table:
    import pyarrow as pa

    schema = trajectories_schema()
    columns = {}
    for field in schema:
        if field.name in _SUMS:
            stated: list[object] = [*_sums(items, values.get(field.name, ()))]
        elif field.name in _OF_RUN:
            stated = [getattr(item.trajectory, field.name) for item in items]
        elif field.name == "steps":
            stated = [len(item.rows) for item in items]
        elif field.name == "metadata":
            stated = [orjson.dumps(item.trajectory.metadata, option=_SORTED).decode() for item in items]
        else:
            stated = [getattr(item, field.name) for item in items]
        columns[field.name] = pa.array(stated, field.type)
    ids = [item.trajectory_id for item in items]
    columns |= redactor.columns(ids, {name: columns[name] for name in _SECRET_HEADER})[0]
    columns |= redactor.columns([""] * len(items), {name: columns[name] for name in _GROUPING})[0]
    return pa.table(columns, schema=schema)


def _sums(items: list[Identified], values: tuple[float | None, ...]) -> list[float | None]:
    """Of each run what its steps state; None where none states anything."""
    if values.count(None) == len(values):
        return [None] * len(items)
    sums: list[float | None] = []
    start = 0
    for item in items:
        stated = [value for value in values[start : start + len(item.chain)] if value is not None]
        sums.append(sum(stated) if stated else None)
        start += len(item.chain)
    return sums
