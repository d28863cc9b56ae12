"""OpenAI's own rows: instructions of a reinforcement prompt are a developer message."""

from __future__ import annotations

from reroute.export.dialects import _lines
from reroute.export.rows.row import Row

NAME = "openai"
NEEDS_VALIDATION = False
LAST_ROLES = frozenset({"user", "tool"})


def line(row: Row) -> dict[str, object]:
    """The row as one object of JSONL."""
    if row.answer is None:
        return _lines.supervised(row)
    return _lines.reinforcement(row, [_lines.message_of(message, "developer") for message in row.messages])
