"""The judge's votes as they stand now: those that still hold, bound to today's episodes by ``sql/across``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reroute.settings import Project
from reroute.tag.labels import across

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


def graded_votes(project: Project, connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """Votes on episodes about which people have decided: the rows of ``sql/across/graded_votes.sql``."""
    order = [("model", "ascending"), ("kind", "ascending"), ("episode_id", "ascending")]
    return across(project, connection, ["graded_votes"])["graded_votes"].sort_by(order)
