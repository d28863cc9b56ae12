"""The store's tables of scores, made anew from what ``sql/across`` says of runs and episodes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from reroute.scores import calibrate, outcome_scores
from reroute.scores.examples import Example
from reroute.scores.fits import Fit, read
from reroute.scores.limits import limits

if TYPE_CHECKING:
    import pyarrow as pa

INPUTS = ("run_features", "episode_features")
"""The models that scores are made from."""
KEYS = {"fits": ("name",), "outcome_scores": ("trajectory_id",), "probabilities": ("episode_id",)}
"""The tables that are made, by what identifies a row."""
TABLES = tuple(KEYS)

Rows = list[dict[str, object]]


def scored(features: Mapping[str, pa.Table], fits: pa.Table, root: Path | None = None) -> dict[str, Rows]:
    """The rows of ``TABLES`` from those of ``INPUTS``; ``fits`` as stored, of which those on the same data stay."""
    before = {fit.name: fit for fit in map(read, fits.to_pylist())}
    runs, episodes = runs_of(features["run_features"]), _episodes(features["episode_features"])
    numbers = limits(root)
    fixed = outcome_scores.fixed_weights(root)
    of_runs = _dated(outcome_scores.fit(runs, numbers, fixed, before.get("outcome")))
    of_episodes = _dated(calibrate.fit(episodes, numbers, before.get("failure")))
    return {
        "fits": [of_episodes.row(), of_runs.row()],
        "outcome_scores": [_of_run(of_runs, run) for run in runs if run.truth is None],
        "probabilities": [_of_episode(of_episodes, episode) for episode in episodes],
    }


def runs_of(table: pa.Table) -> list[Example]:
    """The rows of ``run_features`` by trajectory."""
    return _sorted(
        Example(
            id=row["trajectory_id"],
            trajectory_id=row["trajectory_id"],
            version=row["version"],
            group=row["task_key"],
            features=_named(row),
            truth=row["passed"],
        )
        for row in table.to_pylist()
    )


def _episodes(table: pa.Table) -> list[Example]:
    return _sorted(
        Example(
            id=row["episode_id"],
            trajectory_id=row["trajectory_id"],
            version=row["version"],
            group=row["trajectory_id"],
            features=_named(row),
            truth=row["failure"],
            weight=row["weight"],
            at_random=row["at_random"],
            score=row["score"],
        )
        for row in table.to_pylist()
    )


def _sorted(examples: Iterable[Example]) -> list[Example]:
    return sorted(examples, key=lambda example: example.id)


def _named(row: Mapping[str, Any]) -> dict[str, float]:
    return {feature["name"]: float(feature["value"]) for feature in row["features"]}


def _dated(fit: Fit) -> Fit:
    return fit if fit.fitted_at.year > 1970 else msgspec.structs.replace(fit, fitted_at=datetime.now(UTC))


def _of_run(fit: Fit, run: Example) -> dict[str, object]:
    return {
        "trajectory_id": run.trajectory_id,
        "version": run.version,
        "score": fit.p(run),
        "calibrated": fit.calibrated,
        "fit": fit.data_hash,
        "n_fitted": fit.n if fit.calibrated else 0,
    }


def _of_episode(fit: Fit, episode: Example) -> dict[str, object]:
    p = fit.p(episode)
    return {
        "episode_id": episode.id,
        "trajectory_id": episode.trajectory_id,
        "version": episode.version,
        "p": p,
        "calibrated": fit.calibrated,
        "ambiguous": fit.ambiguous(p),
        "fit": fit.data_hash,
    }
