"""Calls and results of the Responses API: what an item of each kind asks for, shows, and states of how it ended.

That an item is ``completed`` says of a search or a server's tool that it did its work. Of code, a command, a function
or a click it says no more than that the item is there: those speak by what they show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from reroute.formats._reading import values
from reroute.formats._reading.steps import Facts
from reroute.formats.openai_responses.records import Item
from reroute.trace import Status

_WEB = {"search": "web_search", "open_page": "open_page", "find": "find_in_page", "find_in_page": "find_in_page"}
_OF_THE_RESULT = {"type", "sources"}
_GIVEN: dict[str, tuple[str, Callable[[Item], object]]] = {
    "file_search_call": ("file_search_call", lambda item: {"queries": item.queries or []}),
    "code_interpreter_call": ("code_interpreter", lambda item: {"code": item.code or ""}),
    "computer_call": ("computer", lambda item: item.action or {"actions": item.actions or []}),
    "local_shell_call": ("local_shell", lambda item: _without(item.action, {"type"})),
    "shell_call": ("shell", lambda item: _without(item.action, {"type"})),
    "apply_patch_call": ("apply_patch", lambda item: item.operation or {}),
    "image_generation_call": ("image_generation", lambda item: {"prompt": item.revised_prompt or ""}),
    "program": ("program", lambda item: {"code": item.code or ""}),
}
"""Of calls that do not name their tool: its name, and where their arguments are."""
HOSTED = {
    "web_search_call", "file_search_call", "code_interpreter_call", "mcp_call", "mcp_list_tools",
    "image_generation_call",
}  # fmt: skip
"""Calls that the provider runs itself: no item with their result follows."""
_STATUS: dict[str | None, Status] = {"completed": "ok", "failed": "error", "incomplete": "error"}
_FAILED: dict[str | None, Status] = {"failed": "error", "incomplete": "error"}
_STATED = {
    "web_search_call", "file_search_call", "mcp_call", "mcp_list_tools", "tool_search_output",
    "apply_patch_call_output",
}  # fmt: skip
"""Where an item's status is that of the work itself."""
_OBJECT = msgspec.json.Decoder(dict[str, Any])

Answer = tuple[str | None, Facts]


def calls(kind: str, item: Item) -> list[tuple[str | None, str]]:
    """Tool and arguments (JSON text) of each call of an item; several commands of one item are several calls."""
    if kind == "shell_call" and isinstance(item.action, dict) and isinstance(item.action.get("commands"), list):
        rest = {key: value for key, value in item.action.items() if key != "commands" and value is not None}
        commands = [{"command": command, **rest} for command in item.action["commands"]]
        return [("shell", values.json_text(command)) for command in commands or [rest]]
    return [called(kind, item)]


def called(kind: str, item: Item) -> tuple[str | None, str]:
    """Tool and arguments of an item that is one call."""
    if kind in {"mcp_call", "mcp_list_tools"}:
        tool = f"mcp__{item.server_label}__{item.name or 'list_tools'}"
        return tool, values.arguments(item.arguments) if bytes(item.arguments) else "{}"
    if kind == "web_search_call":
        # The action names the tool; a search that asks several things at once has them all as queries.
        action = _without(item.action, _OF_THE_RESULT)
        held = item.action.get("type") if isinstance(item.action, dict) else None
        if isinstance(action.get("queries"), list) and action.get("query") in {*map(str, action["queries"]), "", None}:
            action.pop("query", None)
            if len(action["queries"]) == 1:
                action = {"query": action.pop("queries")[0], **action}
        return _WEB.get(str(held), "web_search"), values.json_text(action)
    if kind in _GIVEN:
        tool, given = _GIVEN[kind]
        return tool, values.json_text(given(item))
    # A call that names its tool, or a kind that is not known here.
    tool = item.name or kind.removesuffix("_call")
    tool = f"{item.namespace}.{tool}" if item.namespace else tool
    if bytes(item.arguments):
        return tool, values.arguments(item.arguments)
    return tool, values.json_text({"input": item.input} if item.input is not None else _without(item.action, set()))


def answers(kind: str, item: Item) -> Iterator[Answer]:
    """Content and facts of each result that an item holds: one, or one for each command of a shell."""
    if kind == "shell_call_output" and isinstance(item.output, list) and item.output:
        for part in item.output:
            if not isinstance(part, dict):
                yield values.text(part), {}
                continue
            held = (part[key] for key in ("stdout", "stderr") if isinstance(part.get(key), str))
            streams = [stream.rstrip("\n") for stream in held if stream]
            ended = part["outcome"] if isinstance(part.get("outcome"), dict) else {}
            code = ended.get("exit_code")
            if ended.get("type") == "timeout":
                yield "\n".join([*streams, "timed out"]), {"status": "error"}
            else:
                yield "\n".join(streams), {"exit_code": code} if isinstance(code, int) else {}
    elif item.error:
        yield _error(item.error)
    else:
        yield _answer(kind, item)


