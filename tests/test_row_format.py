"""One checker for export and preflight: on each side a row is refused for what that side refuses, and nothing else."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reroute import row_format
from reroute.export import dialects
from reroute.export.gates.row_rules import line_rules
from reroute.tune import capabilities
from reroute.tune._rows import rules as profile_rules

Message = dict[str, object]
Row = dict[str, object]

PARAMETERS = {"type": "object", "properties": {}}
TOOLS = [{"type": "function", "function": {"name": name, "parameters": PARAMETERS}} for name in ("look", "book")]
# What is written cannot hold a special token by chance.
TEXT = st.text(st.characters(exclude_characters="<|", exclude_categories=("Cs",)), min_size=1, max_size=12)


def sides(method: str) -> Iterator[tuple[str, row_format.Rules]]:
    """The rules of both sides for a method: ("export" or "preflight", rules)."""
    for name in ("openai", "azure"):
        if method != "dpo":
            yield "export", line_rules(method, dialects.named(name))
        yield "preflight", profile_rules(capabilities.load().profile(name, method))


def verdict(row: Row, rules: row_format.Rules) -> set[str]:
    found = list(row_format.problems(row, rules))
    assert found == list(row_format.problems(row, rules, orjson.dumps(row)))
    return {problem.rule for problem in found}


def call(call_id: str, name: str = "look", arguments: object = "{}") -> Message:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def turn(*calls: Message, **more: object) -> list[Message]:
    """A reply that calls and the results."""
    results = [{"role": "tool", "tool_call_id": one.get("id"), "content": "ok"} for one in calls]
    return [{"role": "assistant", "content": None, "tool_calls": list(calls), "weight": 0} | more, *results]


@st.composite
def rows(draw: st.DrawFn, method: str) -> Row:
    """A row that both sides take."""
    messages: list[Message] = [
        {"role": "developer" if method == "rft" else "system", "content": draw(TEXT)},
        {"role": "user", "content": draw(TEXT)},
    ]
    for number in range(draw(st.integers(1, 3))):
        calls = [
            call(f"c{number}{at}", draw(st.sampled_from(["look", "book"]))) for at in range(draw(st.integers(1, 3)))
        ]
        messages += turn(*calls, content=draw(st.none() | TEXT), weight=1)
    if method == "sft":
        last = draw(st.sampled_from([{"content": "done"}, {"content": "", "tool_calls": [call("open")]}]))
        messages.append({"role": "assistant", "weight": 1} | last)
    else:
        messages.append({"role": "user", "content": draw(TEXT)})
        messages = [{key: value for key, value in message.items() if key != "weight"} for message in messages]
    row: Row = {"messages": messages, "tools": copy.deepcopy(TOOLS)}
    if method == "rft":
        row |= {"reference": {"name": "look", "arguments": "{}"}, "forbidden": []}
    if method == "dpo":
        pair = {
            key: [{"role": "assistant", "content": draw(TEXT)}] for key in ("preferred_output", "non_preferred_output")
        }
        row = {"input": row} | pair
    return row


@dataclass(frozen=True)
class Fault:
    """Something wrong with a row, apart from all else, and the rule by which each side refuses it, if it does."""

    export: str | None
    preflight: str | None
    messages: tuple[Message, ...] = ()
    """Stand after the first request."""
    change: Callable[[Row, Row], None] | None = None
    """Changes the row, or in it what holds messages and tools."""
    methods: tuple[str, ...] = ("sft", "rft", "dpo")


def says(role: str, content: object, **more: object) -> Message:
    return {"role": role, "content": content} | more


def last_reply(conversation: Row) -> Message:
    return [one for one in conversation["messages"] if one["role"] == "assistant"][-1]


def add_tool(**function: object) -> Callable[[Row, Row], None]:
    return lambda _, conversation: conversation["tools"].append({"type": "function", "function": function})


FAULTS = {
    "a content of parts": Fault("content", None, (says("user", [{"type": "text", "text": "go"}]),)),
    "a content that is a number": Fault("content", "content", (says("user", 5),)),
    "a request without content": Fault("content", "content", (says("user", None),)),
    "an empty reply": Fault("content", None, (says("assistant", "", weight=0),), methods=("sft",)),
    "a reply that neither says nor calls": Fault(
        "content", "content", (says("assistant", None, weight=0),), methods=("sft",)
    ),
    "a refusal": Fault("content", None, (says("assistant", None, refusal="no", weight=0),), methods=("sft",)),
    "an unknown role": Fault("role", "role", (says("critic", "hm"),)),
    "a message key that providers refuse": Fault(None, "message-key", (says("user", "go", id="m1"),)),
    "a name of a message": Fault(None, None, (says("user", "go", name="ann"),)),
    "a result without its call": Fault("tool-result", "tool-result", (says("tool", "ok", tool_call_id="none"),)),
    "a call without its result": Fault(
        "tool-result", "tool-result", (turn(call("x"))[0], says("user", "go")), methods=("sft",)
    ),
    "a call id that comes twice": Fault("tool-call", None, (*turn(call("y")), *turn(call("y"))), methods=("sft",)),
    "a call of a tool that is not offered": Fault("tool-call", None, tuple(turn(call("z", "paint"))), methods=("sft",)),
    "a call by a name with a dot": Fault("tool-call", "tool-call", tuple(turn(call("d", "a.b"))), methods=("sft",)),
    "arguments that are an object": Fault(
        "tool-call", "tool-call", tuple(turn(call("a", "look", {}))), methods=("sft",)
    ),
    "a call without an id": Fault("tool-call", "tool-call", (turn({"function": {}})[0],), methods=("sft",)),
    "an empty list of calls": Fault(
        "tool-call", "tool-call", (says("assistant", "hm", tool_calls=[], weight=0),), methods=("sft",)
    ),
    "a token that models know": Fault("special-token", "special-token", (says("user", "a <|endoftext|> b"),)),
    "a token that nobody knows": Fault("special-token", None, (says("user", "a <|no_such_token|> b"),)),
    "a request with a weight": Fault("weight", "weight", (says("user", "go", weight=0),)),
    "a reply of weight 2": Fault("weight", "weight", (says("assistant", "hm", weight=2),)),
    "a reply whose weight is true": Fault("weight", "weight", (says("assistant", "hm", weight=True),)),
    "a reply without weight, where others have one": Fault(
        "weight", None, (says("assistant", "hm"),), methods=("sft",)
    ),
    "a reply without weight in a prompt": Fault(None, None, (says("assistant", "hm"),), methods=("rft", "dpo")),
    "a last reply that is not trained on": Fault(
        "last-message", None, change=lambda _, conversation: last_reply(conversation).update(weight=0), methods=("sft",)
    ),
    "a row key that nobody reads": Fault(
        "row-key", "row-key", change=lambda row, _: row.update(task=1), methods=("sft", "dpo")
    ),
    "a row key that only graders could read": Fault(
        "row-key", None, change=lambda row, _: row.update(task=1), methods=("rft",)
    ),
    "two tools of one name": Fault("tools", None, change=add_tool(name="look", parameters=PARAMETERS)),
    "a tool without parameters": Fault("tools", None, change=add_tool(name="wait")),
    "a tool name with a dot": Fault("tools", "tools", change=add_tool(name="a.c", parameters=PARAMETERS)),
    "a tool without a name": Fault("tools", "tools", change=add_tool(parameters=PARAMETERS)),
    "a tool that is no function": Fault(
        "tools", "tools", change=lambda _, conversation: conversation["tools"].append({"type": "web"})
    ),
    "a reference that is no tool": Fault(
        "reference", None, change=lambda row, _: row.update(reference={"name": "paint"}), methods=("rft",)
    ),
    "a pair without its better half": Fault(
        None, "dpo-shape", change=lambda row, _: row.update(preferred_output=[]), methods=("dpo",)
    ),
}


@pytest.mark.parametrize("method", ["sft", "rft", "dpo"])
@given(data=st.data())
def test_a_row_is_refused_for_its_faults_and_for_nothing_else(method: str, data: st.DataObject) -> None:
    row = data.draw(rows(method))
    names = st.sampled_from([name for name, fault in FAULTS.items() if method in fault.methods])
    chosen = [FAULTS[name] for name in data.draw(st.lists(names, unique=True, max_size=6))]
    conversation = row["input"] if method == "dpo" else row
    for fault in chosen:
        conversation["messages"][2:2] = copy.deepcopy(fault.messages)
        if fault.change:
            fault.change(row, conversation)
    for side, rules in sides(method):
        expected = {getattr(fault, side) for fault in chosen} - {None}
        assert verdict(row, rules) == expected, (side, rules.reader)


@pytest.mark.parametrize("name", FAULTS)
@settings(max_examples=10)
@given(data=st.data())
def test_each_fault_alone_is_found_by_the_side_that_refuses_it(name: str, data: st.DataObject) -> None:
    fault = FAULTS[name]
    for method in fault.methods:
        row = data.draw(rows(method))
        conversation = row["input"] if method == "dpo" else row
        conversation["messages"][2:2] = copy.deepcopy(fault.messages)
        if fault.change:
            fault.change(row, conversation)
        for side, rules in sides(method):
            assert verdict(row, rules) == {getattr(fault, side)} - {None}, (side, rules.reader)


LAST = {
    # The last message of a row, and what each side says to it.
    ("sft", "user"): {"last-message"},
    ("rft", "assistant"): {"last-message"},
    ("dpo", "assistant"): {"last-message"},
    ("rft", "developer"): {"last-message"},
    ("rft", "user"): set(),
}


@pytest.mark.parametrize(("method", "role"), LAST)
@given(data=st.data())
def test_a_row_ends_as_its_reader_wants_it(method: str, role: str, data: st.DataObject) -> None:
    row = data.draw(rows(method))
    (row["input"] if method == "dpo" else row)["messages"].append(says(role, "on"))
    if method == "sft":
        row["messages"][-2].pop("tool_calls", None)
        row["messages"][-2]["content"] = "done"
    for side, rules in sides(method):
        taken = (side, rules.reader, role) == ("preflight", "openai", "developer")
        assert verdict(row, rules) == (set() if taken else LAST[method, role]), (side, rules.reader)


@pytest.mark.parametrize(
    ("messages", "export", "preflight"),
    [
        (None, {"messages"}, {"messages"}),
        ([], {"messages"}, {"messages"}),
        (["hello"], {"messages"}, {"messages"}),
        ("hello", {"messages"}, {"messages"}),
        ([says("user", "go"), says("assistant", "hm", weight=0)], {"weight", "last-message"}, {"weight"}),
        ([says("user", "go")], {"weight", "last-message"}, {"weight", "last-message"}),
        ([says("user", "go"), says("assistant", "hm")], {"weight", "last-message"}, set()),
    ],
)
def test_a_conversation_that_trains_nothing_is_refused(messages: object, export: set[str], preflight: set[str]) -> None:
    for side, rules in sides("sft"):
        assert verdict({"messages": messages, "tools": TOOLS}, rules) == (export if side == "export" else preflight)


MESSAGE_KEYS = st.sampled_from(["role", "content", "tool_calls", "function", "name", "id", "type", "weight"])
ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["", "tool", "assistant", "function"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(MESSAGE_KEYS, inner),
    max_leaves=12,
)
KEYS = st.sampled_from(["messages", "tools", "input", "preferred_output", "reference"])


@given(row=st.dictionaries(KEYS, ANY), method=st.sampled_from(["sft", "rft", "dpo"]))
def test_any_json_object_gets_a_verdict(row: Row, method: str) -> None:
    for _, rules in sides(method):
        assert verdict(row, rules)


def test_a_problem_names_its_message_and_equal_problems_have_one_summary() -> None:
    rules = dict(sides("sft"))["export"]
    start = [says("user", "go"), says("assistant", "hm", weight=1)]
    found = [
        problem
        for at in (1, 2)
        for problem in row_format.problems(
            {"messages": [*start[:at], says("tool", f"no {at}", tool_call_id="x"), *start[at:]]}, rules
        )
        if problem.rule == "tool-result"
    ]
    assert [(one.message_index, one.text) for one in found] == [
        (1, 'message 1 answers no open call: "no 1"'),
        (2, 'message 2 answers no open call: "no 2"'),
    ]
    assert {one.summary for one in found} == {"a message answers no open call"}


@pytest.mark.parametrize("escaped", ["\\u003c|endoftext|>", "<\\u007cendoftext|>", "<|endo\\u0066text|>"])
def test_a_special_token_is_found_however_it_is_escaped(escaped: str) -> None:
    encoded = f'{{"messages": [{{"role": "user", "content": "{escaped}"}}]}}'.encode()
    for _, rules in sides("sft"):
        found = {problem.rule for problem in row_format.problems(orjson.loads(encoded), rules, encoded)}
        assert "special-token" in found
