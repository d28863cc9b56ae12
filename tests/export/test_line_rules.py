import copy

import pytest

from reroute import row_format
from reroute.export import dialects
from reroute.export.gates.row_rules import line_rules

CALL = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
TOOLS = [{"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}]
GOOD = {
    "messages": [
        {"role": "user", "content": "go"},
        {"role": "assistant", "tool_calls": [CALL], "weight": 0},
        {"role": "tool", "tool_call_id": "c1", "content": "no"},
        {"role": "assistant", "content": "I see.", "weight": 1},
    ],
    "tools": TOOLS,
    "parallel_tool_calls": False,
}


def found(line, method="sft", dialect="openai"):
    rules = line_rules(method, dialects.named(dialect))
    return [problem.text for problem in row_format.problems(line, rules)]


def changed(path, value):
    line = copy.deepcopy(GOOD)
    *way, last = path
    place = line
    for key in way:
        place = place[key]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return line


def test_a_good_line_has_no_problem():
    assert found(GOOD) == []


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        (("messages", 0, "role"), "developer", 'role "developer" in message 0'),
        (("messages", 1, "weight"), True, 'message 1, a reply, has the weight "True" and not 0 or 1'),
        (("messages", 1, "weight"), None, 'message 1, a reply, has the weight "None" and not 0 or 1'),
        (("messages", 3, "weight"), 0, "no reply is trained on"),
        (("messages", 2, "tool_call_id"), "other", 'message 2 answers no open call: "no"'),
        (
            ("messages", 2),
            {"role": "user", "content": "?"},
            "message 2 comes before 1 calls are answered: \"c1 {'name': 'look', 'arguments': '{}'}\"",
        ),
        (
            ("messages", 3),
            {"role": "assistant", "weight": 1, "tool_calls": [CALL]},
            "message 3 repeats a call id: \"c1 {'name': 'look', 'arguments': '{}'}\"",
        ),
        (
            ("messages", 3),
            {"role": "user", "content": "why?"},
            'the last message is no reply that is trained on: "why?"',
        ),
        (("messages", 3, "content"), "", "message 3 says nothing and calls nothing"),
        (("tools",), [], '"look" is called and not among the tools'),
        (("tools",), TOOLS * 2, '2 tools have the name "look"'),
        (("messages", 1, "tool_calls", 0, "function", "arguments"), {}, 'the arguments of a call are no text: "{}"'),
        (("tools", 0, "function", "parameters"), [], 'the parameters of the tool "look" are no object'),
        (("tools", 0, "function", "name"), "a look\n", 'tool name "a look" is not one that providers take'),
        (("extra",), 1, 'unknown key "extra"'),
        (("messages",), [], "there are no messages"),
    ],
)
def test_what_is_wrong_is_named(path, value, problem):
    assert problem in found(changed(path, value))


def test_a_prompt_ends_as_the_dialect_wants_it():
    line = {
        "messages": [
            {"role": "user", "content": "go"},
            {"role": "assistant", "tool_calls": [CALL]},
            {"role": "tool", "tool_call_id": "c1", "content": "no"},
        ],
        "tools": TOOLS,
        "reference": {"name": "look", "arguments": "{}"},
    }
    assert found(line, "rft") == []
    assert found(line, "rft", "azure") == ['the prompt ends with tool; azure wants user: "no"']
