"""Azure's profile of OpenAI's rows: a reinforcement prompt ends with a user message; validation rows are required."""

from __future__ import annotations

from reroute.export.dialects import _lines
from reroute.export.rows.row import Row

NAME = "azure"
NEEDS_VALIDATION = True
LAST_ROLES = frozenset({"user"})


def line(row: Row) -> dict[str, object]:
    """The row as one object of JSONL; a last reply and its results are recast, in words, as what a user reports."""
    if row.answer is None:
        return _lines.supervised(row)
    replies = [at for at, message in enumerate(row.messages) if message.role == "assistant"]
    last = len(row.messages) if row.messages[-1].role == "user" else max(replies, default=len(row.messages))
    messages = [_lines.message_of(message, "developer") for message in row.messages[:last]]
    tail = row.messages[last:]
    calls = {call.id: call for message in tail for call in message.calls}
    parts = []
    for message in tail:
        if message.answers in calls:
            call = calls[message.answers]
            parts.append(f"You called `{call.name}` with {call.arguments}\nIt returned:\n{message.content}")
        elif message.content:
            parts.append(f"You said: {message.content}" if message.role == "assistant" else message.content)
    if tail:
        messages.append({"role": "user", "content": "\n\n".join([*parts, "Go on from here."])})
    return _lines.reinforcement(row, messages)
