"""The records of the Responses API, decoded: responses, and lists of items as one response without an id."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from reroute.formats._reading.decode import BAD_RECORD, decode, rejected
from reroute.formats._reading.document import Record
from reroute.trace import Rejected

_TYPES = {
    "function_call", "function_call_output", "custom_tool_call", "custom_tool_call_output", "web_search_call",
    "file_search_call", "code_interpreter_call", "computer_call", "computer_call_output", "mcp_call", "mcp_list_tools",
    "mcp_approval_request", "mcp_approval_response", "local_shell_call", "local_shell_call_output", "shell_call",
    "shell_call_output", "apply_patch_call", "apply_patch_call_output", "image_generation_call", "tool_search_call",
    "tool_search_output", "program", "program_output", "compaction",
}  # fmt: skip
RECORD_TYPES = frozenset(
    {"response", "list", "run", "item"}
    | {f"item/{kind}" for kind in _TYPES}
    | {
        f"item/{kind}"
        for kind in ("message", "reasoning", "item_reference", "additional_tools", "configuration_update")
    }
)
_KEYS = {
    "call_id", "id", "action", "actions", "queries", "code", "arguments", "output", "approval_request_id",
    "encrypted_content", "operation",
}  # fmt: skip
"""Each item of these types has one of them."""
_ASKING = {"user", "system", "developer"}
_PARTS = {"input_text", "output_text", "input_image", "input_file", "refusal"}


class Item(msgspec.Struct, gc=False):
    """An item of any type; the names are the API's."""

    type: str | None = None
    id: str | None = None
    role: str | None = None
    content: Any = None
    summary: Any = None
    status: str | None = None
    name: str | None = None
    namespace: str | None = None
    call_id: str | None = None
    arguments: msgspec.Raw = msgspec.Raw(b"")
    input: Any = None
    output: Any = None
    outputs: Any = None
    action: Any = None
    actions: Any = None
    queries: Any = None
    results: Any = None
    result: Any = None
    code: str | None = None
    operation: Any = None
    tools: Any = None
    error: Any = None
    server_label: str | None = None
    approval_request_id: str | None = None
    approve: bool | None = None
    reason: str | None = None
    revised_prompt: str | None = None
    pending_safety_checks: Any = None
    acknowledged_safety_checks: Any = None

    @property
    def kind(self) -> str:
        """Its type; one with a role and no type is a message."""
        return self.type or ("message" if self.role else "")


class _Conversation(msgspec.Struct):
    id: str | None = None


class _Reasoning(msgspec.Struct):
    effort: str | None = None


class _Usage(msgspec.Struct):
    input_tokens: Any = None
    output_tokens: Any = None
    input_tokens_details: dict[str, Any] | None = None
    output_tokens_details: dict[str, Any] | None = None


class Response(msgspec.Struct):
    """A stored response, or items that were stored without one; the names are the API's where it has them."""

    id: str | None = None
    object: str | None = None
    type: str | None = None
    output: list[Item] | None = None
    input: str | list[Item] | None = None
    instructions: str | list[Item] | None = None
    items: list[Item] | None = None
    previous_response_id: str | None = None
    conversation: _Conversation | str | None = None
    status: str | None = None
    error: Any = None
    incomplete_details: dict[str, Any] | None = None
    created_at: Any = None
    completed_at: Any = None
    model: str | None = None
    reasoning: _Reasoning | None = None
    usage: _Usage | None = None
    tools: msgspec.Raw = msgspec.Raw(b"")
    metadata: dict[str, Any] | None = None
    run_id: str | None = None
    task_id: str | int | None = None
    task: str | None = None
    agent: str | None = None
    reward: float | None = None
    has_more: bool = False
    index: int = 0
    """Of its record in the file."""
    base: str = ""
    """Pointer to the response inside its record."""
    places: list[tuple[int, str]] = []
    """Of each of the items: index of its record, pointer inside it."""
    head: str = "response"
    """What its record is, to be counted as one beside the items; nothing where each item is a record."""

    @property
    def held(self) -> int:
        """How many items it holds, of whatever kind."""
        return sum(
            len(held) for held in (self.output, self.input, self.instructions, self.items) if isinstance(held, list)
        )


class _Listed(msgspec.Struct):
    data: msgspec.Raw
    has_more: bool = False


class _Kind(msgspec.Struct):
    object: str | None = None
    data: msgspec.Raw = msgspec.Raw(b"")
    items: msgspec.Raw = msgspec.Raw(b"")


class _Object(msgspec.Struct):
    object: str | None = None


