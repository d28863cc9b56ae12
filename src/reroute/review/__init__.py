"""Doubtful episodes to people and their grades back: plan, push, pull, status, practice."""

from __future__ import annotations

from reroute.review.plan import Planned, plan
from reroute.review.pull import Pulled, pull
from reroute.review.push import Pushed, push
from reroute.review.status import Status, status

__all__ = ["Planned", "Pulled", "Pushed", "Status", "plan", "pull", "push", "status"]
