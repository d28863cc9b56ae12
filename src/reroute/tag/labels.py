"""What holds over all trajectories, as it stands now: ``sql/across`` over the store's small tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from reroute.settings import Project
from reroute.tag import binding, models

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_INPUTS = (
    "episodes", "run_counts", "contexts", "trajectories", "strongest_outcomes", "grades", "reviews", "probabilities",
    "judge_votes", "families",
)  # fmt: skip
"""The store's tables that ``sql/across`` reads; their columns are declared in ``sql/store/``."""
_PLACES: dict[str, binding.Table] = {"grade_places": "grades", "vote_places": "judge_votes"}
"""Inputs that say where judged spans lie today, by the store's table that they are of (:class:`binding.Bound`)."""
NO_EPISODE = "what was judged is there, and today's rules find no episode in it"
SPLIT = "what was judged lies on two branches, so only the answer to whether it is a failure holds"
"""Why a grade may be without an episode, beside the reasons of :mod:`reroute.tag.binding`."""


def across(project: Project, connection: duckdb.DuckDBPyConnection, wanted: Sequence[str]) -> dict[str, pa.Table]:
    """The wanted tables of ``sql/across`` from the store's tables on ``connection``, in no order."""
    inputs = {name: connection.table(name).to_arrow_table() for name in _INPUTS}
    for name, table in _PLACES.items():
        inputs[name] = binding.places(table, binding.bind(project, connection, table)[0])
    return models.run(inputs, wanted, layers=("across",), root=project.root)


def without_episode(project: Project, connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """How many grades are about no episode of today, by the reason, the commonest first."""
    import pyarrow.compute as pc

    bound, unbound = binding.bind(project, connection, "grades")
    inputs = {name: connection.table(name).to_arrow_table() for name in _INPUTS}
    inputs["grade_places"] = binding.places("grades", bound)
    found = models.run(inputs, ["grade_targets"], layers=("across",), root=project.root)["grade_targets"]
    at_episode = set(found["grade_id"].to_pylist())
    split = pc.and_(pc.invert(found["whole"]), pc.not_equal(found["question"], "failure"))
    reasons = Counter(one.why for one in unbound)
    reasons[NO_EPISODE] += sum(one.key not in at_episode for one in bound)
    reasons[SPLIT] += pc.sum(split).as_py() or 0
    return {why: count for why, count in reasons.most_common() if count}


def labelled(project: Project, connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """Every episode of a current trajectory version with its label, by trajectory and onset."""
    order = [(name, "ascending") for name in ("trajectory_id", "onset_step", "episode_id")]
    return across(project, connection, ["labelled_episodes"])["labelled_episodes"].sort_by(order)


def graded_votes(project: Project, connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """The judge's votes on episodes about which people have decided, by model, kind and episode.

    The rows of ``sql/across/graded_votes.sql``.
    """
    order = [(name, "ascending") for name in ("model", "kind", "episode_id")]
    return across(project, connection, ["graded_votes"])["graded_votes"].sort_by(order)
