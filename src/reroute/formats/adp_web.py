"""Agent Data Protocol, the standard form: one run a record, in lines, an array or one object.

Written by the converters of Agent Data Protocol (https://github.com/neulab/agent-data-protocol, ``schema``), here for
runs in a browser: ``{"id", "content": [{"class_": "text_observation" | "web_observation" | "api_action" | "code_action"
| "message_action"}], "details"}``. An action's ``description`` is its reasoning; the observation after it is its
result, a page as address, accessibility tree or text. What is shown before any action, or after a message, answers no
call. The ids are those of the data set and are not unique. Values of ``kwargs`` may be written as Python literals.
Verdicts are not part of the form.

Marker: ``content``, a list whose items have a ``class_``.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import msgspec

from reroute.formats._reading import values
from reroute.formats._reading.decode import decode, each
from reroute.formats._reading.document import Document
from reroute.formats._reading.ledger import refuse, within
from reroute.formats._reading.steps import Steps
from reroute.trace import Rejected, Trajectory

NAME = "adp-web"
VERSION = 2
UNIT = "record"
RECORD_TYPES = frozenset({
    "run", "item", "item/web_observation", "item/text_observation", "item/image_observation", "item/api_action",
    "item/code_action", "item/message_action",
})  # fmt: skip
KEYS = frozenset({"id", "content", "details"})
STAPLES = frozenset({"content"})

_ADDRESS = re.compile(r"RootWebArea [^\n]*?url='([^'\n]*)'")
_QUOTED = re.compile(r"""\s*['"\[]""")
_SHELLS = {"bash", "sh", "shell"}
_MOST = 10_000
"""Characters of a literal that are read as one."""


class _Item(msgspec.Struct):
    class_: str
    content: Any = None
    source: str | None = None
    name: str | None = None
    html: str | None = None
    axtree: str | None = None
    url: str | None = None
    image_observation: Any = None
    function: str | None = None
    kwargs: dict[str, Any] | None = None
    language: str | None = None
    description: str | None = None


class _Run(msgspec.Struct):
    content: list[_Item]
    id: str | int | None = None
    details: dict[str, Any] | None = None


_RUN = msgspec.json.Decoder(_Run)


def matches(document: Document) -> bool:
    """A record whose content has classes."""
    contents = [value.get("content") for value in document.head if isinstance(value, dict)]
    items = [item for content in contents if isinstance(content, list) for item in content]
    return any(isinstance(item, dict) and isinstance(item.get("class_"), str) for item in items)


def read(document: Document) -> Iterator[Trajectory | Rejected]:
    """A trajectory for each record."""
    ledger = document.ledger
    return each(
        document.records(),
        lambda record: [_trajectory(decode(_RUN, record.data), record.index, ledger)],
        partial(refuse, ledger, partial(within, {"content": "item"})),
    )


def _trajectory(run: _Run, index: int, ledger: Counter[tuple[str, str | None]]) -> Trajectory:
    steps, site = Steps(index), None
    for position, item in enumerate(run.content):
        pointer, before = f"/content/{position}", len(steps.done)
        if not item.class_.endswith("_action"):
            _observe(steps, item, pointer)
        else:  # its reasoning, then words, code or a call
            steps.respond()
            if item.description:
                steps.add("assistant", "reasoning", item.description, f"{pointer}/description")
            match item.class_:
                case "message_action":
                    said = item.content if isinstance(item.content, str) else None
                    steps.add("assistant", "message", said, pointer)
                case "code_action":
                    language = (item.language or "python").lower()
                    slot = "command" if language in _SHELLS else "code"
                    steps.call(language, values.json_text({slot: item.content}), None, pointer)
                case "api_action":
                    arguments = {name: _value(value) for name, value in (item.kwargs or {}).items()}
                    steps.call(item.function, values.json_text(arguments), None, pointer)
                case _:
                    raise msgspec.ValidationError(f"class `{item.class_[:40]}` - at `{pointer}`")
        steps.account(f"item/{item.class_}", before)
        # The host of the first page that has an address.
        if site is None and (address := item.url or _address(item)):
            with contextlib.suppress(ValueError):
                site = urlsplit(address).hostname or None
    steps.account("run", 0)
    facts = {"id": run.id, "source": (run.details or {}).get("source")}
    found = Trajectory(
        format=NAME,
        steps=steps.done,
        task=next((step.content for step in steps.done if step.role == "user"), None),
        split_group=site,
        metadata={name: value for name, value in facts.items() if value is not None},
        source_index=index,
    )
    ledger.update(steps.records)
    return found


def _observe(steps: Steps, item: _Item, pointer: str) -> None:
    """What a person or the agent says, or a result of the last action; what answers none stands for itself."""
    text, media, source = None, list[str](), None
    match item.class_:
        case "web_observation":
            # The page as text: its address, where the tree does not say it, and its tree, else its text.
            stated = f"URL: {item.url}" if item.url and _address(item) is None else None
            text = "\n".join(part for part in (stated, item.axtree or item.html) if part) or None
            media = _media(item.image_observation)
        case "text_observation" | "image_observation":
            media = _media(item) if item.class_ == "image_observation" else []
            text = item.content if isinstance(item.content, str) and not media else None
            source = item.source
        case _:
            raise msgspec.ValidationError(f"class `{item.class_[:40]}` - at `{pointer}`")
    if source == "user":
        steps.add("user", "message", text, pointer, media=media)
    elif source == "agent":
        steps.add("assistant", "message", text, pointer, agent=item.name)
    elif steps.open_calls():
        steps.result(text, None, pointer, media=media)
    else:
        steps.add("tool", "message", text, pointer, media=media)


def _address(item: _Item) -> str | None:
    """The address that the page's tree states."""
    tree = _ADDRESS.search(item.axtree or item.html or "")
    return tree.group(1) if tree else None


def _value(value: Any) -> Any:
    """A value, taken out of the Python literal that it may be written as; a bare word or number stays as it is."""
    if not isinstance(value, str) or len(value) > _MOST or not _QUOTED.match(value):
        return value
    try:
        held = ast.literal_eval(value.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return value
    plain = isinstance(held, str) or (isinstance(held, list) and all(isinstance(item, str | int) for item in held))
    return held if plain else value


def _media(picture: Any) -> list[str]:
    """What names a picture: its path or, of one that lies in the record, a hash."""
    held = picture.content if isinstance(picture, _Item) else picture
    if isinstance(held, dict):
        held = held.get("content")
    if not isinstance(held, str) or not held:
        return []
    if len(held) <= 500 and not held.startswith("data:"):
        return [held]
    return [f"image:{hashlib.sha256(held.encode()).hexdigest()[:16]}"]
