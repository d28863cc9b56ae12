"""A process that submits one order and may be killed at any moment: ``python submitting.py PROJECT DATASET URL``."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

from reroute import settings
from reroute.llm_api.patience import Patience
from reroute.tune.desk import Wishes, open_desk

if __name__ == "__main__":
    root, dataset, url = sys.argv[1:]
    desk = open_desk(settings.load(Path(root)), date(2026, 11, 21))
    quote = desk.quote(dataset, "openai", "gpt-4.1", Wishes(base_url=url))
    desk.submit(quote, Patience(first=0.01, longest=0.5, settle=0.3))
