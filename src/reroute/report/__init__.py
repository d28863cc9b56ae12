"""The HTML report: what was collected, found, reviewed, exported and dropped, from the published tables."""

from reroute.report.page import write

__all__ = ["write"]
