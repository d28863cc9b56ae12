"""The store's tables of scores, made anew from what ``sql/across`` says of episodes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from reroute.tag.scores import calibrate
from reroute.tag.scores.examples import Example
from reroute.tag.scores.fits import read
from reroute.tag.scores.limits import limits

if TYPE_CHECKING:
    import pyarrow as pa

INPUTS = {
    "episode_features": {
        "episode_id": "text, never null",
        "trajectory_id": "text: the run; all its episodes are on one side of every split",
        "version": "text: of the trajectory",
        "format": "text or null: the trace format, which is the family",
        "score": "double, 0..1: the rules' own, not calibrated",
        "failure": "boolean: what most people answered; null: nobody graded it, or they were split",
        "at_random": "boolean: it came to be graded by a random draw",
        "weight": "double, 1 or more: the inverse of its chance of having been drawn",
        "features": "list of (name text, value double): what the model sees; a name that is missing is 0",
    }
}
"""The models of ``sql/across`` that scores are made from, with the type and meaning of each column that is read."""
KEYS = {"fits": ("name",), "outcome_scores": ("trajectory_id",), "probabilities": ("episode_id",)}
"""The tables that are made, by what identifies a row; their columns are declared in ``sql/store/0002_scores.sql``."""
TABLES = tuple(KEYS)

Rows = list[dict[str, object]]


def scored(features: Mapping[str, pa.Table], fits: pa.Table, root: Path | None = None) -> dict[str, Rows]:
    """The rows of ``TABLES`` from those of ``INPUTS``; ``fits`` as stored, of which those on the same data stay."""
    before = {fit.name: fit for fit in map(read, fits.to_pylist())}
    episodes = _episodes(features["episode_features"])
    fit = calibrate.fit(episodes, limits(root), before.get("failure"))
    if fit is not before.get("failure"):
        fit = msgspec.structs.replace(fit, fitted_at=datetime.now(UTC))
    probabilities: Rows = [
        {
            "episode_id": episode.id,
            "trajectory_id": episode.trajectory_id,
            "version": episode.version,
            "p": fit.p(episode),
            "calibrated": True,
            "ambiguous": fit.ambiguous(fit.p(episode)),
            "fit": fit.data_hash,
        }
        for episode in episodes
        if fit.covers(episode)
    ]
    # No score of how a run ended ranks unseen runs better than their length does, so there is none.
    return {"fits": [fit.row()], "outcome_scores": [], "probabilities": probabilities}


def _episodes(table: pa.Table) -> list[Example]:
    """The rows of ``episode_features``, by episode."""
    columns = table.select(list(INPUTS["episode_features"]))
    return [
        Example(
            id=row["episode_id"],
            trajectory_id=row["trajectory_id"],
            version=row["version"],
            group=row["trajectory_id"],
            features={feature["name"]: float(feature["value"]) for feature in row["features"]},
            truth=row["failure"],
            weight=row["weight"],
            at_random=row["at_random"],
            score=row["score"],
            family=row["format"] or "",
        )
        for row in columns.sort_by("episode_id").to_pylist()
    ]
