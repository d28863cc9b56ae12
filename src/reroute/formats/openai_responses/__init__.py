"""OpenAI Responses: stored responses, alone or chained, and lists of items.

Written by whatever stores what the Responses API (https://platform.openai.com/docs/api-reference/responses) gives back:
``{"id", "object": "response", "output": [...], "previous_response_id"}``, with or without the ``input`` that was sent,
one object, in lines or in an array; the API's lists of items, ``{"object": "list", "data": [...]}``; a record of one's
own with ``items``; an array that is the items themselves, or lines that are such arrays.

One run is one chain: responses that name each other by ``previous_response_id``, or the same ``conversation``, are one
trajectory wherever they stand in the file. A second answer to the same response is a lane of its own, ``branch-n``,
unless the first one failed. A tool that the provider runs itself (search, code, MCP) answers inside its own item, and
the model goes on after it: what follows belongs to the next turn, since it may be a reaction.

Marker: ``"object": "response"`` with a list ``output``, or a list whose items have a type of that API.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from reroute.formats._reading.decode import each, rejected
from reroute.formats._reading.document import Document, Record
from reroute.formats._reading.ledger import REJECTED_WITH, refuse
from reroute.formats.openai_responses.records import KEYS, RECORD_TYPES, Response, inside, is_items, parse, whole
from reroute.formats.openai_responses.run import Run
from reroute.trace import Rejected, Trajectory

__all__ = ["KEYS", "NAME", "RECORD_TYPES", "UNIT", "VERSION", "matches", "read"]

NAME = "openai-responses"
VERSION = 3
UNIT: Literal["record", "file"] = "file"

_UNDONE = {"failed", "cancelled"}
_EMPTY = "no message and no call in this response"
_LATER = "a later state of the response stands in its place"


def matches(document: Document) -> bool:
    """A stored response, a list of the API's, a record with such ``items``, or such a list itself."""
    if document.layout == "array" and is_items(list(document.head)):
        return True
    for value in document.head:
        found = isinstance(value, list) and is_items(value)
        if isinstance(value, dict) and value.get("object") == "response":
            found = isinstance(value.get("output"), list)
        elif isinstance(value, dict):
            items = value.get("data") if value.get("object") == "list" else value.get("items")
            if isinstance(items, list) and items:
                responses = all(isinstance(item, dict) and item.get("object") == "response" for item in items)
                found = responses or is_items(items)
        if found:
            return True
    return False


def read(document: Document) -> Iterator[Trajectory | Rejected]:
    """A trajectory for each chain of responses, in order of their beginnings."""
    responses: list[Response] = []
    records: dict[int, Record] = {}
    items: list[Record] = []
    refused = partial(refuse, document.ledger, inside)

    def parsed(record: Record) -> Iterable[Rejected]:
        records[record.index] = record
        found = parse(record)
        if found is None and document.layout == "array":
            items.append(record)
        elif found:
            responses.extend(found)
            document.ledger["list", None] += found[0].base.startswith("/data")
        else:
            refused(record)
            return [rejected(record, "no response and no items in this record")]
        return ()

    yield from each(document.records(), parsed, refused)
    if items:
        bare, bad = whole(items)
        yield from bad
        responses.append(bare)
    chains = _Chains(document.ledger)
    for response in _ordered(responses):
        lost = partial(chains.account, response, REJECTED_WITH)
        yield from each([records[response.index]], partial(chains.take, response), lost)
    chains.account_replaced(responses)
    for run in chains.runs:
        if run.steps.done:
            document.ledger.update((head, None) for head in run.heads)
            yield run.trajectory(NAME)
        else:
            document.ledger.update((head, _EMPTY) for head in run.heads[1:])  # the first one is counted as rejected
            yield Rejected(index=run.first if run.heads else -1, offset=0, reason=_EMPTY)


@dataclass
class _Chains:
    """The runs of a file, in order of their first responses."""

    ledger: Counter[tuple[str, str | None]]
    runs: list[Run] = field(default_factory=list)
    _by_response: dict[str, Run] = field(default_factory=dict)
    _by_conversation: dict[str, Run] = field(default_factory=dict)
    _met: set[int] = field(default_factory=set)

    def account(self, response: Response, reason: str, _: Record | None = None) -> None:
        """Count the items of a response that becomes no step; a record that is one of them is counted already."""
        self.ledger["item", reason] += response.held - (not response.head)

    def account_replaced(self, responses: Iterable[Response]) -> None:
        """Count the responses of which a later state was taken."""
        for response in responses:
            if id(response) not in self._met:
                self.ledger[response.head, _LATER] += 1
                self.account(response, _LATER)

    def take(self, response: Response, _: Record) -> Iterable[Trajectory]:
        """The next response, in the order of :func:`_ordered`; no trajectory is whole before the last one."""
        self._met.add(id(response))
        held = response.conversation
        talk = held if held is None or isinstance(held, str) else held.id
        run = self._by_response.get(response.previous_response_id or "") or self._by_conversation.get(talk or "")
        if run is None:
            run = Run(response, talk)
            self.runs.append(run)
        if response.id:
            self._by_response[response.id] = run
        if talk:
            self._by_conversation.setdefault(talk, run)
        self.ledger.update(run.take(response, undone=response.status in _UNDONE))
        return ()


def _ordered(responses: Sequence[Response]) -> Iterator[Response]:
    """Each response behind the one that it continues, else in their order; a circle begins at its first.

    Of a response that is stored twice, the later state.
    """
    latest = {response.id or id(response): response for response in responses}
    here = {response.id for response in latest.values() if response.id}
    given: set[str | None] = set()
    waiting: dict[str, list[Response]] = {}
    for response in latest.values():
        before = response.previous_response_id
        if before in here and before not in given and before != response.id:
            waiting.setdefault(before, []).append(response)
        else:
            yield from _released(response, given, waiting)
    while waiting:
        key = next(iter(waiting))
        for response in waiting.pop(key):
            yield from _released(response, given, waiting)


def _released(first: Response, given: set[str | None], waiting: dict[str, list[Response]]) -> Iterator[Response]:
    queue = [first]
    while queue:
        response = queue.pop(0)
        given.add(response.id)
        yield response
        queue += waiting.pop(response.id, []) if response.id else []
