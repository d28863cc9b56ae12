"""The numbers of ``sql/thresholds.csv`` that fitting goes by."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

from reroute.errors import ConfigError
from reroute.tag import models


@dataclass(frozen=True)
class Limits:
    """Each is explained where it stands, in ``sql/thresholds.csv``."""

    fit_strength: float
    fit_folds: float
    fit_grades_min: float
    isotonic_min: float
    conformal_alpha: float
    conformal_share: float
    reliability_bins: float
    resamples: float


def limits(root: Path | None = None) -> Limits:
    """The thresholds of a project folder. Raises ConfigError where one is missing."""
    path = models.reference_files(root)["thresholds"]
    found = {row["name"]: float(row["value"]) for row in models.reference_table(path).to_pylist()}
    wanted = [field.name for field in fields(Limits)]
    if missing := [name for name in wanted if name not in found]:
        raise ConfigError(f"Reading {path}: there is no {missing[0]}; copy its line from the file that Reroute ships.")
    return Limits(**{name: found[name] for name in wanted})
