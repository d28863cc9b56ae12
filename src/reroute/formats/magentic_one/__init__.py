"""Magentic-One runs: one run a file, a bare list of what each agent said.

Written by AutoGen's Magentic-One scenarios (https://github.com/microsoft/autogen, ``autogen-magentic-one``), as
published in Who&When (https://github.com/mingyin1/Agents_Failure_Attribution): ``[{"role", "content"}]`` with the
speaker in ``role``. All agents share one transcript, so they are one lane. WebSurfer, ComputerTerminal and FileSurfer
tell what they did in prose: that is decoded into a call and its result; what they say without having done anything is a
message. Of the Orchestrator's rows, plans are reasoning, ledgers (``is_in_loop``, ``is_progress_being_made``) and
``Stalled...`` events, instructions messages; ``Next speaker ...`` repeats the ledger and is passed by. Lines of the
harness's own log that were caught in a row are taken off it. The files hold no verdict.

Marker: a bare list of ``role`` and ``content`` with a role that begins with ``Orchestrator (``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from reroute.formats._reading.decode import decode, each
from reroute.formats._reading.document import Document
from reroute.formats._reading.steps import Steps
from reroute.formats.magentic_one import computer_terminal, web_surfer
from reroute.trace import Rejected, Status, Trajectory

NAME = "magentic-one"
VERSION = 1
UNIT: Literal["record", "file"] = "file"

_LOG = re.compile(
    r"^\S+\.py:\d+: \w*Warning: [^\n]*\n(?:  [^\n]*\n?)?|^  \w+ = await \w*client\.create\([^\n]*\n?", re.MULTILINE
)
_CRASH = re.compile(
    r"^(?:<Image>\n)?Error processing publish message\nTraceback \(most recent call last\):\n", re.MULTILINE
)
_ANSWER = re.compile(r"^FINAL ANSWER: (.*?)\s*(?=^(?:SCENARIO|RUN)\.|\Z)", re.DOTALL | re.MULTILINE)
_EXITED = re.compile(r"^SCENARIO\.PY EXITED WITH CODE: -?\d+", re.MULTILINE)
_TASK_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z|[0-9a-f]{64}\Z")
_PICTURE = "<Image>"
"""What stands in a row for the picture that every agent was shown with it."""
_PLAN = ("Initial plan:", "New plan:")
_LIMIT = re.compile(r"Max (?:time|rounds) ")


class _Row(msgspec.Struct):
    role: str
    content: str


_ROWS = msgspec.json.Decoder(list[_Row])


def matches(document: Document) -> bool:
    """A bare list, or lines of them, in which an Orchestrator speaks."""
    head = document.head
    rows = [head] if document.layout == "array" else [value for value in head if isinstance(value, list)]
    return any(_declares(items) for items in rows)


def read(document: Document) -> Iterator[Trajectory | Rejected]:
    """The run of the file, or the runs where several lie in it as lines."""
    records = [document.one_record()] if document.layout == "array" else document.records()
    yield from each(records, lambda record: [_trajectory(decode(_ROWS, record.data), record.index, document)])


def _declares(items: Sequence[object]) -> bool:
    return any(isinstance(item, dict) and str(item.get("role")).startswith("Orchestrator (") for item in items)


def _trajectory(rows: list[_Row], index: int, document: Document) -> Trajectory:
    steps, conversation = Steps(index), list[str]()
    for position, row in enumerate(rows):
        said, tail = _apart(row.content)
        _add(steps, row.role, said, conversation, f"/{position}")
        _end(steps, tail, f"/{position}/content")
    stem = document.path.stem
    task_id = stem if document.layout == "array" and _TASK_ID.match(stem) else None
    return Trajectory(
        format=NAME,
        steps=steps.done,
        task_id=task_id,
        task=next((row.content.strip() for row in rows if row.role == "human"), None),
        agent=NAME,
        split_group=task_id,
        source_index=index,
    )


def _apart(content: str) -> tuple[str, str]:
    """What was said, without warnings of the harness; and from its crash or the final answer on, the log's end."""
    text = _LOG.sub("", content)
    ends = [found.start() for pattern in (_CRASH, _ANSWER, _EXITED) if (found := pattern.search(text))]
    cut = min(ends, default=len(text))
    return text[:cut].rstrip("\n"), text[cut:]


def _add(steps: Steps, role: str, said: str, conversation: list[str], pointer: str) -> None:
    """The steps of a row; what every agent hears is kept for the terminal, which runs the last code it heard."""
    speaker, _, manner = role.partition(" (")
    where = f"{pointer}/content"
    if role == "human":
        steps.add("user", "message", said, where)
    elif manner.startswith("->"):
        if steps.done and steps.done[-1].type != "event":  # else the ledger before it is of the same response
            steps.respond()
        steps.add("assistant", "message", said, where, agent=speaker)
    elif manner:
        _orchestrate(steps, speaker, said, where)
        if not said.startswith(_PLAN):
            return
    else:
        steps.respond()
        _act(steps, speaker, said, conversation, where)
    conversation.append(said)


def _orchestrate(steps: Steps, speaker: str, said: str, where: str) -> None:
    """What the Orchestrator thinks: a plan, a ledger, or a line of the program that drives it."""
    if said.startswith(_PLAN):
        steps.respond()
        steps.add("assistant", "reasoning", said, where, agent=speaker)
    elif said.startswith("Updated Ledger:"):
        steps.respond()
        steps.add("assistant", "event", said, where, agent=speaker)
    elif said and not said.startswith("Next speaker "):
        status: Status = "error" if _LIMIT.match(said) else "unknown"
        steps.add("system", "event", said, where, agent=speaker, status=status)


def _act(steps: Steps, speaker: str, said: str, conversation: list[str], where: str) -> None:
    deed: web_surfer.Deed | computer_terminal.Deed | None = None
    code = None
    if speaker == "WebSurfer":
        deed = web_surfer.deed(said)
    elif speaker == "FileSurfer":
        deed = computer_terminal.viewed(said)
    elif speaker in {"ComputerTerminal", "Executor"}:
        deed = ran = computer_terminal.run(said, conversation)
        code = ran.exit_code
    if deed is None:
        steps.add("assistant", "message", said, where, agent=speaker)
        return
    steps.call(deed.tool, deed.arguments, None, where, agent=speaker)
    shown = deed.result.removesuffix(_PICTURE)
    steps.result(shown.rstrip("\n"), None, where, exit_code=code, media=[_PICTURE] if shown != deed.result else [])


def _end(steps: Steps, tail: str, where: str) -> None:
    """A crash of the harness, the answer that was handed in, a program that did not end well."""
    if crash := _CRASH.match(tail):
        answer = _ANSWER.search(tail) or _EXITED.search(tail)
        trace = tail[crash.start() : answer.start() if answer else None].removeprefix("<Image>\n").rstrip()
        steps.add("system", "event", trace, where, status="error")
    if answer := _ANSWER.search(tail):
        steps.respond()
        steps.add("assistant", "message", f"FINAL ANSWER: {answer.group(1)}", where, agent="Orchestrator")
    if exited := _EXITED.search(tail):
        steps.add("system", "event", exited.group(), where, status="error")
