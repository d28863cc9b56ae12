"""The path of one lane as chat messages: one a model reply, each call followed by its result."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from reroute.export.rows.tools import tool_name
from reroute.trace import Step

MessageRole = Literal["system", "user", "assistant", "tool"]

NO_RESULT = "(no result was recorded)"
STILL_RUNNING = "(still running)"
"""Stands for a result that the next reply had not seen yet; the result itself follows where it was recorded."""
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
    by_harness: bool = False
    """For role user: nobody spoke; the harness says how a call ended that an earlier reply had made."""
    weight: int | None = None
    """For role assistant in supervised rows: 1 is trained on, 0 is context."""

    @property
    def text(self) -> str:
        """All that a reader of the conversation sees of it."""
        return "\n".join([self.content or "", *(f"{call.name} {call.arguments}" for call in self.calls)])


def render(steps: Sequence[Step], *, reasoning: Literal["drop", "content"], text_protocol: bool) -> list[Message]:
    """The messages of one lane's path (given in order; later steps than those given are unknown to them).

    Replies are put together by turn. Each call is answered right after its reply: by its result, by :data:`NO_RESULT`
    where none is among ``steps``, or by :data:`STILL_RUNNING` where the next reply was made before the result was
    there, which then follows as a message of its own. What the harness says about a background command is a user's
    message, as models get it. With ``text_protocol`` the first system message says that commands are tool calls.
    """
    replies: dict[tuple[str, int], list[Step]] = {}
    for step in steps:
        if step.role == "assistant" and step.type in {"message", "reasoning", "call"}:
            replies.setdefault((step.lane, step.turn), []).append(step)
    results = {step.parent_step: step for step in reversed(steps) if step.type == "result"}
    late = _late(list(replies.values()), results)
    messages: list[Message] = []
    for step in steps:
        if step.role == "assistant":
            reply = replies.get((step.lane, step.turn), [])
            if reply and reply[0] is step:
                messages += _reply(reply, results, late, reasoning)
        elif step.type == "message" and (step.content or step.media):
            by_harness = step.ends_call is not None
            role: MessageRole = "user" if step.role == "user" or by_harness else "system"
            messages.append(Message(role, step.content or "(image)", step.step, step.step, by_harness=by_harness))
        elif step.step in late:
            text = f"The result of {tool_name(step.tool)} (call_{step.parent_step}):\n{_shown(step)}"
            messages.append(Message("user", text, step.step, step.step, by_harness=True))
    if not text_protocol:
        return messages
    if not messages or messages[0].role != "system":
        return [Message("system", PROTOCOL_NOTE, 0, 0), *messages]
    return [replace(messages[0], content=f"{messages[0].content}\n\n{PROTOCOL_NOTE}"), *messages[1:]]


def _late(replies: Sequence[list[Step]], results: dict[int | None, Step]) -> set[int]:
    """The results that stand behind the beginning of a later reply that says or calls something; replies in order."""
    starts = [r[0].step for r in replies if any(s.type == "call" or (s.type == "message" and s.content) for s in r)]
    found: set[int] = set()
    for reply in replies:
        after = bisect_right(starts, reply[-1].step)
        answered = (results.get(step.step) for step in reply if step.type == "call")
        found |= {s.step for s in answered if s is not None and after < len(starts) and s.step > starts[after]}
    return found


def _shown(result: Step) -> str:
    return result.content or ("(image)" if result.media else "")


def _reply(reply: list[Step], results: dict[int | None, Step], late: set[int], reasoning: str) -> Iterator[Message]:
    said = [s for s in reply if s.type == "message" or (s.type == "reasoning" and reasoning == "content")]
    text = "\n\n".join(s.content.strip() for s in said if s.content and s.content.strip())
    calls = tuple(Call(s.step, tool_name(s.tool), s.arguments or "{}") for s in reply if s.type == "call")
    if not text and not calls:
        return
    yield Message("assistant", text or None, reply[0].step, reply[-1].step, calls)
    for call in calls:
        result = results.get(call.step)
        if result is None or result.step in late:
            yield Message("tool", STILL_RUNNING if result else NO_RESULT, call.step, call.step, answers=call.id)
        else:
            yield Message("tool", _shown(result), result.step, result.step, answers=call.id)
