"""Magentic-One runs: one run a file, a bare list of what each agent said.

Written by AutoGen's Magentic-One scenarios (https://github.com/microsoft/autogen, ``autogen-magentic-one``), as
published in Who&When (https://github.com/mingyin1/Agents_Failure_Attribution): ``[{"role", "content"}]`` with the
speaker in ``role``. All agents share one transcript, so they are one lane. WebSurfer, ComputerTerminal and FileSurfer
say in prose what they did: that is decoded into a call and its result; what they say without having done anything is a
message. Of the Orchestrator's rows, plans are reasoning, ledgers (``is_in_loop``, ``is_progress_being_made``) and
``Stalled...`` events, instructions messages; ``Next speaker ...`` repeats the ledger and is passed by. Lines of the
harness's own log that were caught in a row are taken off it. The files hold no verdict.

Marker: a bare list of ``role`` and ``content`` with a role that begins with ``Orchestrator (``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Literal, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from reroute.formats._reading.decode import decode, each
from reroute.formats._reading.document import Document
from reroute.formats._reading.ledger import BARE, refuse, within
from reroute.formats._reading.steps import Steps
from reroute.formats._reading.values import json_text
from reroute.trace import Rejected, Status, Trajectory

NAME = "magentic-one"
VERSION = 2
UNIT: Literal["record", "file"] = "file"
RECORD_TYPES = frozenset({"run", "row", "row/human", "row/agent", "row/Orchestrator"})
KEYS = frozenset({"role", "content"})
STAPLES = frozenset({"role", "content"})

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

_BLOCK = re.compile(r"```(\w+)\n(.*?)\n```", re.DOTALL)
_RAN = re.compile(r"\AThe script ran, then exited with Unix exit code: (-?\d+)\nIts output was:\n?")
_SILENT = re.compile(r"\AThe script ran but produced no output to console\. The Unix exit code was: (-?\d+)\.")
_LOOKED_BACK = 6
"""Messages of the conversation that the terminal searches for code, from the last one."""
_SHELLS = {"sh", "bash", "shell"}
_FILE = re.compile(
    r"\AAddress: file://(\S+)\n.*?^Viewport position: Showing page (\d+) of \d+\.", re.DOTALL | re.MULTILINE
)
_MISREAD = "File surfer encountered an error"

_SURFED = re.compile(r"\A(.*?)\n\n(Here is a screenshot of \[.*?\]\((\S*?)\)\. The viewport.*)\Z", re.DOTALL)
"""A reply of WebSurfer: one sentence about its action, a line on the screenshot, metadata, the text of the page."""
_SURFING_FAILED = re.compile(r"\AWeb surfing error:")
_TYPED = re.compile(r"I typed '(.*?)' into (?:'(.*)'|the browser (search|address) bar)\.\Z", re.DOTALL)
_SURFER_ACTIONS = (
    ("click", re.compile(r"I clicked '(?P<element>.*)'\.\Z", re.DOTALL)),
    ("click", re.compile(r"I clicked the control\.\Z")),
    ("go_back", re.compile(r"I clicked the browser back button\.\Z")),
    (
        "scroll_down",
        re.compile(r"I scrolled (?:down one page in the browser|(?:'(?P<element>.*)'|the control) down)\.\Z"),
    ),
    ("scroll_up", re.compile(r"I scrolled (?:up one page in the browser|(?:'(?P<element>.*)'|the control) up)\.\Z")),
    ("type", re.compile(r"I input '(?P<text>.*)'\.\Z", re.DOTALL)),
    ("hover", re.compile(r"I hovered over (?:'(?P<element>.*)'|the control)\.\Z", re.DOTALL)),
    ("wait", re.compile(r"I am waiting a short period of time before taking further action\.\Z")),
)
_ENGINES = re.compile(r"(?:^|\.)(?:bing|google|duckduckgo|yahoo)\.[a-z.]+\Z")


class _Action(NamedTuple):
    """A call and its result."""

    tool: str
    arguments: str
    result: str
    exit_code: int | None = None


class _Row(msgspec.Struct):
    role: str
    content: str


_ROWS = msgspec.json.Decoder(list[_Row])


def matches(document: Document) -> bool:
    """A bare list, or lines of them, in which an Orchestrator speaks."""
    head = document.head
    lists = [head] if document.layout == "array" else [value for value in head if isinstance(value, list)]
    rows = [row for held in lists for row in held if isinstance(row, dict)]
    return any(str(row.get("role")).startswith("Orchestrator (") for row in rows)


def read(document: Document) -> Iterator[Trajectory | Rejected]:
    """The run of the file, or the runs where several lie in it as lines."""
    records = [document.one_record()] if document.layout == "array" else document.records()
    yield from each(
        records,
        lambda record: [_trajectory(decode(_ROWS, record.data), record.index, document)],
        partial(refuse, document.ledger, partial(within, {BARE: "row"})),
    )


def _trajectory(rows: list[_Row], index: int, document: Document) -> Trajectory:
    steps, conversation = Steps(index), list[str]()
    for position, row in enumerate(rows):
        text, before = _LOG.sub("", row.content), len(steps.done)
        # A crash of the harness, the answer that was handed in, a program that did not end well: the end of the log.
        ends = [found.start() for pattern in (_CRASH, _ANSWER, _EXITED) if (found := pattern.search(text))]
        cut = min(ends, default=len(text))
        _add(steps, row.role, text[:cut].rstrip("\n"), conversation, f"/{position}/content")
        tail, where = text[cut:], f"/{position}/content"
        answer, exited = _ANSWER.search(tail), _EXITED.search(tail)
        if crash := _CRASH.match(tail):
            after = answer or exited
            trace = tail[crash.start() : after.start() if after else None].removeprefix("<Image>\n").rstrip()
            steps.add("system", "event", trace, where, status="error")
        if answer:
            steps.respond()
            steps.add("assistant", "message", f"FINAL ANSWER: {answer.group(1)}", where, agent="Orchestrator")
        if exited:
            steps.add("system", "event", exited.group(), where, status="error")
        kind = "human" if row.role == "human" else "Orchestrator" if " (" in row.role else "agent"
        steps.account(f"row/{kind}", before, "no content" if not text.strip() else "it repeats the ledger before it")
    steps.account("run", 0)
    stem = document.stem
    task_id = stem if document.layout == "array" and _TASK_ID.match(stem) else None
    run = Trajectory(
        format=NAME,
        steps=steps.done,
        task_id=task_id,
        task=next((row.content.strip() for row in rows if row.role == "human"), None),
        agent=NAME,
        split_group=task_id,
        source_index=index,
    )
    document.ledger.update(steps.records)
    return run


def _add(steps: Steps, role: str, said: str, conversation: list[str], where: str) -> None:
    """The steps of a row; the conversation is what every agent hears: the terminal runs the last code in it."""
    speaker, _, manner = role.partition(" (")
    if role == "human":
        steps.add("user", "message", said, where)
    elif manner.startswith("->"):
        if steps.done and steps.done[-1].type != "event":  # else the ledger before it is of the same response
            steps.respond()
        steps.add("assistant", "message", said, where, agent=speaker)
    elif not manner:
        steps.respond()
        _act(steps, speaker, said, conversation, where)
    elif said.startswith(_PLAN):
        steps.respond()
        steps.add("assistant", "reasoning", said, where, agent=speaker)
    else:  # nobody hears what the Orchestrator thinks: a ledger, or a line of the program that drives it
        if said.startswith("Updated Ledger:"):
            steps.respond()
            steps.add("assistant", "event", said, where, agent=speaker)
        elif said and not said.startswith("Next speaker "):
            status: Status = "error" if _LIMIT.match(said) else "unknown"
            steps.add("system", "event", said, where, agent=speaker, status=status)
        return
    conversation.append(said)


def _act(steps: Steps, speaker: str, said: str, conversation: list[str], where: str) -> None:
    """The call and the result that an agent's words report; a message where they report none."""
    action = None
    if speaker == "WebSurfer":
        action = _surfed(said)
    elif speaker == "FileSurfer":
        if found := _FILE.match(said):
            path, page = unquote(found.group(1)), int(found.group(2))
            action = _Action("open_file", json_text({"path": path} | ({} if page == 1 else {"page": page})), said)
        elif said.startswith(_MISREAD):
            action = _Action("open_file", "{}", said)
    elif speaker in {"ComputerTerminal", "Executor"}:
        ran = _RAN.match(said) or _SILENT.match(said)
        # The first block of the last message that has one is what ran; the reply itself does not repeat it.
        blocks = (_BLOCK.search(message) for message in reversed(conversation[-_LOOKED_BACK:]))
        block = next(filter(None, blocks), None)
        if ran is None:  # it found none, so the call is of the language that was asked for
            asked = conversation[-1].lower() if conversation else ""
            action = _Action("python" if "python" in asked else "sh", "{}", said)
        else:
            language = block.group(1).lower() if block else "sh"
            tool, slot = ("sh", "command") if language in _SHELLS else (language, "code")
            output = said[ran.end() :] if ran.re is _RAN else ""
            action = _Action(tool, json_text({slot: block.group(2)} if block else {}), output, int(ran.group(1)))
    if action is None:
        steps.add("assistant", "message", said, where, agent=speaker)
        return
    steps.call(action.tool, action.arguments, None, where, agent=speaker)
    shown = action.result.removesuffix(_PICTURE)
    media = [_PICTURE] if shown != action.result else []
    steps.result(shown.rstrip("\n"), None, where, exit_code=action.exit_code, media=media)


def _surfed(reply: str) -> _Action | None:
    """WebSurfer's action; None where it is words alone: a summary of a page, or an answer from it.

    Words typed into the box of a search engine that led to its results for them are a search, whatever the box is
    called.
    """
    found = _SURFED.match(reply)
    if found is None:
        return _Action("browser", "{}", reply) if _SURFING_FAILED.match(reply) else None
    said, page, address = found.groups()
    if typed := _TYPED.match(said):
        text, element, bar = typed.groups()
        if bar == "address":
            return _Action("visit_url", json_text({"url": text}), page)
        try:
            parts = urlsplit(address)
        except ValueError:
            parts = urlsplit("")
        asked = parse_qs(parts.query).get("q") or parse_qs(parts.query).get("p") or [""]
        of_an_engine = _ENGINES.search(parts.hostname or "") is not None
        if bar == "search" or (of_an_engine and asked[0].split() == text.split()):
            return _Action("web_search", json_text({"query": text}), page)
        return _Action("type", json_text({"text": text, "element": element}), page)
    for tool, shape in _SURFER_ACTIONS:
        if done := shape.match(said):
            return _Action(tool, json_text({k: v for k, v in done.groupdict().items() if v is not None}), page)
    return _Action("browser", json_text({"action": said}), page)
