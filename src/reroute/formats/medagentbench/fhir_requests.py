"""MedAgentBench's text protocol: requests to a FHIR server in a reply, and what the harness says to them."""

from __future__ import annotations

import re
from typing import Any, NamedTuple
from urllib.parse import unquote

import msgspec

from reroute.formats._reading.values import json_text
from reroute.trace import Status

_REQUEST = re.compile(r"^(GET|POST)[ \t]+(https?://\S+)[ \t]*$", re.MULTILINE)
_ADDRESS = re.compile(r"https?://[^\s?#]*/([A-Z][A-Za-z]+)(?:\?([^#\s]*))?\Z")
_SHOWN = re.compile(r"\AHere is the response from the GET request:\n(.*)\Z", re.DOTALL)
_ACCEPTED = "POST request accepted"
_REFUSED = re.compile(r"\A(?:Error in sending the (?:GET|POST) request: |Invalid POST request)(?:(\d{3}) )?")
_URGE = re.compile(r"\. Please call FINISH if you have got answers [^\n]*\Z")
_FUNCTIONS = re.compile(r'^\[\{"name": ?"(?:GET|POST) .*$', re.MULTILINE)
_JSON = msgspec.json.Decoder()


class Request(NamedTuple):
    """A request as a call."""

    tool: str
    arguments: str


class Observation(NamedTuple):
    """What came back, without the harness's wrapping."""

    content: str
    status: Status
    http_status: int | None


def split(reply: str) -> tuple[str, list[Request]]:
    """The prose before the first request, and the requests of a reply, each with the JSON that stands below it."""
    found = list(_REQUEST.finditer(reply))
    if not found:
        return reply.strip(), []
    ends = [request.start() for request in found[1:]] + [len(reply)]
    requests = [
        _request(request.group(1), request.group(2), reply[request.end() : end].strip())
        for request, end in zip(found, ends, strict=True)
    ]
    return reply[: found[0].start()].strip(), requests


def observation(text: str) -> Observation:
    """What the harness says: the server's reply (ok), its acceptance (ok), an error with its HTTP status."""
    plain = _URGE.sub("", text)
    if shown := _SHOWN.match(plain):
        return Observation(shown.group(1), "ok", None)
    if plain.startswith(_ACCEPTED):
        return Observation(plain, "ok", None)
    if refused := _REFUSED.match(plain):
        return Observation(plain, "error", int(refused.group(1)) if refused.group(1) else None)
    return Observation(plain, "unknown", None)


def tools(prompt: str) -> str | None:
    """The functions that the prompt lists, named as calls are."""
    listed = _FUNCTIONS.search(prompt)
    try:
        stated = _JSON.decode(listed.group()) if listed else None
    except (msgspec.DecodeError, RecursionError):
        return None
    return json_text([_schema(tool) for tool in stated if isinstance(tool, dict)]) if stated else None


def _schema(tool: dict[str, Any]) -> dict[str, Any]:
    method, _, address = str(tool.get("name")).partition(" ")
    name = f"{method} {address.rpartition('/')[2]}".strip()
    return {"type": "function", "function": {**tool, "name": name}}


def _request(method: str, address: str, below: str) -> Request:
    """The request by its resource; one for another kind of address keeps that address."""
    plain = _ADDRESS.match(address)
    arguments: dict[str, Any] = {} if plain else {"url": address}
    for pair in (plain.group(2) or "").split("&") if plain else []:
        name, _, value = map(unquote, pair.partition("="))
        given = arguments.get(name)
        if name:
            arguments[name] = value if given is None else [*(given if isinstance(given, list) else [given]), value]
    if below:
        payload = _payload(below)
        arguments.update(payload if isinstance(payload, dict) else {"payload": payload})
    return Request(f"{method} {plain.group(1)}" if plain else method, json_text(arguments))


def _payload(text: str) -> Any:
    """The JSON below a request; what is none stays text."""
    try:
        return _JSON.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text
