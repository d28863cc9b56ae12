"""Checks of one row's messages and tools: what providers of the OpenAI dialect refuse."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import orjson

from reroute.tune.capabilities import Profile
from reroute.tune.findings import Level, RowFindings

_KEYS = {"role", "content", "name", "tool_calls", "tool_call_id", "weight", "refusal"}
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_AGAIN = "export the dataset again"
Message = dict[str, object]


def check_tools(tools: object, out: RowFindings, where: str) -> None:
    """Check the ``tools`` of a row: a list of function tools with names that providers take."""
    if tools is None:
        return
    if not isinstance(tools, list):
        out.add("error", "tools", "`tools` is no list", _AGAIN, where)
        return
    for tool in tools:
        function = tool.get("function") if isinstance(tool, dict) else None
        if not isinstance(function, dict) or tool.get("type") != "function":
            out.add("error", "tools", "an entry of `tools` is no function tool", _AGAIN, where)
        elif not _is_name(function.get("name")):
            found = f"the tool name {_short(function.get('name'))} has other characters than A-Z, a-z, 0-9, _ and -"
            out.add("error", "tools", found, "rename it in the recipe (at most 64 characters)", where)


def check_messages(row: Message, profile: Profile, out: RowFindings, where: str) -> None:
    """Check ``messages`` of a row: roles, contents, weights, calls and their results, and how it ends."""
    messages = row.get("messages")
    if not isinstance(messages, list) or not messages or not all(isinstance(each, dict) for each in messages):
        out.add("error", "messages", "`messages` is no filled list of objects", _AGAIN, where)
        return
    talk = _Talk(profile, out, where)
    for message in messages:
        talk.hear(message)
    talk.end(messages[-1])


@dataclass
class _Talk:
    """Goes through the messages of one row and remembers which calls wait for a result."""

    profile: Profile
    out: RowFindings
    where: str
    waiting: set[str] = field(default_factory=set)
    trained: int = 0

    def hear(self, message: Message) -> None:
        role = message.get("role")
        if role not in self.profile.roles:
            found = f"role {_short(role)} is not one of {', '.join(self.profile.roles)}"
            self._say("error", "role", found, f"recast it by the recipe's dialect for {self.profile.provider}")
        for key in sorted(message.keys() - _KEYS):
            self._say("error", "message-key", f"a message has the key `{key}`", "leave it out")
        self._content(message)
        self._weight(message)
        if role == "tool":
            self._result(message)
        else:
            self._unanswered()
        if role == "assistant":
            self._calls(message)

    def end(self, last: Message) -> None:
        role = last.get("role")
        if role not in self.profile.last_roles:
            found = f"the last message is from {_short(role)}, not from {' or '.join(self.profile.last_roles)}"
            action = f"export with the dialect {self.profile.provider}, which recasts the tail of a row"
            self._say("error", "last-message", found, action)
        if self.profile.method == "sft" and not self.trained:
            action = "give one assistant message the weight 1"
            self._say("error", "weight", "every assistant message has weight 0: the row teaches nothing", action)
        if role != "assistant":
            self._unanswered()

    def _content(self, message: Message) -> None:
        content = message.get("content")
        if isinstance(content, (str, list)):
            return
        if (
            content is None
            and message.get("role") == "assistant"
            and (message.get("tool_calls") or "refusal" in message)
        ):
            return
        found = f"the content of a message from {_short(message.get('role'))} is neither text nor parts"
        self._say("error", "content", found, _AGAIN)

    def _weight(self, message: Message) -> None:
        if message.get("role") == "assistant" and message.get("weight", 1) != 0:
            self.trained += 1
        if "weight" not in message:
            return
        weight = message["weight"]
        if self.profile.method != "sft" or message.get("role") != "assistant":
            self._say("error", "weight", "a weight where only assistant messages of sft rows have one", "leave it out")
        elif type(weight) is not int or weight not in {0, 1}:
            self._say("error", "weight", f"weight {_short(weight)} is not the integer 0 or 1", _AGAIN)

    def _result(self, message: Message) -> None:
        call_id = message.get("tool_call_id")
        if isinstance(call_id, str) and call_id in self.waiting:
            self.waiting.remove(call_id)
            return
        self._say("error", "tool-result", "a tool message answers no call of the turn before it", _AGAIN)

    def _unanswered(self) -> None:
        if self.waiting:
            self._say("error", "tool-result", "a call has no tool message that answers it", _AGAIN)
        self.waiting.clear()

    def _calls(self, message: Message) -> None:
        calls = message.get("tool_calls")
        if calls is None:
            return
        if not isinstance(calls, list) or not calls:
            self._say("error", "tool-call", "`tool_calls` is no filled list", _AGAIN)
            return
        for call in calls:
            self._call(call)

    def _call(self, call: object) -> None:
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(call, dict) or not isinstance(function, dict) or not isinstance(call.get("id"), str):
            self._say("error", "tool-call", "a call lacks its id or function", _AGAIN)
            return
        self.waiting.add(str(call["id"]))
        if not _is_name(function.get("name")):
            found = f"the called tool {_short(function.get('name'))} has a name that providers refuse"
            self._say("error", "tool-call", found, "rename it in the recipe (A-Z a-z 0-9 _ -, at most 64 characters)")
        if not isinstance(function.get("arguments"), str):
            self._say("error", "tool-call", "the arguments of a call are no JSON text", _AGAIN)

    def _say(self, level: Level, rule: str, found: str, action: str) -> None:
        self.out.add(level, rule, found, action, self.where)


def _is_name(value: object) -> bool:
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def _short(value: object) -> str:
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return f"`{text[:40]}`"
