"""How likely a run ended well, from its tags alone, fitted on runs of which a verifier or a person said so.

With too few such runs the weights are those of ``sql/lexicons/outcome_weights.csv``, and the number is a score.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from reroute import models
from reroute.scores.examples import Example, digest, known
from reroute.scores.fits import Fit, Parameters, Worth
from reroute.scores.limits import Limits
from reroute.scores.model import Logistic

FORM = 1
"""Grows when the same data would be fitted otherwise."""


def fit(examples: Sequence[Example], limits: Limits, fixed: Logistic, before: Fit | None = None) -> Fit:
    """The model of the runs with an outcome; ``before`` itself where it was fitted on the same data."""
    found = known(examples)
    counts = Counter(example.truth for example in found)
    enough = len(found) >= limits.fit_runs_min and min(counts[True], counts[False]) >= limits.fit_runs_each
    groups = len({example.group for example in found})
    enough = enough and groups >= limits.fit_folds
    data_hash = digest(found, (FORM, limits, fixed))
    if before is not None and before.data_hash == data_hash:
        return before
    made = _fitted(found, limits, fixed) if enough else (Parameters(fixed), Worth())
    return Fit("outcome", data_hash, enough, len(found), counts[True], groups, *made)


def fixed_weights(root: Path | None = None) -> Logistic:
    """The weights where nothing can be fitted; a run without any sign has the score 0.5."""
    table = models.reference_table(models.reference_files(root)["outcome_weights"])
    return Logistic(0.0, {row["name"]: float(row["weight"]) for row in table.to_pylist()})


def _fitted(examples: Sequence[Example], limits: Limits, fixed: Logistic) -> tuple[Parameters, Worth]:
    from reroute.scores.fitting import fitted, foretold
    from reroute.scores.reliability import reliability

    said = foretold(examples, limits)
    before = [fixed.probability(example) for example in examples]
    return Parameters(fitted(examples, limits)), Worth(reliability(examples, said, before, limits))
