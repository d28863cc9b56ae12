"""How likely a run ended well, and an episode is a failure: scores, and probabilities where enough is known to fit.

Nothing here is ever mixed with what a verifier or a person said: it has tables of its own.
"""

from reroute.scores.tables import INPUTS, KEYS, TABLES, runs_of, scored

__all__ = ["INPUTS", "KEYS", "TABLES", "runs_of", "scored"]
