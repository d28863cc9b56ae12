"""The judge: an optional model that votes on doubtful episodes. Its votes are signals and decide nothing.

Another thing than ``reroute.tag.features.judge``, which decides by rule whether one action failed.
"""

from __future__ import annotations

from reroute.review.judge.estimate import Estimate, estimate
from reroute.review.judge.run import Judged, ask

__all__ = ["Estimate", "Judged", "ask", "estimate"]
