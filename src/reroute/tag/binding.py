"""Where the judged spans of grades, votes and review tasks lie in the current versions of their runs.

A span stands where its prefix hash is in the current version: nothing before its end has changed. Else it is looked for
by content: by the hashes that were stored with it, else by those of the version that it was judged in, if the lake
still has that, else by the one hash of the whole span. The last two compare redacted texts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Literal

import msgspec

from reroute.errors import PartDamaged
from reroute.hashes import content_hashes
from reroute.storage import lake
from reroute.storage.lake.columns import step_rows
from reroute.storage.publish import quoted
from reroute.tag import judged
from reroute.tag.judged import Judged, Version

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from reroute.settings import Project
    from reroute.trace import Step

Table = Literal["grades", "judge_votes", "reviews"]
KEYS: dict[Table, str] = {"grades": "grade_id", "judge_votes": "vote_id", "reviews": "task_id"}
"""The tables whose rows are about a judged span, with what names a row."""
NO_RUN = "the run is not collected, or no reader makes it now"
JUDGED_BY = ["lane", "role", "type", "parent_step", "content_hash"]
"""Columns of the lake's steps that :func:`judged_now` needs."""
CHANGED = "what was judged is no longer in the run in these words"
UNKNOWN = "the steps that were judged are not known: the lake no longer has them"

# A newer reader may name a run otherwise: one that its content named, a saved stream by its session, an agent's file
# (in the folder of its session's name) as a part of that session. Its steps decide whether it is there.
_ASKED = r"""
    with now as (from trajectories where is_current), moved as (
        select old.trajectory_id, arg_min(
            now.trajectory_id, (now.path != old.path, now.source_index != old.source_index, now.trajectory_id)
        ) as current_id
        from trajectories as old
        join now on old.source = now.source and old.format = now.format
            and (now.path = old.path or starts_with(old.path, regexp_replace(now.path, '\.[^./]*$', '') || '/'))
        where old.trajectory_id in (select trajectory_id from {table})
            and old.trajectory_id not in (select trajectory_id from now)
        group by all
    )
    select now.trajectory_id, now.version, now.part, now.steps,
        j.trajectory_id, j.prefix_hash, j.span_start, j.span_end, j.judged, {content}, j.{key}
    from {table} as j
    left join moved using (trajectory_id)
    left join now on now.trajectory_id = coalesce(moved.current_id, j.trajectory_id)
    order by all
"""
_VERSIONS = (
    "select trajectory_id, version, part, steps from trajectories where trajectory_id = ? "
    "order by is_current desc, collected_at desc, version"
)


@dataclass(frozen=True)
class Bound:
    """Where the judged span of one row lies today."""

    key: str
    trajectory_id: str
    start: int
    """First step."""
    end: int
    """Last step; of those in ``lane`` where there is one."""
    lane: str | None = None
    """The lane of the first step; None where the span stands as it was judged."""
    whole: bool = True
    """It begins and ends in one lane; else a branch began in between, and how it ended is not said of either."""


Found = tuple[int, int, str | None, bool]
"""Start, end, lane and whole of :class:`Bound`."""


@dataclass(frozen=True)
class Unbound:
    """A row whose judged span lies nowhere, and why."""

    key: str
    trajectory_id: str
    why: str


class _Span(msgspec.Struct, frozen=True):
    """How the span of a row was judged."""

    trajectory_id: str
    prefix_hash: str
    start: int
    end: int
    judged: str | None
    content_hash: str | None


def bind(project: Project, connection: duckdb.DuckDBPyConnection, table: Table) -> tuple[list[Bound], list[Unbound]]:
    """Where the judged spans of a table's rows lie today, and which lie nowhere; both by run, then by key.

    Raises PartDamaged where a current version cannot be read.
    """
    content = "null" if table == "judge_votes" else "j.content_hash"
    query = _ASKED.format(key=KEYS[table], table=quoted(table), content=content)
    bound: list[Bound] = []
    unbound: list[Unbound] = []
    for place, rows in groupby(connection.execute(query).fetchall(), key=lambda row: row[:4]):
        run = _Run(project, connection, lake.Place(*place)) if place[0] is not None else None
        for span, same in groupby(rows, key=lambda row: _Span(*row[4:-1])):
            keys = [row[-1] for row in same]
            found = run.find(span) if run else NO_RUN
            if isinstance(found, str):
                unbound += [Unbound(key, span.trajectory_id, found) for key in keys]
            else:
                bound += [Bound(key, place[0], *found) for key in keys]
    return bound, unbound


