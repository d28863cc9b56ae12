"""The rows made by hand, against our own checks, the grader, and OpenAI's schema of a line."""

import json
from pathlib import Path

import pytest

from reroute import content, row_format
from reroute.export import dialects
from reroute.export.gates.row_rules import line_rules
from reroute.export.graders import grader

SCHEMA = Path(__file__).parents[1] / "openai_spec/openai-dataset-line-schemas.2025-05-20.json"
ROWS = [
    (name, number, json.loads(line))
    for name in ("recovery-sft", "recovery-rft")
    for number, line in enumerate(content.find(f"exports/samples/{name}/train.jsonl").read_text("utf-8").splitlines())
]
IDS = [f"{name}-{number}" for name, number, _ in ROWS]


@pytest.fixture(scope="session")
def openai_schema():
    text = SCHEMA.read_text("utf-8").replace("#/components/schemas/", "#/$defs/")
    return {"$defs": json.loads(text)["schemas"]}


@pytest.mark.parametrize(("name", "number", "line"), ROWS, ids=IDS)
def test_a_sample_is_a_line_that_we_would_write(name, number, line):
    rules = line_rules(name.rsplit("-", 1)[1], dialects.named("openai"))
    assert list(row_format.problems(line, rules)) == []


@pytest.mark.parametrize(("name", "number", "line"), ROWS, ids=IDS)
def test_a_sample_follows_openais_schema(openai_schema, name, number, line):
    from jsonschema import Draft202012Validator

    kind = {"sft": "FineTuneChatRequestInput", "rft": "FineTuneReinforcementRequestInput"}[name.rsplit("-", 1)[1]]
    Draft202012Validator(openai_schema | {"$ref": f"#/$defs/{kind}"}).validate(line)


def test_the_grader_passes_its_self_test_on_the_samples():
    lines = [(line["task_id"], line) for name, _, line in ROWS if name == "recovery-rft"]
    assert grader.failures(grader.trials(grader.load("action_match.py"), lines)) == []


def test_an_acceptable_action_of_a_sample_scores_one():
    (line,) = [line for _, _, line in ROWS if line.get("acceptable")]
    assert grader.load("action_match.py").grade(grader.sample(line["acceptable"][0]), line) == 1
