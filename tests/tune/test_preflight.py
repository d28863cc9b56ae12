"""Whatever would fail or train nothing is found before anything is sent, all of it at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from reroute.tune.findings import Finding
from reroute.tune.preflight import Checked
from reroute.tune.tuning import Tuning

from .conftest import CALL, GRADER, MakeDataset, dpo_row, rft_row, sft_row

Check = Callable[..., Checked]


@pytest.fixture
def check(tuning: Tuning, make_dataset: MakeDataset) -> Check:
    """Checks a handmade dataset at a provider and model that are open."""

    def run(method: str = "sft", provider: str = "azure", model: str = "", **more: object) -> Checked:
        folder = make_dataset(method, **more).folder
        return tuning.preflight(str(folder), provider, model or {"rft": "o4-mini"}.get(method, "gpt-4.1"))

    return run


def errors(checked: Checked) -> list[Finding]:
    return [finding for finding in checked.findings if finding.level == "error"]


def rules(checked: Checked) -> set[str]:
    return {finding.rule for finding in errors(checked)}


@pytest.mark.parametrize("method", ["sft", "rft", "dpo"])
@pytest.mark.parametrize("provider", ["openai", "azure"])
def test_a_good_dataset_passes(check: Check, method: str, provider: str) -> None:
    checked = check(method, provider)
    shut = {"availability"} if (provider, method) == ("openai", "rft") else set()
    assert rules(checked) == shut


def _message(number: int, at: int, **more: object) -> dict[str, object]:
    row = json.loads(json.dumps(sft_row(number)))
    row["messages"][at] |= more
    return row


BAD_SFT = {
    "a row that has another key": ("row-key", sft_row(0) | {"task": "x"}),
    "no messages": ("messages", {"messages": []}),
    "messages that are no objects": ("messages", {"messages": ["hello"]}),
    "a role that sft does not know": ("role", _message(0, 0, role="developer")),
    "a key that messages do not have": ("message-key", _message(0, 1, id="m1")),
    "content that is null": ("content", _message(0, 1, content=None)),
    "a weight that is a float": ("weight", _message(0, 4, weight=1.0)),
    "a weight that is a boolean": ("weight", _message(0, 4, weight=True)),
    "a weight of two": ("weight", _message(0, 4, weight=2)),
    "a weight on a user message": ("weight", _message(0, 1, weight=0)),
    "nothing that is trained on": ("weight", _message(0, 4, weight=0)),
    "a last message from the user": ("last-message", _message(0, 4, role="user")),
    "a result without its call": ("tool-result", _message(0, 3, tool_call_id="other")),
    "a call without its result": ("tool-result", _message(0, 3, role="user")),
    "arguments that are an object": (
        "tool-call",
        _message(0, 2, tool_calls=[CALL | {"function": {"name": "bash", "arguments": {}}}]),
    ),
    "a tool name with a dot": ("tools", sft_row(0) | {"tools": [{"type": "function", "function": {"name": "a.b"}}]}),
    "a special token": ("special-token", _message(0, 1, content="use <|fim_suffix|> here")),
}


@pytest.mark.parametrize("name", BAD_SFT)
def test_a_row_that_a_provider_refuses_is_found_with_its_line(check: Check, name: str) -> None:
    rule, row = BAD_SFT[name]
    checked = check(train=[*(sft_row(number) for number in range(11)), row])
    assert rule in rules(checked)
    assert any(finding.rule == rule and "train.jsonl:12" in finding.where for finding in checked.findings)


def test_an_escaped_special_token_is_found(check: Check, tuning: Tuning, make_dataset: MakeDataset) -> None:
    dataset = make_dataset()
    path = dataset.folder / "train.jsonl"
    path.write_bytes(path.read_bytes().replace(b"You work", b"\\u003c|endoftext|\\u003e"))
    assert "special-token" in rules(tuning.preflight(str(dataset.folder), "azure", "gpt-4.1"))


def test_a_thousand_equal_complaints_are_one_finding_with_a_count(check: Check) -> None:
    checked = check(train=[_message(number, 1, content=None) for number in range(1000)])
    [found] = [finding for finding in checked.findings if finding.rule == "content"]
    assert found.count == 1000
    assert found.where == "train.jsonl:1, train.jsonl:2, train.jsonl:3 and 997 more"


def test_everything_wrong_is_told_at_once(check: Check) -> None:
    bad = [_message(0, 0, role="developer"), _message(1, 4, weight=2), sft_row(2) | {"task": 1}]
    assert {"role", "weight", "row-key", "row-limit"} <= rules(check(train=bad, validation=bad[:1]))


@pytest.mark.parametrize(
    ("damage", "rule"),
    [
        (lambda data: data + b"\n", "file-hash"),
        (lambda data: data.splitlines(keepends=True)[0], "file-rows"),
        (lambda data: data[:-9], "json"),
        (lambda data: b"[1]\n" + data, "json"),
        (lambda data: b"\xff\xfe" + data, "json"),
    ],
)
def test_a_file_that_was_changed_after_export_is_found(
    tuning: Tuning, make_dataset: MakeDataset, damage: Callable[[bytes], bytes], rule: str
) -> None:
    dataset = make_dataset()
    path = dataset.folder / "train.jsonl"
    path.write_bytes(damage(path.read_bytes()))
    assert rule in rules(tuning.preflight(str(dataset.folder), "azure", "gpt-4.1"))


def test_a_missing_file_is_found(tuning: Tuning, make_dataset: MakeDataset) -> None:
    dataset = make_dataset()
    (dataset.folder / "validation.jsonl").unlink()
    assert "file" in rules(tuning.preflight(str(dataset.folder), "azure", "gpt-4.1"))


def test_a_dataset_that_failed_its_gates_names_them(check: Check) -> None:
    checked = check(
        passed=False, files={"train": None, "validation": None}, gates={"failed": ["no_secrets"], "page": "g"}
    )
    [found] = errors(checked)
    assert "no_secrets" in found.found


def test_a_file_over_the_limit_is_found(tuning: Tuning, make_dataset: MakeDataset) -> None:
    small = [replace_mb(profile) for profile in tuning.table.profiles]
    table = type(tuning.table)(
        **{name: getattr(tuning.table, name) for name in tuning.table.__struct_fields__} | {"profiles": small}
    )
    checked = replace(tuning, table=table).preflight(str(make_dataset().folder), "azure", "gpt-4.1")
    assert "file-size" in rules(checked)


def replace_mb(profile: object) -> object:
    import msgspec

    return msgspec.structs.replace(profile, max_file_mb=0)


def test_azure_rft_needs_a_validation_file_and_a_user_message_at_the_end(check: Check) -> None:
    tail = [{"role": "assistant", "content": None, "tool_calls": [CALL]}]
    tail += [{"role": "tool", "tool_call_id": "call_1", "content": "no such file"}]
    rows = [rft_row(number) | {"messages": [*rft_row(number)["messages"], *tail]} for number in range(12)]
    found = rules(check("rft", train=rows, validation=[]))
    assert {"last-message", "validation"} <= found


def test_system_messages_are_refused_in_rft(check: Check) -> None:
    row = rft_row(0)
    row["messages"][0]["role"] = "system"
    assert "role" in rules(check("rft", train=[row]))


def test_a_row_in_both_splits_is_a_leak(check: Check) -> None:
    rows = [sft_row(number) for number in range(12)]
    assert "leak" in rules(check(train=rows, validation=rows[:1]))


def test_dpo_wants_one_assistant_message_each(check: Check) -> None:
    row = dpo_row(0) | {"preferred_output": [{"role": "user", "content": "?"}]}
    assert "dpo-shape" in rules(check("dpo", train=[row]))


def test_a_row_over_the_token_limit_is_warned_of_by_estimate(check: Check) -> None:
    checked = check(train=[*(sft_row(n) for n in range(11)), _message(0, 1, content="word " * 70_000)])
    [found] = [finding for finding in checked.findings if finding.rule == "row-length"]
    assert "65,536" in found.found
    assert found.level == ("error" if checked.exact else "warning")


def test_rows_of_another_dialect_are_refused(check: Check) -> None:
    assert "dialect" in rules(check(dialect="fireworks"))


GRADERS = {
    "none": ("grader", None),
    "an unknown type": ("grader-type", GRADER | {"type": "regex"}),
    "a label model outside of multi": ("grader-type", GRADER | {"type": "label_model"}),
    "no name": ("grader-field", {key: value for key, value in GRADER.items() if key != "name"}),
    "an unknown operation": ("grader-field", GRADER | {"operation": "contains"}),
    "a field that rows do not have": ("grader-template", GRADER | {"reference": "{{item.answer}}"}),
    "a reserved field": ("grader-template", GRADER | {"reference": "{{item.messages}}"}),
    "spaces inside the braces": ("grader-template", GRADER | {"reference": "{{ item.reference_answer }}"}),
    "an unknown namespace": ("grader-template", GRADER | {"reference": "{{row.answer}}"}),
    "a JSON answer that is not asked for": ("grader-template", GRADER | {"input": "{{sample.output_json.a}}"}),
    "an index, on Azure": ("grader-template", GRADER | {"input": "{{sample.output_tools[0].function.name}}"}),
    "multi with one grader in place of a map": (
        "grader-multi",
        {"type": "multi", "name": "m", "graders": GRADER, "calculate_output": "a"},
    ),
    "a formula with a name that no grader has": (
        "grader-multi",
        {"type": "multi", "name": "m", "graders": {"a": GRADER}, "calculate_output": "max(a, b)"},
    ),
    "multi with a bad part": (
        "grader-template",
        {
            "type": "multi",
            "name": "m",
            "graders": {"a": GRADER | {"reference": "{{item.no}}"}},
            "calculate_output": "a",
        },
    ),
    "python without grade": ("grader-python", {"type": "python", "name": "p", "source": "def score(s): return 1"}),
    "python that is no Python": ("grader-python", {"type": "python", "name": "p", "source": "def grade(sample, item)"}),
    "python over 256 kB": (
        "grader-python",
        {"type": "python", "name": "p", "source": "def grade(sample, item): return 1\n#" + "x" * 256_000},
    ),
    "python that reads a field that rows do not have": (
        "grader-template",
        {"type": "python", "name": "p", "source": 'def grade(sample, item):\n    return item["answer"] == 1'},
    ),
    "a misspelt sampling parameter": (
        "grader-field",
        {
            "type": "score_model",
            "name": "s",
            "model": "gpt-4.1",
            "input": [{"role": "user", "content": "{{item.reference_answer}}"}],
            "sampling_params": {"max_completion_tokens": 5},
        },
    ),
}


@pytest.mark.parametrize("name", GRADERS)
def test_a_grader_that_fails_or_always_gives_zero_is_found(check: Check, name: str) -> None:
    rule, grader = GRADERS[name]
    assert rule in rules(check("rft", grader=grader))


def test_good_graders_pass(check: Check) -> None:
    python = {"type": "python", "name": "p", "source": 'def grade(sample, item):\n    return item["reference_answer"]'}
    multi = {"type": "multi", "name": "m", "graders": {"a": GRADER, "b": python}, "calculate_output": "a + b"}
    assert not rules(check("rft", grader=multi))


def _levels(checked: Checked, rule: str) -> list[Finding]:
    return [finding for finding in checked.findings if finding.rule == rule]


def test_a_shut_down_model_is_refused_with_its_date_and_what_is_open(check: Check) -> None:
    [found] = _levels(check("rft", "openai", "o4-mini-2025-04-16"), "availability")
    assert (found.level, "2026-10-23" in found.found) == ("error", True)


def test_nobody_can_start_on_openai_after_its_last_day(tuning: Tuning, make_dataset: MakeDataset) -> None:
    later = replace(tuning, today=date(2027, 1, 7))
    for model in ("gpt-4.1", "gpt-9"):
        checked = later.preflight(str(make_dataset(ledger=model).folder), "openai", model)
        assert any("2027-01-06" in found.found and found.level == "error" for found in checked.findings)


def test_an_end_that_is_close_is_warned_of(check: Check) -> None:
    [found] = _levels(check("sft", "openai", "gpt-4.1"), "availability")
    assert found.level == "warning"
    assert found.found.startswith("47 days left")


def test_a_model_of_another_method_is_refused(check: Check) -> None:
    [found] = _levels(check("sft", "azure", "o4-mini"), "model")
    assert (found.level, "takes rft" in found.found) == ("error", True)


def test_an_unlisted_model_is_a_warning(check: Check) -> None:
    [found] = _levels(check("sft", "azure", "gpt-9"), "model")
    assert found.level == "warning"
