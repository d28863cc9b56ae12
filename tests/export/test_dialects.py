import pytest

from reroute import row_format
from reroute.errors import ConfigError
from reroute.export import dialects
from reroute.export.candidates import Candidate, Recovery, Run
from reroute.export.gates.row_rules import line_rules
from reroute.export.rows import messages
from reroute.export.rows.row import Action, Answer, Row
from reroute.export.rows.tools import Seen, Tools


@pytest.fixture
def row(booked) -> Row:
    seen = Seen()
    for step in booked.steps:
        if step.type == "call":
            seen.add(step.tool, step.arguments)
    shown = messages.render(booked.steps[: booked.recovery], reasoning="drop", text_protocol=False)
    recovery = Recovery("e", "call.rejected", "recovered_repair", "agent", "A", "agent_initiated", "main", 2, 3, 7)
    run = Run("t", "v", "p", "files", "f", "openai-chat", 0)
    answer = Answer(Action("book", booked.steps[7].arguments), (Action("book", booked.steps[2].arguments),))
    return Row(Candidate(run, recovery), tuple(shown), Tools(seen.schemas(), "inferred"), 0, 6, 9, "", (0, 0), answer)


@pytest.mark.parametrize("name", dialects.dialects())
def test_a_line_of_every_dialect_is_one_that_it_takes(row, name):
    dialect = dialects.named(name)
    assert list(row_format.problems(dialect.line(row), line_rules("rft", dialect))) == []


def test_openai_takes_instructions_as_a_developer_message(row):
    assert dialects.named("openai").line(row)["messages"][0]["role"] == "developer"


def test_azure_is_told_the_last_call_and_its_result_by_the_user(row):
    last = dialects.named("azure").line(row)["messages"][-1]
    assert (last["role"], "You called `get_price`" in last["content"], '{"price": 307}' in last["content"]) == (
        "user", True, True,
    )  # fmt: skip


def test_the_keys_for_the_grader_stand_beside_the_prompt(row):
    line = dialects.named("openai").line(row)
    assert (line["reference"]["name"], len(line["forbidden"]), line["schemas"]) == ("book", 1, {})


def test_an_unknown_dialect_is_answered_with_those_there_are():
    with pytest.raises(ConfigError, match="Dialects here: azure, openai"):
        dialects.named("mistral")
