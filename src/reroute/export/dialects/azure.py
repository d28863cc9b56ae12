"""Azure's profile of OpenAI's rows: a reinforcement prompt ends with a user message; validation rows are required."""

from __future__ import annotations

from collections.abc import Sequence

from reroute.export.dialects import _lines
from reroute.export.rows.messages import Message
from reroute.export.rows.row import Row

NAME = "azure"
NEEDS_VALIDATION = True
LAST_ROLES = frozenset({"user"})


def line(row: Row) -> dict[str, object]:
    """The row as one object of JSONL; a last reply and its results are recast as what a user reports."""
    if row.answer is None:
        return _lines.supervised(row)
    head, tail = row.messages, row.messages[:0]
    if row.messages[-1].role != "user":
        replies = [at for at, message in enumerate(row.messages) if message.role == "assistant"]
        last = max(replies, default=len(row.messages))
        head, tail = row.messages[:last], row.messages[last:]
    messages = [_lines.message_of(message, "developer") for message in head]
    if tail:
        messages.append({"role": "user", "content": _in_words(tail)})
    return _lines.reinforcement(row, messages)


def _in_words(tail: Sequence[Message]) -> str:
    """A reply, its calls and their results in words."""
    calls = {call.id: call for message in tail for call in message.calls}
    parts = []
    for message in tail:
        if message.answers in calls:
            call = calls[message.answers]
            parts.append(f"You called `{call.name}` with {call.arguments}\nIt returned:\n{message.content}")
        elif message.content:
            parts.append(f"You said: {message.content}" if message.role == "assistant" else message.content)
    return "\n\n".join([*parts, "Go on from here."])
