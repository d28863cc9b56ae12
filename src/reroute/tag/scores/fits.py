"""A fit: what was fitted on which data, and its metrics; as one row of the store's table ``fits``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal

import msgspec

from reroute.tag.scores.conformal import Coverage, Sets
from reroute.tag.scores.examples import Example
from reroute.tag.scores.model import Isotonic, Logistic
from reroute.tag.scores.reliability import Reliability

Name = Literal["failure"]


class Parameters(msgspec.Struct, frozen=True):
    """What scores an example."""

    model: Logistic | None = None
    """None: the rules' own score stands."""
    sets: Sets | None = None
    families: tuple[str, ...] = ()
    """The families on whose own unseen runs the model was checked; of no other does it say a probability."""


class Metrics(msgspec.Struct, frozen=True, omit_defaults=True):
    """Measured without seeing what it is measured on; empty where nothing was fitted."""

    reliability: Reliability | None = None
    coverage: Coverage | None = None


class Fit(msgspec.Struct, frozen=True):
    """A model with the hash of the data that it was fitted on."""

    name: Name
    data_hash: str
    calibrated: bool
    """False: too little is known to fit anything, or what was fitted was no better than the share on runs that it had
    not seen; what it says is a score."""
    n: int
    """Graded episodes."""
    positives: int
    """Of those, failures."""
    groups: int
    """Graded trajectories."""
    parameters: Parameters
    metrics: Metrics = Metrics()
    fitted_at: datetime = datetime.fromtimestamp(0, UTC)

    @property
    def method(self) -> str:
        """In a word."""
        if not self.calibrated or self.parameters.model is None:
            return "fixed"
        return "logistic+isotonic" if isinstance(self.parameters.model.calibration, Isotonic) else "logistic+platt"

    def covers(self, example: Example) -> bool:
        """Whether what it says of an example is a probability."""
        return self.calibrated and example.family in self.parameters.families

    def p(self, example: Example) -> float:
        """The probability of an example that it covers; the rules' own score of any other."""
        model = self.parameters.model
        return model.probability(example) if model is not None and self.covers(example) else example.score

    def ambiguous(self, p: float) -> bool | None:
        """Whether the conformal set leaves the answer open; None where there are no sets."""
        return None if self.parameters.sets is None else self.parameters.sets.ambiguous(p)

    def row(self) -> dict[str, object]:
        """As the store keeps it."""
        return {
            "name": self.name,
            "fitted_at": self.fitted_at,
            "data_hash": self.data_hash,
            "method": self.method,
            "calibrated": self.calibrated,
            "n": self.n,
            "positives": self.positives,
            "groups": self.groups,
            "parameters": msgspec.json.encode(self.parameters).decode(),
            "reliability": msgspec.json.encode(self.metrics).decode(),
        }


def read(row: Mapping[str, object]) -> Fit:
    """A fit as the store keeps it."""
    plain = {name: row[name] for name in ("name", "data_hash", "calibrated", "n", "positives", "groups", "fitted_at")}
    parameters = msgspec.json.decode(str(row["parameters"]), type=Parameters)
    metrics = msgspec.json.decode(str(row["reliability"]), type=Metrics)
    return Fit(**plain, parameters=parameters, metrics=metrics)  # type: ignore[arg-type]
