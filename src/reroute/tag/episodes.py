"""Episodes of failure and recovery: how to find them in steps, how to load those that ``tag`` stored.

``find`` needs no store: features and models run in memory. ``load`` reads the store with run outcomes and grades
applied as they stand now, for current trajectory versions alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reroute.episode import Episode, Evidence, Finding
from reroute.errors import UsageError
from reroute.settings import Project
from reroute.storage import store
from reroute.tag import models
from reroute.tag.labels import labelled

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Found:
    """What is in some steps."""

    episodes: list[Episode]
    """By trajectory and onset; without run outcome, grades and scores, which only a store has."""
    findings: list[Finding]
    """Every sign, firm or weak, by trajectory, lane and step."""


def find(steps: pa.Table, root: Path | None = None) -> Found:
    """Episodes and findings of whole trajectories, in memory; ``steps`` has the columns of ``trace.steps_schema``."""
    from reroute.tag import features

    built = features.build(steps, root)
    tables = models.run(
        {
            "actions": built.actions,
            "notes": built.notes,
            "prefixes": steps.select(["trajectory_id", "version", "step", "prefix_hash"]),
        },
        ("episodes", "findings"),
        root=root,
    )
    order = ("trajectory_id", "version", "lane", "step", "kind", "signal", "span_start")
    rows = (
        tables["findings"].select(list(Finding.__dataclass_fields__)).sort_by([(name, "ascending") for name in order])
    )
    places = [(name, "ascending") for name in ("trajectory_id", "version", "onset_step", "episode_id")]
    found = tables["episodes"].sort_by(places).to_pylist()
    return Found(
        [_episode(row | {"outcome_final": row["outcome"]}) for row in found],
        [Finding(**row) for row in rows.to_pylist()],
    )


def load(
    project: Project,
    *,
    kind: str | None = None,
    outcome: str | None = None,
    tier: str | None = None,
    id_prefix: str | None = None,
    format: str | None = None,  # noqa: A002 - the column's name
) -> list[Episode]:
    """Stored episodes of current trajectory versions, labels applied, by trajectory and onset.

    ``outcome`` means the final one; ``id_prefix`` begins an episode's or a trajectory's id.
    """
    with store.of(project).read() as connection:
        table = labelled(project, connection)
    wanted = {"kind": kind, "outcome_final": outcome, "tier": tier, "format": format}
    return [
        _episode(row)
        for row in table.to_pylist()
        if all(value is None or row[name] == value for name, value in wanted.items())
        and (id_prefix is None or row["episode_id"].startswith(id_prefix) or row["trajectory_id"].startswith(id_prefix))
    ]


def get(project: Project, episode_id: str) -> Episode:
    """The one episode whose id begins so. Raises UsageError where there is none, or more than one."""
    found = [episode for episode in load(project, id_prefix=episode_id) if episode.episode_id.startswith(episode_id)]
    if len(found) != 1:
        what = f"{len(found)} begin like that" if found else "there is none"
        raise UsageError(f"Looking for the episode {episode_id}: {what}. `reroute episodes` lists them.")
    return found[0]


def _episode(row: dict[str, object]) -> Episode:
    """An episode from a row of the models; columns that it has no field for are left out."""
    values = {name: value for name, value in row.items() if name in Episode.__dataclass_fields__}
    evidence = tuple(Evidence(**span) for span in row["evidence"])  # type: ignore[attr-defined]
    return Episode(**values | {"goal": tuple(row["goal"]), "evidence": evidence})  # type: ignore[arg-type]