def places(table: Table, bound: Iterable[Bound] = ()) -> pa.Table:
    """What the models of ``sql/across`` read of a table's judged spans: the row's key, then what ``Bound`` has."""
    import pyarrow as pa

    types = {"trajectory_id": pa.string(), "first_step": pa.int32(), "last_step": pa.int32(), "lane": pa.string()}
    schema = pa.schema({KEYS[table]: pa.string(), **types, "whole": pa.bool_()})
    rows = [(one.key, one.trajectory_id, one.start, one.end, one.lane, one.whole) for one in bound]
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema)


def judged_now(rows: pa.Table, start: int, end: int, evidence: Iterable[int]) -> str | None:
    """What is judged in a span of a version (its rows of the lake), as it is stored with the answer.

    None where the part is older than the hashes that it takes.
    """
    held = _before_redaction(rows)
    found = judged.judged(held, start, end, evidence) if held else None
    return found.text() if found else None


class _Run:
    """The current version of a run, and what is read of it and of those before it as it is needed."""

    def __init__(self, project: Project, connection: duckdb.DuckDBPyConnection, now: lake.Place) -> None:
        self.project, self.connection, self.now = project, connection, now
        prefixes = lake.read_rows(project, now, ["prefix_hash"])["prefix_hash"]
        self.prefixes: frozenset[str] = frozenset(prefixes.to_pylist())

    def find(self, span: _Span) -> Found | str:
        """Where a span lies in this version; where it does not, why."""
        if span.prefix_hash in self.prefixes:
            return span.start, span.end, None, True
        if span.judged and self.said:
            place = judged.find(self.said, msgspec.json.decode(span.judged, type=Judged))
        elif (wanted := self._as_judged(span)) is not None:
            place = judged.find(self.redacted, wanted)
        elif span.content_hash:
            length = span.end - span.start + 1
            place = judged.find_hashed(self.steps, span.content_hash, span.start, length)
        else:
            return UNKNOWN
        return CHANGED if place is None else judged.span_of(self.redacted, place)

    @cached_property
    def rows(self) -> pa.Table:
        return lake.read_rows(self.project, self.now)

    @cached_property
    def steps(self) -> list[Step]:
        return step_rows(self.rows)

    @cached_property
    def said(self) -> Version | None:
        return _before_redaction(self.rows)

    @cached_property
    def redacted(self) -> Version:
        return _redacted(self.steps)

    def _as_judged(self, span: _Span) -> Judged | None:
        """What was judged, from any version in the lake that has it; None where none has."""
        for place in self.connection.execute(_VERSIONS, [span.trajectory_id]).fetchall():
            try:
                rows = lake.read_rows(self.project, lake.Place(*place))
            except (FileNotFoundError, PartDamaged):
                continue  # what was lost is collect's and doctor's to name
            prefixes = rows["prefix_hash"].to_pylist()
            if span.prefix_hash in prefixes and span.end < len(prefixes):
                return judged.judged(_redacted(step_rows(rows)), span.start, span.end)
        return None


def _before_redaction(rows: pa.Table) -> Version | None:
    """A version from rows of the lake; None where their part is older than content hashes."""
    if "content_hash" not in rows.column_names or rows["content_hash"].null_count:
        return None
    return judged.version(*(rows[name].to_pylist() for name in JUDGED_BY))


def _redacted(steps: list[Step]) -> Version:
    """A version from steps of the lake, whatever part they are from."""
    lanes, roles, kinds = ([getattr(step, name) for step in steps] for name in ("lane", "role", "type"))
    return judged.version(lanes, roles, kinds, [step.parent_step for step in steps], content_hashes(steps)[0])
