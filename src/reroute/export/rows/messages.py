"""The steps of one lane as chat messages: one a model reply, each call followed by its result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from reroute.export.rows.tools import tool_name
from reroute.trace import Step

MessageRole = Literal["system", "user", "assistant", "tool"]

NO_RESULT = "(no result was recorded)"
TEXT_PROTOCOLS = frozenset({"mini-swe-agent"})
"""Formats whose agents write commands in fenced blocks; their runs are rendered with real tool calls."""
PROTOCOL_NOTE = "Commands are issued by calling the `bash` tool, one command a call, in place of fenced code blocks."


@dataclass(frozen=True)
class Call:
    """A tool call of a reply. Its id is unique in the row: sources repeat theirs."""

    step: int
    name: str
    arguments: str

    @property
    def id(self) -> str:
        return f"call_{self.step}"


@dataclass(frozen=True)
class Message:
    """One chat message and the steps it was made of."""

    role: MessageRole
    content: str | None
    first_step: int
    last_step: int
    calls: tuple[Call, ...] = ()
    answers: str | None = None
    """For role tool: the id of the call."""
    weight: int | None = None
    """For role assistant in supervised rows: 1 is trained on, 0 is context."""

    @property
    def text(self) -> str:
        """All that a reader of the conversation sees of it."""
        return "\n".join([self.content or "", *(f"{call.name} {call.arguments}" for call in self.calls)])


def render(steps: Sequence[Step], *, reasoning: Literal["drop", "content"], text_protocol: bool) -> list[Message]:
    """The messages of one lane's steps (given in order; later steps than those given are unknown to them).

    Replies are put together by turn; a call whose result is not among ``steps`` is answered by :data:`NO_RESULT`.
    With ``text_protocol`` the first system message says that commands are tool calls.
    """
    replies: dict[int, list[Step]] = {}
    for step in steps:
        if step.role == "assistant" and step.type in {"message", "reasoning", "call"}:
            replies.setdefault(step.turn, []).append(step)
    results = {step.parent_step: step for step in reversed(steps) if step.type == "result"}
    messages: list[Message] = []
    for step in steps:
        if step.role == "assistant":
            reply = replies.get(step.turn, [])
            if reply and reply[0] is step:
                messages += _reply(reply, results, reasoning)
        elif step.type == "message" and (step.content or step.media):
            role: MessageRole = "user" if step.role == "user" else "system"
            messages.append(Message(role, step.content or "(image)", step.step, step.step))
    if not text_protocol:
        return messages
    if not messages or messages[0].role != "system":
        return [Message("system", PROTOCOL_NOTE, 0, 0), *messages]
    return [replace(messages[0], content=f"{messages[0].content}\n\n{PROTOCOL_NOTE}"), *messages[1:]]


def _reply(reply: list[Step], results: dict[int | None, Step], reasoning: str) -> Iterator[Message]:
    said = [s for s in reply if s.type == "message" or (s.type == "reasoning" and reasoning == "content")]
    text = "\n\n".join(s.content.strip() for s in said if s.content and s.content.strip())
    calls = tuple(Call(s.step, tool_name(s.tool), s.arguments or "{}") for s in reply if s.type == "call")
    if not text and not calls:
        return
    yield Message("assistant", text or None, reply[0].step, reply[-1].step, calls)
    for call in calls:
        result = results.get(call.step)
        at = result.step if result else call.step
        content = NO_RESULT if result is None else result.content or ("(image)" if result.media else "")
        yield Message("tool", content, at, at, answers=call.id)
