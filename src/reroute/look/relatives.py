"""Sessions that share history, found in memory: what of them is only repeated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reroute.tag import families
from reroute.tag.features.links import STEPS, links
from reroute.tag.shared_history import SUMS

if TYPE_CHECKING:
    import pyarrow as pa

    from reroute.collect.in_memory import Batch
    from reroute.trace import Header


@dataclass(frozen=True)
class Copied:
    """What a session only repeats."""

    copied_through: int
    """The last step that is the owner's."""
    superseded: bool
    """The whole is the beginning of another session of its file."""
    stated: frozenset[str]
    """The counts (``input_tokens`` ...) that the owner states of these steps too."""


def relatives(batches: Sequence[Batch], places: Mapping[str, tuple[int, int, Header]]) -> dict[str, Copied]:
    """The sessions that begin with what another one holds, by trajectory id.

    ``places``: where each session lies: its batch, the first of its rows there, and its header.
    """
    import pyarrow as pa

    if len(places) < 2:
        return {}
    versions = {(name, header.version) for name, (_, _, header) in places.items()}
    headers = [
        row | {"is_current": (row["trajectory_id"], row["version"]) in versions}
        for batch in batches
        for row in batch.trajectories.to_pylist()
    ]
    schema = batches[0].trajectories.schema.append(pa.field("is_current", pa.bool_()))
    judged = sorted({name for batch in batches for name in batch.outcomes})
    found = families.candidates(
        {
            "links": pa.concat_tables([links(batch.steps.select(STEPS)) for batch in batches]),
            "trajectories": pa.Table.from_pylist(headers, schema),
            "strongest_outcomes": pa.table({"trajectory_id": pa.array(judged, pa.string())}),
        }
    )

    def steps(name: str) -> pa.Table:
        batch, start, header = places[name]
        return batches[batch].steps.select(families.READS).slice(start, header.steps)

    rows = [row for kin in found for row in families.family_rows(kin, steps) if not row["is_owner"]]
    return {
        str(row["trajectory_id"]): Copied(
            int(str(row["copied_through"])),
            row["superseded_by"] is not None,
            frozenset(column for column in SUMS if row[f"copied_{column}"] is not None),
        )
        for row in rows
    }