KEYS = frozenset(
    {*Response.__struct_fields__, *Item.__struct_fields__}
    | {
        "data", "first_id", "last_id", "max_output_tokens", "tool_choice", "temperature", "truncation", "store",
        "parallel_tool_calls", "background", "text", "top_p", "top_logprobs", "user", "service_tier",
        "safety_identifier", "prompt_cache_key", "prompt_cache_retention", "max_tool_calls", "billing", "moderation",
        "frequency_penalty", "presence_penalty", "encrypted_content", "environment", "max_output_length", "phase",
    }
)  # fmt: skip
"""Top-level keys that records are known to have: the API's, and those of a record of one's own."""
_KIND = msgspec.json.Decoder(_Kind)
_LISTED = msgspec.json.Decoder(_Listed)
_OBJECTS = msgspec.json.Decoder(list[_Object])
_RESPONSE = msgspec.json.Decoder(Response)
_RESPONSES = msgspec.json.Decoder(list[Response])
_ITEM = msgspec.json.Decoder(Item)
_ITEMS = msgspec.json.Decoder(list[Item])


def is_items(values: list[Any]) -> bool:
    """Whether these are items of the API: all look like it, and one has a type or a content part that is its own."""
    own = False
    for value in values:
        known = _known(value)
        if known is None:
            return False
        own = own or known
    return own


def inside(value: Any) -> Iterator[str]:
    """The type of each record inside a decoded one, which could not be read."""
    if isinstance(value, list):
        yield from ("item" for _ in value)
    elif isinstance(value, dict) and value.get("object") == "list" and isinstance(value.get("data"), list):
        for one in value["data"]:
            yield "item"
            if isinstance(one, dict) and one.get("object") == "response":
                yield from inside(one)
    elif isinstance(value, dict) and (value.get("object") == "response" or isinstance(value.get("items"), list)):
        lists = (value.get(name) for name in ("output", "input", "instructions", "items"))
        yield from ("item" for held in lists if isinstance(held, list) for _ in held)


def parse(record: Record) -> list[Response] | None:
    """The responses of a record; None for one that is no record but an item, an empty list for neither.

    Raises one of ``BAD_RECORD``.
    """
    if record.data[:1] == b"[":
        items = decode(_ITEMS, record.data)
        return _listed(items, record.index, "")
    kind = decode(_KIND, record.data)
    if kind.object == "list":
        listed = decode(_LISTED, record.data)
        data = bytes(listed.data)
        if all(value.object != "response" for value in decode(_OBJECTS, data)):
            return _listed(decode(_ITEMS, data), record.index, "/data", Response(has_more=listed.has_more))
        responses = decode(_RESPONSES, data)
        for place, response in enumerate(responses):
            response.index, response.base = record.index, f"/data/{place}"
        return responses
    if kind.object == "response":
        found = decode(_RESPONSE, record.data)
        found.index = record.index
        return [found] if found.output is not None else []
    if bytes(kind.items):
        found = decode(_RESPONSE, record.data)
        return _listed(found.items or [], record.index, "/items", found)
    item = decode(_ITEM, record.data)
    return None if item.type or item.role else []


def whole(records: list[Record]) -> tuple[Response, list[Rejected]]:
    """The records of an array that are one item each, as one response; and those that could not be read."""
    items: list[Item] = []
    places: list[tuple[int, str]] = []
    bad: list[Rejected] = []
    for record in records:
        try:
            items.append(decode(_ITEM, record.data))
            places.append((record.index, ""))
        except BAD_RECORD as error:
            bad.append(rejected(record, error))
    return Response(items=items, places=places, index=records[0].index, head=""), bad


def _listed(items: list[Item], index: int, base: str, found: Response | None = None) -> list[Response]:
    """The items oldest first: the API lists the newest first unless it is asked otherwise."""
    if not items:
        return []
    found = found or Response()
    found.head = "run" if base == "/items" else "list"
    places = [(index, f"{base}/{place}") for place in range(len(items))]
    found.index, found.items, found.places = index, items, places
    calls = {item.call_id: place for place, item in enumerate(items) if (item.type or "").endswith("_call")}
    votes = [
        place < calls[item.call_id]
        for place, item in enumerate(items)
        if item.call_id in calls and (item.type or "").endswith("_output")
    ]
    # By results before their calls; where there are none, by who has the first word.
    by_roles = items[-1].role in _ASKING and items[0].role not in _ASKING
    if 2 * sum(votes) > len(votes) if votes else by_roles:
        found.items, found.places = items[::-1], places[::-1]
    return [found]


def _known(value: object) -> bool | None:
    """Whether the item is surely the API's; None where it surely is not."""
    if not isinstance(value, dict) or not isinstance(kind := value.get("type", "message"), str):
        return None
    if kind in _TYPES:
        return True if value.keys() & _KEYS else None
    if kind == "reasoning":
        return isinstance(value.get("summary"), list) or None
    if kind != "message":
        return False if kind in {"item_reference", "additional_tools", "configuration_update"} else None
    if not isinstance(value.get("role"), str):
        return None
    parts = value.get("content")
    own = isinstance(parts, list) and any(isinstance(p, dict) and str(p.get("type")) in _PARTS for p in parts)
    return own and "type" in value
