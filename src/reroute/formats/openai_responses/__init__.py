"""OpenAI Responses: stored responses, alone or chained, and lists of items.

Written by whatever keeps what the Responses API (https://platform.openai.com/docs/api-reference/responses) gives back:
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

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Literal

from reroute.formats._reading.decode import each, rejected
from reroute.formats._reading.document import Document, Record
from reroute.formats.openai_responses.chain import Chains, ordered
from reroute.formats.openai_responses.records import Response, is_items, parse, whole
from reroute.trace import Rejected, Trajectory

NAME = "openai-responses"
VERSION = 2
UNIT: Literal["record", "file"] = "file"


def matches(document: Document) -> bool:
    """A stored response, a list of the API's, a record with such ``items``, or such a list itself."""
    if document.layout == "array" and is_items(list(document.head)):
        return True
    return any(_is_record(value) for value in document.head)


def read(document: Document) -> Iterator[Trajectory | Rejected]:
    """A trajectory for each chain of responses, in order of their beginnings."""
    responses: list[Response] = []
    records: dict[int, Record] = {}
    items: list[Record] = []

    def parsed(record: Record) -> Iterable[Rejected]:
        records[record.index] = record
        found = parse(record)
        if found is None and document.layout == "array":
            items.append(record)
        elif found:
            responses.extend(found)
        else:
            return [rejected(record, "no response and no items in this record")]
        return ()

    yield from each(document.records(), parsed)
    if items:
        bare, bad = whole(items)
        yield from bad
        responses.append(bare)
    chains = Chains()
    for response in ordered(responses):
        yield from each([records[response.index]], partial(chains.take, response))
    for run in chains.runs:
        if run.steps.done:
            yield run.trajectory(NAME)
        else:
            yield Rejected(index=run.first, offset=0, reason="no message and no call in this response")


def _is_record(value: object) -> bool:
    if isinstance(value, list):
        return is_items(value)
    if not isinstance(value, dict):
        return False
    if value.get("object") == "response":
        return isinstance(value.get("output"), list)
    items = value.get("data") if value.get("object") == "list" else value.get("items")
    return isinstance(items, list) and (is_items(items) or (bool(items) and all(map(_is_response, items))))


def _is_response(value: object) -> bool:
    return isinstance(value, dict) and value.get("object") == "response"
