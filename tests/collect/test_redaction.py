"""Secrets are gone before anything is written: from steps, headers, quarantine, and every file under data_dir."""

from __future__ import annotations

import json

import pytest

from reroute.collect import collect
from reroute.collect.in_memory import read_in_memory
from reroute.errors import UsageError
from reroute.storage import lake

SECRETS = ["mia.li4123@example.com", "sk-abcdefghij0123456789abcd", "4111111111111111", "hunter2secret"]


@pytest.fixture
def leaky(tmp_path, write):
    function = {"name": "login", "arguments": json.dumps({"mail": SECRETS[0], "card": int(SECRETS[2])})}
    call = {"id": "c", "type": "function", "function": function}
    run = {
        "id": f"run of {SECRETS[0]}",
        "task_id": f"task of {SECRETS[0]}",
        "agent": SECRETS[0],
        "model": "m",
        "tools": [{"type": "function", "function": {"name": "login", "description": SECRETS[1]}}],
        "messages": [
            {"role": "user", "content": f"I am {SECRETS[0]}, redis://u:{SECRETS[3]}@cache"},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c", "content": f"token {SECRETS[1]}"},
        ],
    }
    return write(tmp_path / "in/a.jsonl", run, f'{{"messages": "{SECRETS[1]}"}}')


def test_no_file_under_data_dir_holds_a_secret(project, leaky, contents, seen):
    collect(project, [leaky])
    said = json.dumps(seen(project), default=str)
    for secret in SECRETS:
        assert secret not in said
        assert [name for name, data in contents(project.data_dir).items() if secret.encode() in data] == []


def test_a_secret_in_the_address_of_a_picture_is_hidden_and_counted(project, tmp_path, write, ask, contents):
    picture = {"type": "image_url", "image_url": {"url": f"https://ann:{SECRETS[3]}@cache.example/cat.png"}}
    message = {"role": "user", "content": [{"type": "text", "text": "What is this?"}, picture]}
    collect(project, [write(tmp_path / "in/a.jsonl", {"id": "r1", "messages": [message]})])
    (said,) = lake.read_steps(project, ask(project, "select trajectory_id from trajectories")[0][0])
    assert (len(said.media), said.redactions) == (1, 1)
    assert [name for name, data in contents(project.data_dir).items() if SECRETS[3].encode() in data] == []


def test_a_secret_in_the_reason_of_a_refusal_is_hidden(project, tmp_path, write, ask, contents):
    lines = [{"type": "summary", "summary": "s", "leafUuid": "l"}, {"type": SECRETS[0], "sessionId": "s"}]
    collect(project, [write(tmp_path / "in/a.jsonl", *lines)])
    ((reason,),) = ask(project, "select reason from quarantine")
    assert "<email:" in reason
    assert [name for name, data in contents(project.data_dir).items() if SECRETS[0].encode() in data] == []


def test_one_person_has_one_placeholder_in_text_and_arguments_and_steps_count_what_was_replaced(project, leaky, ask):
    collect(project, [leaky])
    (key,) = ask(project, "select trajectory_id from trajectories")[0]
    said, call, result = lake.read_steps(project, key)
    placeholder = said.content.split()[2].strip(",")
    assert json.loads(call.arguments)["mail"] == placeholder
    assert [step.redactions for step in (said, call, result)] == [2, 2, 1]


def test_a_group_of_runs_keeps_one_name_whatever_is_hidden_in_it(project, tmp_path, make, write, ask):
    runs = [make(f"r{n}", "x", task_id="task of a@b.co") for n in range(2)]
    collect(project, [write(tmp_path / "a.jsonl", *runs)])
    assert len(ask(project, "select distinct task_id, split_group from trajectories")) == 1


def test_versions_do_not_depend_on_the_key(tmp_path, make, write, ask):
    from reroute.settings import Project, Settings

    file = write(tmp_path / "a.jsonl", make("r1", "mail a@b.co"))
    versions = set()
    for name in ("one", "two"):
        project = Project(tmp_path / name, Settings())
        collect(project, [file])
        versions |= set(ask(project, "select trajectory_id, version from trajectories"))
    assert len(versions) == 1


def test_a_look_in_memory_reads_redacted_and_writes_nothing(leaky, tmp_path, contents):
    before = contents(tmp_path)
    (batch,) = read_in_memory([leaky.parent])
    said = json.dumps([batch.steps.to_pylist(), batch.trajectories.to_pylist()], default=str)
    assert [secret for secret in SECRETS if secret in said] == []
    assert (batch.trajectories.num_rows, batch.steps.num_rows, batch.rejected) == (1, 3, 1)
    assert contents(tmp_path) == before


def test_a_look_in_memory_counts_equal_runs_once_and_names_what_it_cannot_read(tmp_path, make, write):
    write(tmp_path / "a.jsonl", make("r1", "x"))
    write(tmp_path / "b.jsonl", make("r1", "x", reward=1.0))
    write(tmp_path / "c.txt", "something else")
    (batch,) = read_in_memory([tmp_path])
    assert batch.trajectories.num_rows == 1
    assert batch.passed_by == [("neither JSON nor lines of JSON", "c.txt")]
    with pytest.raises(UsageError, match="no such file"):
        list(read_in_memory([tmp_path / "none"]))
