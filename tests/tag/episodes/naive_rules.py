"""Thresholds and lexicons, as the naive judge reads them."""

from __future__ import annotations

import csv
import re
from pathlib import Path

SQL = Path(__file__).parents[3] / "sql"
Row = dict[str, object]


def _table(name: str) -> list[dict[str, str]]:
    with (SQL / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


LIMITS = {row["name"]: float(row["value"]) for row in _table("thresholds.csv")}
KINDS = {row["kind"]: row for row in _table("lexicons/kinds.csv")}
SIGNALS = {(row["signal"], row["family"]): row["kind"] for row in _table("lexicons/signals.csv")}
QUERIES = {row["argument"] for row in _table("lexicons/arguments.csv") if row["role"] == "query"}
BYSTANDER = re.compile("|".join(row["pattern"] for row in _table("lexicons/bystander_paths.csv")))
RISKS = _table("lexicons/risks.csv")
SECRET = re.compile("|".join(row["pattern"] for row in _table("lexicons/secret_paths.csv")))
AMOUNTS = {row["argument"] for row in _table("lexicons/arguments.csv") if row["role"] == "amount"}
DELETIONS = {row["program"] for row in _table("lexicons/deletions.csv")}
SILENT_EDITORS = {row["program"] for row in _table("lexicons/silent_editors.csv")}
SLIPS = {row["signal"] for row in _table("lexicons/slips.csv")}
PREPARATIONS = {row["program"] for row in _table("lexicons/preparations.csv")}
BUILD = re.compile("|".join(row["pattern"] for row in _table("lexicons/builds.csv")))


def in_words(a: Row) -> bool:
    """Whether a search asks in words."""
    return a["family"] == "search" and bool(QUERIES & {re.split("[=.]", slot)[0] for slot in a["slots"]})