def _answer(kind: str, item: Item) -> Answer:
    if kind in _STATED:
        return _shown(kind, item), {"status": _STATUS.get(item.status, "unknown")}
    facts: Facts = {"status": _FAILED.get(item.status, "unknown")}
    output = item.output if item.output is not None else item.result
    text, media = None, list[str]()
    if kind == "code_interpreter_call":
        parts = [part for part in item.outputs if isinstance(part, dict)] if isinstance(item.outputs, list) else None
        text = None if parts is None else "\n".join(part["logs"] for part in parts if isinstance(part.get("logs"), str))
        media = [_picture({"image_url": part["url"]}) for part in parts or () if part.get("url")]
    elif kind == "image_generation_call":
        media = [_picture({"image_url": f"data:{item.result}"})] if item.result else []
    elif kind == "computer_call_output":
        # A picture of the screen: its address or hash, which alone shows whether anything changed, and the page's URL.
        screen = item.output if isinstance(item.output, dict) else {}
        if screen.get("image_url") or screen.get("file_id"):
            media = [_picture({key: screen.get(key) for key in ("image_url", "file_id")})]
            url = [f"URL: {screen['current_url']}"] if isinstance(screen.get("current_url"), str) else []
            text = "\n".join([*url, f"[screenshot {media[0]}]"])
        else:
            text = values.text(item.output)
    elif item.type == "local_shell_call_output" and isinstance(output, str) and output[:1] == "{":
        return _local(output, facts)
    else:
        text, media = values.content(output)
    if media:
        facts["media"] = media
    return text, facts


def _shown(kind: str, item: Item) -> str | None:
    """A server's words, or what was found: addresses, passages, names of tools; None where an item states none."""
    if kind in {"mcp_call", "apply_patch_call_output"}:
        return values.text(item.output)
    sources = item.action.get("sources") if isinstance(item.action, dict) else None
    held = {"web_search_call": sources, "file_search_call": item.results}.get(kind, item.tools)
    if not isinstance(held, list):
        return None
    if kind == "web_search_call":
        urls = [source.get("url") or source.get("name") if isinstance(source, dict) else source for source in held]
        return "\n".join(url for url in urls if isinstance(url, str)) or "[]"
    if kind == "file_search_call":
        texts = []
        for result in held:
            found = result if isinstance(result, dict) else {"text": result}
            name, text = found.get("filename") or found.get("file_id"), found.get("text")
            texts.append("\n".join(part for part in (name, text) if isinstance(part, str)))
        return "\n\n".join(texts) or "[]"
    return "\n".join(str(tool.get("name") or tool.get("type")) for tool in held if isinstance(tool, dict)) or "[]"


def _without(value: Any, names: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        return {} if value is None else {"input": value}
    return {key: held for key, held in value.items() if key not in names and held is not None}


def _local(text: str, facts: Facts) -> Answer:
    """A local shell's output, where its harness wrote streams and exit code as JSON."""
    try:
        held = _OBJECT.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text, facts
    streams = [held[key] for key in ("stdout", "output", "stderr") if isinstance(held.get(key), str)]
    if not streams:
        return text, facts
    code = held.get("exit_code")
    if isinstance(code, int) and not isinstance(code, bool):
        facts["exit_code"] = code
    return "\n".join(stream.rstrip("\n") for stream in streams if stream), facts


def _error(error: Any) -> Answer:
    """An error in the words of the server: a text, or an object with a message, a code or content."""
    facts: Facts = {"status": "error"}
    if not isinstance(error, dict):
        return values.text(error), facts
    code, kind = error.get("code"), error.get("type")
    if kind == "http_error" and isinstance(code, int):
        facts["http_status"] = code
        return f"HTTP {code}: {error.get('message')}", facts
    if isinstance(parts := error.get("content"), list):
        return values.text_and_media(parts)[0], facts
    words = [str(word) for word in (kind, code, error.get("message") or error.get("content")) if word is not None]
    return ": ".join(words) or values.json_text(error), facts


def _picture(part: dict[str, Any]) -> str:
    """What names a picture without holding it."""
    return values.media_reference({**part, "type": "image"})
