"""Calls as a person would name them."""

from __future__ import annotations

import pytest

from reroute.episode_text import calls
from reroute.trace import Step


def call(tool: str, arguments: str) -> Step:
    return Step(role="assistant", type="call", tool=tool, arguments=arguments)


@pytest.mark.parametrize(
    ("command", "program"),
    [
        ("sed -n 1,5p a.py", "sed"),
        ("cd src && grep -rn x .", "grep"),
        ("FOO=1 python -m pytest", "pytest"),
        ("sudo timeout 30 make all", "make"),
        ("/usr/bin/python3 x.py", "python3"),
        ("echo hi; ls", "ls"),
        ("cat <<'EOF' > f\nx\nEOF", "cat"),
        ("", "bash"),
    ],
)
def test_the_program_of_a_command_line(command: str, program: str) -> None:
    import json

    assert calls.program(call("bash", json.dumps({"command": command}))) == program


def test_a_shell_given_as_a_list_is_unwrapped() -> None:
    step = call("shell", '{"command": ["bash", "-lc", "rg needle"], "workdir": "/x"}')
    assert (calls.command(step), calls.program(step)) == ("rg needle", "rg")


def test_a_tool_call_is_shown_with_its_arguments() -> None:
    assert calls.summary(call("book", '{"id": 7, "name": "A", "none": null}')) == "book(id=7, name=A)"


@pytest.mark.parametrize("arguments", ["", "{", "[1]", "null", '"x"', "[" * 5000])
def test_broken_arguments_are_no_object_and_no_error(arguments: str) -> None:
    assert calls.arguments(call("t", arguments)) == {}
    assert calls.summary(call("t", arguments)).startswith("t(")


def test_arguments_that_differ_from_another_call_are_marked() -> None:
    failed, fixed = call("book", '{"a": 1, "b": 2}'), call("book", '{"a": 1, "c": 3}')
    assert calls.lines(fixed, failed) == [("a: 1", False), ("c: 3", True), ("(without b)", True)]


def test_terminal_codes_in_a_tool_name_do_not_get_out() -> None:
    assert "\x1b" not in calls.program(call("\x1b[31mtool", "{}")) + calls.summary(
        call("\x1b[31mtool", '{"a": "\x1b"}')
    )
