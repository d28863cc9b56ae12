import csv
import json
import re

import pytest

from reroute import content
from reroute.tag.features.calls import call_facts
from reroute.tag.features.rules import load

from .handmade import cases

RULES = load()


@pytest.mark.parametrize("case", cases("commands"))
def test_a_command_is_taken_apart(case):
    facts = call_facts("bash", json.dumps({"command": case["command"]}), None, RULES)
    for name in ("family", "program", "check_id", "writes", "probe", "targets", "written"):
        if name in case:
            assert getattr(facts, name) == case[name], name
    assert set(case.get("targets_include", [])) <= set(facts.targets)


def test_equal_commands_have_equal_signatures_and_temporary_names_do_not_matter():
    one = call_facts("bash", json.dumps({"command": "cat /tmp/tmpab12cd/x.log"}), None, RULES)
    same = call_facts("bash", json.dumps({"command": "cat /tmp/tmpzz99yy/x.log"}), None, RULES)
    other = call_facts("bash", json.dumps({"command": "cat /var/log/x.log"}), None, RULES)
    assert one.signature == same.signature != other.signature


def test_line_ranges_matter_to_a_signature():
    first = call_facts("bash", json.dumps({"command": "sed -n '1,20p' a.py"}), None, RULES)
    second = call_facts("bash", json.dumps({"command": "sed -n '21,40p' a.py"}), None, RULES)
    assert first.signature != second.signature


def test_a_search_is_the_same_whatever_the_order_of_its_words():
    one = call_facts("web_search", '{"query": "Berlin hotel cheap"}', None, RULES)
    other = call_facts("web_search", '{"query": "cheap hotel berlin"}', None, RULES)
    assert one.signature == other.signature


def test_a_quote_that_makes_a_command_parse_makes_it_another():
    broken = call_facts("bash", json.dumps({"command": "cat app/(x)/a.ts"}), None, RULES)
    quoted = call_facts("bash", json.dumps({"command": "cat 'app/(x)/a.ts'"}), None, RULES)
    assert broken.targets == quoted.targets
    assert broken.signature != quoted.signature


@pytest.mark.parametrize("path", ["src/[id]/a.ts", "src/(x)/a.ts", "src/*.ts"])
def test_a_pattern_of_the_shell_that_is_quoted_makes_another_command(path):
    bare = call_facts("bash", json.dumps({"command": f"git add {path} && git status"}), None, RULES)
    quoted = call_facts("bash", json.dumps({"command": f"git add '{path}' && git status"}), None, RULES)
    assert bare.signature != quoted.signature


def test_quotes_that_change_nothing_make_no_other_command():
    one = call_facts("bash", json.dumps({"command": "cat 'src/a.ts'"}), None, RULES)
    other = call_facts("bash", json.dumps({"command": "cat src/a.ts"}), None, RULES)
    assert one.signature == other.signature


@pytest.mark.parametrize("command", ["python -m compileall -q pkg", "python3 -m py_compile a.py", "bash -n run.sh"])
def test_what_only_compiles_is_a_build_and_needs_no_baseline(command):
    check_id = call_facts("bash", json.dumps({"command": command}), None, RULES).check_id
    with content.find("sql/lexicons/builds.csv").open(newline="") as file:
        assert any(re.search(row["pattern"], check_id) for row in csv.DictReader(file))
