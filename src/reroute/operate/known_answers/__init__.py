"""Runs whose mistakes are known: a bundle of them, and how much of what was planted the tagger found."""

from __future__ import annotations

from reroute.operate.known_answers.answers import unpack
from reroute.operate.known_answers.scoring import Score, score

__all__ = ["Score", "score", "unpack"]
