"""mini-swe-agent's text protocol: fenced blocks as commands, and its shapes of observation."""

from __future__ import annotations

import re
from typing import NamedTuple

from reroute.trace import Status

_BLOCK = re.compile(r"```(?:bash|mswea_bash_command)\s*\n(.*?)\n```", re.DOTALL)
_PROMISES = ("COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT", "MINI_SWE_AGENT_FINAL_OUTPUT")
_RETURN_CODE = re.compile(r"\A(?:<exception>(.*?)</exception>\n?)?<returncode>(-?\d{1,10})</returncode>\n?", re.DOTALL)
_OUTPUT = re.compile(r"<output>\n?(.*?)\n?</output>\s*\Z", re.DOTALL)
_ELIDED = re.compile(
    r"<output_head>\n?(.*?)\n?</output_head>\s*<elided_chars>\s*(\d+) characters elided\s*</elided_chars>\s*"
    r"<output_tail>\n?(.*?)\n?</output_tail>\s*\Z",
    re.DOTALL,
)
_REFUSED = re.compile(r"\A\s*(?:Please always provide EXACTLY ONE action|Format error)")
_DENIED = re.compile(r"\A\s*Command not executed\. The user (?:rejected|interrupted)")
_TIMED_OUT = re.compile(r"\AThe last command <command>.*?</command> timed out", re.DOTALL)


class Observation(NamedTuple):
    """What the agent was shown after a reply, without the harness's wrapping."""

    content: str
    status: Status
    exit_code: int | None


def split(text: str) -> tuple[str, list[str]]:
    """The prose of a reply, and the command of each fenced block."""
    return _BLOCK.sub("", text).strip(), [command.strip() for command in _BLOCK.findall(text)]


def submits(command: str) -> bool:
    """Whether the command hands the work in: what follows it is no observation but the work itself."""
    return any(promise in command for promise in _PROMISES)


def observation(text: str) -> Observation:
    """Output with its code; a refusal, time-out or other exception (``error``); a person's no (``denied``); text."""
    if code := _RETURN_CODE.match(text):
        exception, output = code.group(1), text[code.end() :]
        if plain := _OUTPUT.search(output):
            output = plain.group(1)
        elif elided := _ELIDED.search(output):  # head and tail, without the banner between them
            head, count, tail = elided.groups()
            output = f"{head}\n[{count} characters elided]\n{tail}"
        if exception:
            return Observation(f"{exception}\n{output}".strip(), "error", int(code.group(2)))
        return Observation(output, "unknown", int(code.group(2)))
    if _REFUSED.match(text) or _TIMED_OUT.match(text):
        return Observation(text, "error", None)
    if _DENIED.match(text):
        return Observation(text, "denied", None)
    return Observation(text, "unknown", None)
