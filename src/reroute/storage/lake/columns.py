"""Trajectories as redacted Arrow tables: the shape in which they lie in the lake."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import orjson

from reroute.redact import Redactor
from reroute.trace import Step, Trajectory, steps_schema, trajectories_schema

if TYPE_CHECKING:
    import pyarrow as pa

_BESIDE_STEPS = {"trajectory_id", "version", "prefix_hash"}
_SECRET_TEXTS = ("content", "arguments")
_SECRET_NAMES = ("tool", "agent", "approved_by", "model")
"""Short columns of few values: looked at once a value, not once a row."""
_SECRET_HEADER = ("run_id", "task", "agent", "model", "tools", "metadata")
_GROUPING = ("task_id", "split_group")
"""Joined across trajectories, so their placeholders must not depend on the trajectory."""
_CONTENT, _ARGUMENTS = (Step.__struct_fields__.index(name) for name in _SECRET_TEXTS)
_SUMS = ("input_tokens", "output_tokens", "reasoning_tokens", "cached_tokens", "cost_usd")


@dataclass(frozen=True)
class Identified:
    """A trajectory with its identity; ``chain`` is the prefix hash of each step, its last one the version."""

    trajectory_id: str
    source: str
    path: str
    trajectory: Trajectory
    rows: list[tuple[Any, ...]]
    """Its steps as tuples of all their fields."""
    chain: list[bytes]

    @property
    def version(self) -> str:
        return self.chain[-1].hex()

    @property
    def weight(self) -> int:
        """About how many bytes it takes in memory."""
        return sum([len(row[_CONTENT] or "") + len(row[_ARGUMENTS] or "") + 100 for row in self.rows])


class Header(msgspec.Struct, frozen=True):
    """One row of ``lake/trajectories``; moments in microseconds since the epoch, UTC."""

    trajectory_id: str
    version: str
    source: str
    path: str
    format: str
    run_id: str | None
    task_id: str | None
    task: str | None
    agent: str | None
    model: str | None
    started_at: int | None
    ended_at: int | None
    tools: str | None
    """JSON text."""
    split_group: str | None
    steps: int
    input_tokens: int | None
    output_tokens: int | None
    reasoning_tokens: int | None
    cached_tokens: int | None
    cost_usd: float | None
    source_index: int
    metadata: str
    """JSON text of an object."""


def tables(items: list[Identified], redactor: Redactor) -> tuple[pa.Table, pa.Table]:
    """The trajectories' headers and their steps, in order, redacted."""
    rows = [row for item in items for row in item.rows]
    values = dict(zip(Step.__struct_fields__, zip(*rows, strict=True), strict=True)) if rows else {}
    return _headers(items, values, redactor), _steps(items, values, redactor)


def step_rows(table: pa.Table) -> list[Step]:
    """Rows of ``lake/steps`` as steps."""
    schema = steps_schema()
    table = table.select([name for name in schema.names if name not in _BESIDE_STEPS])
    return [Step(**row) for row in _plain_moments(table).to_pylist()]


def header_rows(table: pa.Table) -> list[Header]:
    """Rows of ``lake/trajectories`` as headers."""
    return [Header(**row) for row in _plain_moments(table).to_pylist()]


def _plain_moments(table: pa.Table) -> pa.Table:
    import pyarrow as pa

    fields = [pa.field(f.name, pa.int64() if pa.types.is_timestamp(f.type) else f.type) for f in table.schema]
    return table.cast(pa.schema(fields))


Values = dict[str, tuple[Any, ...]]
"""The steps' fields, column by column."""


def _steps(items: list[Identified], values: Values, redactor: Redactor) -> pa.Table:
    import pyarrow as pa

    schema = steps_schema()
    ids = [item.trajectory_id for item in items for _ in item.chain]
    columns = {
        "trajectory_id": _repeated(items, "trajectory_id"),
        "version": _repeated(items, "version"),
        "prefix_hash": pa.array([link.hex() for item in items for link in item.chain], pa.string()),
    }
    for name, column in values.items():
        columns[name] = _column(column, schema.field(name).type)
    if not values:
        return schema.empty_table()
    counts = _redact(columns, ids, redactor)
    _redact_media(columns, values["media"], ids, redactor, counts)
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


def _repeated(items: list[Identified], name: str) -> pa.Array:
    """One value of the header on each row of its steps."""
    import numpy as np
    import pyarrow as pa

    values = pa.array([getattr(item, name) for item in items], pa.string())
    return values.take(pa.array(np.repeat(np.arange(len(items)), [len(item.chain) for item in items])))


def _redact(columns: dict[str, pa.Array], ids: list[str], redactor: Redactor) -> dict[int, int]:
    """Redact every text in place; the number of replacements by row."""
    few = {name: columns[name].unique() for name in _SECRET_NAMES}
    names = [name for name, values in few.items() if redactor.columns([""] * len(values), {name: values})[1]]
    done, counts = redactor.columns(ids, {name: columns[name] for name in (*_SECRET_TEXTS, *names)})
    columns.update(done)
    return counts


def _redact_media(
    columns: dict[str, pa.Array],
    media: tuple[list[str], ...],
    ids: list[str],
    redactor: Redactor,
    counts: dict[int, int],
) -> None:
    if not any(media):
        return
    redacted = list(media)
    for row in [row for row, references in enumerate(media) if references]:
        done = [redactor.text(ids[row], reference) for reference in media[row]]
        redacted[row] = [text for text, _ in done]
        if found := sum(count for _, count in done):
            counts[row] = counts.get(row, 0) + found
    columns["media"] = _column(tuple(redacted), columns["media"].type)


def _headers(items: list[Identified], values: Values, redactor: Redactor) -> pa.Table:
    import pyarrow as pa

    schema = trajectories_schema()
    rows = [_header(item) for item in items]
    columns = {
        field.name: pa.array([row[field.name] for row in rows], field.type)
        for field in schema
        if field.name not in _SUMS
    }
    columns |= {name: pa.array(_sums(items, values.get(name, ())), schema.field(name).type) for name in _SUMS}
    ids = [item.trajectory_id for item in items]
    columns |= redactor.columns(ids, {name: columns[name] for name in _SECRET_HEADER})[0]
    columns |= redactor.columns([""] * len(items), {name: columns[name] for name in _GROUPING})[0]
    return pa.table(columns, schema=schema)


def _header(item: Identified) -> dict[str, object]:
    run = item.trajectory
    return {
        "trajectory_id": item.trajectory_id,
        "version": item.version,
        "source": item.source,
        "path": item.path,
        "format": run.format,
        "run_id": run.run_id,
        "task_id": run.task_id,
        "task": run.task,
        "agent": run.agent,
        "model": run.model,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "tools": run.tools,
        "split_group": run.split_group,
        "steps": len(item.rows),
        "source_index": run.source_index,
        "metadata": orjson.dumps(run.metadata, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS).decode(),
    }


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
