"""A process that submits one job and may be killed at any moment: ``python submitting.py PROJECT DATASET URL``."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

from reroute import settings
from reroute.llm_api.retry import RetryPolicy
from reroute.tune.job_spec import JobOptions
from reroute.tune.submit import submit
from reroute.tune.tuning import Tuning

if __name__ == "__main__":
    root, dataset, url = sys.argv[1:]
    quick = RetryPolicy(first=0.01, longest=0.5, listing_delay=0.3)
    tuning = Tuning(settings.load(Path(root)), date(2026, 11, 21), retry=quick)
    quote = tuning.quote(dataset, "openai", "gpt-4.1", JobOptions(base_url=url))
    submit(tuning, quote)
