"""What the dialects of OpenAI's row format share."""

from __future__ import annotations

from dataclasses import asdict

from reroute.export.rows.messages import Message
from reroute.export.rows.row import Row

JSON = dict[str, object]


def supervised(row: Row) -> JSON:
    """A supervised line: messages with weights, tools, and whether replies may call several at once."""
    several = any(len(message.calls) > 1 for message in row.messages)
    line: JSON = {"messages": [message_of(message, "system") for message in row.messages]}
    if row.tools.schemas:
        line |= {"tools": list(row.tools.schemas), "parallel_tool_calls": several}
    return line


def reinforcement(row: Row, messages: list[JSON]) -> JSON:
    """A reinforcement line: the prompt, the tools, and the keys that its grader reads."""
    answer, recovery = row.answer, row.candidate.recovery
    assert answer is not None
    assert recovery is not None
    names = {action.name for action in (answer.reference, *answer.acceptable)}
    strict = row.tools.made != "inferred"
    return {
        "messages": messages,
        "tools": list(row.tools.schemas),
        "reference": asdict(answer.reference),
        "forbidden": [asdict(action) for action in answer.forbidden],
        "acceptable": [asdict(action) for action in answer.acceptable],
        "schemas": {n: p for n, p in row.tools.parameters.items() if n in names} if strict else {},
        "kind": recovery.kind,
        "tier": recovery.tier,
        "effort": answer.effort,
        "row_id": row.row_id,
        "episode_id": recovery.episode_id,
        "trajectory_id": row.candidate.run.trajectory_id,
        "task_id": row.candidate.run.task_id,
    }


def message_of(message: Message, instructions: str) -> JSON:
    """One message; ``instructions`` is the role that system messages take."""
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": message.answers, "content": message.content or ""}
    if message.role != "assistant":
        return {"role": instructions if message.role == "system" else "user", "content": message.content or ""}
    line: JSON = {"role": "assistant"}
    if message.content is not None:
        line["content"] = message.content
    if message.calls:
        line["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.calls
        ]
    return line if message.weight is None else line | {"weight": message.weight}
