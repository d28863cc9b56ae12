"""The store's tables of scores, made anew from what ``sql/across`` says of episodes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from reroute.tag.scores import calibrate
from reroute.tag.scores.examples import Example
from reroute.tag.scores.fits import Fit, read
from reroute.tag.scores.limits import limits

if TYPE_CHECKING:
    import pyarrow as pa

INPUTS = ("episode_features",)
"""The models that scores are made from."""
KEYS = {"fits": ("name",), "outcome_scores": ("trajectory_id",), "probabilities": ("episode_id",)}
"""The tables that are made, by what identifies a row."""
TABLES = tuple(KEYS)

Rows = list[dict[str, object]]


def scored(features: Mapping[str, pa.Table], fits: pa.Table, root: Path | None = None) -> dict[str, Rows]:
    """The rows of ``TABLES`` from those of ``INPUTS``; ``fits`` as stored, of which those on the same data stay."""
    before = {fit.name: fit for fit in map(read, fits.to_pylist())}
    episodes = _episodes(features["episode_features"])
    fit = _dated(calibrate.fit(episodes, limits(root), before.get("failure")))
    return {
        "fits": [fit.row()],
        # No score of how a run ended ranks unseen runs better than their length does, so there is none.
        "outcome_scores": [],
        "probabilities": [_of_episode(fit, episode) for episode in episodes if fit.covers(episode)],
    }


def _episodes(table: pa.Table) -> list[Example]:
    found = (
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
        for row in table.to_pylist()
    )
    return sorted(found, key=lambda example: example.id)


def _dated(fit: Fit) -> Fit:
    return fit if fit.fitted_at.year > 1970 else msgspec.structs.replace(fit, fitted_at=datetime.now(UTC))


def _of_episode(fit: Fit, episode: Example) -> dict[str, object]:
    p = fit.p(episode)
    return {
        "episode_id": episode.id,
        "trajectory_id": episode.trajectory_id,
        "version": episode.version,
        "p": p,
        "calibrated": True,
        "ambiguous": fit.ambiguous(p),
        "fit": fit.data_hash,
    }
