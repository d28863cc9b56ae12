import json
import os
import subprocess
import sys
import time

import polars as pl
import pyarrow as pa
import pytest

from reroute.tag.features import build, code_hash
from reroute.tag.features.schema import actions_schema, notes_schema
from reroute.trace import Step, steps_schema

from .handmade import actions_of, steps_of, table

COMMANDS = [{"run": f"grep -n word{n} src/a.py", "shows": f"{n}:word", "exit_code": 0} for n in range(5)]


def test_the_tables_have_their_schemas_even_without_a_step():
    built = build(steps_schema().empty_table())
    assert built.actions.schema == actions_schema()
    assert built.notes.schema == notes_schema()


def test_a_trajectory_has_the_same_features_alone_and_among_others():
    one, two = table(steps_of(COMMANDS), "t1"), table(steps_of(list(reversed(COMMANDS))), "t2")
    together = build(pa.concat_tables([one, two])).actions.to_pylist()
    assert together == build(one).actions.to_pylist() + build(two).actions.to_pylist()


def test_another_process_makes_the_same_bytes():
    script = (
        "import sys, hashlib, pyarrow as pa; from reroute.tag.features import build;"
        "rows = build(pa.ipc.open_stream(sys.stdin.buffer).read_all()).actions.to_pylist();"
        "print(hashlib.sha1(str(rows).encode()).hexdigest())"
    )
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, steps_schema()) as writer:
        writer.write_table(table(steps_of(COMMANDS)))
    said = {
        subprocess.run(
            [sys.executable, "-c", script], input=sink.getvalue().to_pybytes(), capture_output=True, check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(said) == 1


def test_a_result_without_a_stated_call_belongs_to_the_next_of_its_id():
    steps = [
        Step(role="assistant", type="call", tool="look", call_id="c", arguments="{}", turn=1),
        Step(role="tool", type="result", tool="look", call_id="c", content="one", turn=1),
        Step(role="assistant", type="call", tool="look", call_id="c", arguments="{}", turn=2),
        Step(role="tool", type="result", tool="look", call_id="c", content="two", turn=2),
    ]
    assert [a["result_step"] for a in build(table(steps)).actions.to_pylist()] == [1, 3]


def test_lanes_are_counted_apart():
    steps = [
        Step(role="assistant", type="call", tool="a", lane=lane, turn=turn, arguments="{}")
        for turn, lane in enumerate(["main", "helper", "main"])
    ]
    found = build(table(steps)).actions.to_pylist()
    assert [(a["lane"], a["action"], a["call_step"]) for a in found] == [
        ("main", 0, 0),
        ("main", 1, 2),
        ("helper", 0, 1),
    ]


def test_what_a_person_does_with_tools_is_no_action_of_the_agent():
    steps = [
        Step(role="user", type="call", tool="open_tray", arguments="{}", lane="user", turn=1),
        Step(role="tool", type="result", tool="open_tray", lane="user", turn=1, parent_step=0, content="no tray"),
        Step(role="assistant", type="call", tool="add_note", arguments="{}", turn=2),
        Step(role="tool", type="result", tool="add_note", turn=2, parent_step=2, content="noted"),
    ]
    assert [a["tool"] for a in build(table(steps)).actions.to_pylist()] == ["add_note"]


def test_the_tokens_of_every_turn_are_counted_once():
    steps = [
        Step(role="assistant", type="message", content="First.", turn=0, input_tokens=3),
        Step(role="assistant", type="call", tool="a", turn=1, arguments="{}", input_tokens=10, output_tokens=5),
        Step(role="assistant", type="call", tool="b", turn=1, arguments="{}", output_tokens=2),
        Step(role="assistant", type="message", content="Well?", turn=2, output_tokens=4),
        Step(role="assistant", type="call", tool="a", turn=3, arguments="{}"),
    ]
    found = build(table(steps)).actions.to_pylist()
    sums = [(a["sibling"], a["tokens_before"], a["tokens_through"], a["cost_through"]) for a in found]
    assert sums == [(0, 3, 20, None), (1, 3, 20, None), (0, 24, 24, None)]


def test_a_persons_words_lie_before_the_next_action():
    found = actions_of([COMMANDS[0], {"say": "Use Berlin please", "role": "user"}, COMMANDS[1]])
    assert [a["user_before"] for a in found] == [False, True]
    assert found[1]["user_tokens"] == ["use", "berlin", "please"]


@pytest.mark.parametrize(("tool", "second"), [("Bash", "file:web/a.ts"), ("bash", "file:a.ts")])
def test_a_shell_keeps_its_folder_only_where_the_harness_does(tool, second):
    entries = [
        {"tool": tool, "arguments": {"command": "cd web"}, "shows": "", "status": "ok"},
        {"tool": tool, "arguments": {"command": "cat a.ts"}, "shows": "x", "status": "ok"},
    ]
    assert actions_of(entries)[1]["targets"] == [second]


def test_absolute_and_relative_paths_of_a_run_meet():
    found = actions_of(
        [
            {"tool": "Read", "arguments": {"file_path": "/home/me/web/src/a.ts"}, "shows": "x", "status": "ok"},
            {"run": "cat src/a.ts", "shows": "x", "exit_code": 0},
        ]
    )
    assert found[0]["targets"] == found[1]["targets"] == ["file:src/a.ts"]


def test_clocks_and_durations_do_not_make_an_observation_new():
    one, two, other = actions_of(
        [
            {"run": "pytest", "shows": shows, "exit_code": 0}
            for shows in ("3 passed in 0.12s", "3 passed in 1.70s", "4 passed in 0.12s")
        ]
    )
    assert one["observation_hash"] == two["observation_hash"] != other["observation_hash"]


def test_requested_values_are_slots_and_ids_are_targets():
    arguments = {"reservation_id": "XEWRD9", "passengers": [{"first_name": "Mia", "last_name": "Li"}]}
    action = actions_of([{"tool": "update_reservation", "arguments": arguments, "shows": "{}"}])[0]
    assert action["targets"] == ["id:XEWRD9"]
    assert action["slots"] == ["passengers.first_name=Mia", "passengers.last_name=Li", "reservation_id=XEWRD9"]
    assert action["writes"]


def test_a_tool_that_runs_code_has_no_program_where_no_code_was_given():
    calls = [
        {"tool": "python", "arguments": {}, "shows": "?"},
        {"tool": "python", "arguments": {"code": "1"}, "shows": "1"},
    ]
    assert [action["program"] for action in actions_of(calls)] == [None, "python"]


def test_a_record_is_the_same_target_by_its_id_and_by_kind_and_id():
    calls = [
        {"tool": "GET Observation", "arguments": {"patient": "S77001", "code": "GLU"}, "shows": "{}"},
        {"tool": "POST Order", "arguments": {"subject": {"reference": "Patient/S77001"}}, "shows": "{}"},
    ]
    assert [action["targets"] for action in actions_of(calls)] == [["id:S77001", "id:GLU"], ["id:S77001"]]


def test_the_same_rules_have_the_same_hash_and_a_projects_own_lexicon_another(tmp_path):
    (tmp_path / "sql/lexicons").mkdir(parents=True)
    (tmp_path / "sql/lexicons/stop_words.csv").write_text("word\nfoo\n")
    assert code_hash() == code_hash() != code_hash(tmp_path)


EVIL = {
    "ten megabytes of one line": "a" * 10_000_000,
    "ten megabytes of error lines": "Error: x\n" * 1_100_000,
    "two megabytes of colons": "a: " * 700_000,
    "open quotes": "'\"" * 100_000,
    "open brackets": "(" * 100_000,
    "half a test report": "FAILED " * 300_000,
}


@pytest.mark.parametrize("text", EVIL.values(), ids=EVIL.keys())
def test_evil_results_are_read_in_bounded_time(text):
    began = time.process_time()
    actions_of([{"run": command, "shows": text, "exit_code": 1} for command in ("pytest tests", "python x.py")])
    assert time.process_time() - began < 4


@pytest.mark.parametrize("text", EVIL.values(), ids=EVIL.keys())
def test_evil_commands_are_taken_apart_in_bounded_time(text):
    began = time.process_time()
    actions_of([{"run": before + text, "exit_code": 0} for before in ("", "cat <<EOF\n", "python -c '")])
    assert time.process_time() - began < 4


def test_arguments_that_are_no_object_are_text():
    steps = [Step(role="assistant", type="call", tool="bash", arguments=text) for text in ('"ls"', "[1]", "{", "null")]
    assert len(build(table(steps)).actions) == 4


def test_deep_arguments_are_read_as_far_as_they_can_be():
    deep = '{"a":' * 5000 + "1" + "}" * 5000
    assert build(table([Step(role="assistant", type="call", tool="x", arguments=deep)])).actions.num_rows == 1


def test_real_commands_parse_and_words_are_the_exception(traces):
    from reroute.formats import read_file
    from reroute.tag.features.rules import load
    from reroute.tag.features.shell import parse
    from reroute.trace import Trajectory

    commands = set()
    for path in sorted((traces / "mini-swe-agent-swebench").glob("*.traj.json")):
        for run in read_file(path)[1]:
            calls = [step for step in run.steps if step.type == "call"] if isinstance(run, Trajectory) else []
            commands |= {json.loads(step.arguments).get("command", "") for step in calls}
    wrappers = load().wrappers
    by_words = [command for command in commands if parse(command, wrappers).how == "words"]
    assert len(by_words) / len(commands) < 0.005


def test_the_lexer_agrees_with_the_grammar_on_real_commands(traces):
    from reroute.formats import read_file
    from reroute.tag.features.shell.lexer import lex
    from reroute.tag.features.shell.tree import parse_tree

    for path in sorted((traces / "mini-swe-agent-swebench").glob("*.traj.json"))[:20]:
        for run in read_file(path)[1]:
            for step in run.steps:
                command = json.loads(step.arguments).get("command", "") if step.type == "call" else ""
                lexed, parsed = lex(command), parse_tree(command)
                if lexed is not None and parsed is not None:
                    assert [p.words for p in lexed] == [p.words for p in parsed], command


def test_every_family_of_an_action_is_known():
    from reroute.tag.features.rules import load
    from reroute.tag.features.schema import FAMILIES

    rules = load()
    used = {program.family for program in rules.programs.values()} | {tool.family for tool in rules.tools.values()}
    assert used | {verb for verb, _ in rules.verbs.values()} <= set(FAMILIES)


def test_every_signal_of_the_lexicon_has_a_kind():
    from reroute import content
    from reroute.tag.features.rules import load

    known = set(pl.read_csv(content.find("sql/lexicons/signals.csv"))["signal"])
    assert {pattern.signal for pattern in load().patterns} <= known
