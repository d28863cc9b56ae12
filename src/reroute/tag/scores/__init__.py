"""How likely an episode is a failure: a score, and a probability where enough is known to fit one.

Nothing here is ever mixed with what a verifier or a person said: it has tables of its own.
"""

from reroute.tag.scores.tables import INPUTS, KEYS, TABLES, scored

__all__ = ["INPUTS", "KEYS", "TABLES", "scored"]
