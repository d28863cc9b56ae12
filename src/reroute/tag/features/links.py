"""By what copies of one call are recognised in other runs: the rows of the store's table ``links``."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    import pyarrow as pa

STEPS = (
    "trajectory_id", "version", "lane", "step", "type", "call_id", "record_id", "content_hash", "path_hash",
    "started_at",
)  # fmt: skip
"""What is read of the steps; types and meaning: ``trace.steps_schema``."""
_OF_ITS_OWN = re.compile(r"(?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[A-Za-z0-9]{7,}|[0-9]{9,}")
"""In an id that no two runs have by chance. ``call_1`` and ``functions.bash:0`` are counters."""


def links(steps: pa.Table) -> pa.Table:
    """One row a call of these steps (``STEPS``), with the path to it and what identifies it: (trajectory_id, version,
    lane, step, path_hash, id_key, serial, started_at), as the store declares them.

    ``id_key`` is a hash of the call's id (else its record's) and its content, null without an id; ``serial`` says that
    the id is a counter. Calls of parts that are older than the hashes are left out.
    """
    import pyarrow as pa

    texts = [(name, pa.string()) for name in ("trajectory_id", "version", "lane")]
    numbers = [("step", pa.int32()), ("path_hash", pa.uint64()), ("id_key", pa.uint64())]
    calls = pl.DataFrame(steps.select(STEPS)).filter((pl.col("type") == "call") & pl.col("path_hash").is_not_null())
    ids = calls.select(pl.coalesce("call_id", "record_id"), "content_hash").rows()
    hashed = (
        None if name is None else hashlib.blake2b(f"{content}\0{name}".encode(), digest_size=8) for name, content in ids
    )
    keys = [None if one is None else int.from_bytes(one.digest(), "big") for one in hashed]
    return (
        calls.select(
            "trajectory_id",
            "version",
            "lane",
            "step",
            "path_hash",
            pl.Series("id_key", keys, pl.UInt64),
            pl.Series("serial", [name is not None and not _OF_ITS_OWN.search(name) for name, _ in ids], pl.Boolean),
            "started_at",
        )
        .to_arrow()
        .cast(pa.schema([*texts, *numbers, ("serial", pa.bool_()), ("started_at", pa.timestamp("us", tz="UTC"))]))
    )
