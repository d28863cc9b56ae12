"""Calls written as tags in a reply, for models without tool calling: SWE-agent's and OpenHands' XML protocol.

    <function=bash>
    <parameter=command>ls</parameter>
    </function>

The system prompt declares it; the user message after a call is the observation.
"""

from __future__ import annotations

import re

from reroute.formats._reading.values import json_text

_CALL = re.compile(r"<function=([\w.-]+)>\n?(.*?)</function>", re.DOTALL)
_PARAMETER = re.compile(r"<parameter=([\w.-]+)>(.*?)</parameter>", re.DOTALL)
_BANNER = re.compile(r"\A(?:OBSERVATION|Observation): ?\n?|\AEXECUTION RESULT of \[[^\]]*\]:\n")


def declared(system_prompt: str) -> bool:
    """Whether the prompt asks for calls in this form."""
    return "<function=" in system_prompt and "</function>" in system_prompt


def calls(text: str) -> tuple[str, list[tuple[str, str]]]:
    """The prose before the first call, and tool and arguments (JSON text) of each."""
    found = [(m.group(1), json_text(_parameters(m.group(2)))) for m in _CALL.finditer(text)]
    if not found:
        return text, []
    return text[: text.index("<function=")].rstrip(), found


def observation(text: str | None) -> str | None:
    """What the tool said, without the banner."""
    return None if text is None else _BANNER.sub("", text)


def _parameters(body: str) -> dict[str, str]:
    return {name: value.removeprefix("\n").removesuffix("\n") for name, value in _PARAMETER.findall(body)}
