import json

import pytest

from reroute.errors import ConfigError
from reroute.export.graders import grader as graders


@pytest.fixture(scope="module")
def grader():
    return graders.load("action_match.py")


def action(name, **arguments):
    return {"name": name, "arguments": json.dumps(arguments)}


FAILED = action("book", flight="A1", user="u_1", amount=100, seats=["1A", "1B"])
RIGHT = action("book", flight="A1", user="u_1", amount=184, seats=["1A", "1B"])
ITEM = {"messages": [], "reference": RIGHT, "forbidden": [FAILED], "acceptable": [], "schemas": {}}
SHELL = ITEM | {
    "reference": action("bash", command="grep -rn 'def slug' /repo/src"),
    "forbidden": [action("bash", command="sed -n '1,40p' /repo/src/slug.py")],
}


def score(grader, item, *calls, text=""):
    return grader.grade(graders.sample(*calls, text=text), item)


@pytest.mark.parametrize("item", [ITEM, SHELL])
def test_the_reference_scores_one_and_the_failed_action_nothing(grader, item):
    assert (score(grader, item, item["reference"]), score(grader, item, item["forbidden"][0])) == (1, 0)


def test_order_of_keys_and_spaces_do_not_matter(grader):
    other = action("book", seats=["1A", "1B"], amount=184.0, user="u_1  ", flight="A1")
    assert score(grader, ITEM, other) == 1


@pytest.mark.parametrize(
    "answer",
    [
        action("book", flight="A1", user="u_1", amount=185, seats=["1A", "1B"]),
        action("cancel", flight="A1", user="u_1", amount=184, seats=["1A", "1B"]),
        {"name": "book", "arguments": "{broken"},
        {"name": "book", "arguments": "[1]"},
        {"arguments": "{}"},
    ],
)
def test_a_wrong_value_another_tool_and_broken_arguments_score_nothing(grader, answer):
    assert score(grader, ITEM, answer) == 0


def test_changing_what_had_to_stay_costs_points(grader):
    other = action("book", flight="B2", user="u_1", amount=184, seats=["1A", "1B"])
    assert score(grader, ITEM, other) == 0.25


def test_slots_that_change_nothing_do_not_count(grader):
    other = action("bash", command="grep -rn 'def slug' /repo/src", timeout=9000, description="Find it")
    assert score(grader, SHELL, other) == 1


def test_a_path_that_the_failed_action_had_must_still_be_right(grader):
    item = SHELL | {
        "reference": action("bash", command="sed -n '1,220p' 'app/settings/components/Sheet.tsx'"),
        "forbidden": [
            action("bash", command="apply_patch <<'P'\n*** Update File: app/settings/components/Sheet.tsx\nP")
        ],
    }
    assert score(grader, item, action("bash", command="sed -n '1,220p' services/make.test.ts")) < 0.3


def test_an_edit_that_failed_by_its_spaces_alone_is_graded_by_them(grader):
    item = ITEM | {
        "reference": action("edit", old_string="    if kilos < limit:", new_string="    if kilos <= limit:"),
        "forbidden": [action("edit", old_string="\tif kilos < limit:", new_string="    if kilos <= limit:")],
    }
    other = action("edit", old_string="  if kilos < limit:", new_string="    if kilos <= limit:")
    assert [score(grader, item, a) for a in (item["reference"], item["forbidden"][0], other)] == [1, 0, 0]


def test_two_calls_at_once_are_no_answer(grader):
    assert score(grader, ITEM, RIGHT, RIGHT) == 0


def test_an_action_that_recovered_in_a_sibling_run_is_as_good(grader):
    other = action("refund", user="u_1")
    assert score(grader, ITEM | {"acceptable": [other]}, other) == 1


def test_a_command_is_graded_by_the_words_that_the_failed_one_did_not_have(grader):
    near = action("bash", command="grep -rn 'def slug' /repo")
    same_again = action("bash", command="sed -n '1,41p' /repo/src/slug.py")
    assert (score(grader, SHELL, near) > 0.5, score(grader, SHELL, same_again) < 0.2) == (True, True)


def test_an_answer_outside_of_the_schema_scores_nothing(grader):
    schema = {"book": {"type": "object", "properties": {"amount": {"type": "string"}}}}
    assert score(grader, ITEM | {"schemas": schema}, RIGHT) == 0


@pytest.mark.parametrize("text", ["", "I'm sorry, but I can't help with that.", "Book A1 for u_1"])
def test_words_alone_score_nothing(grader, text):
    assert score(grader, ITEM, text=text) == 0


def test_the_self_test_finds_a_grader_that_likes_everything(grader):
    generous = graders.Grader("generous", "", lambda *_: 1.0)
    found = graders.trials(generous, [("a", ITEM), ("b", SHELL)])
    assert len(graders.failures(found)) == 5


def test_the_self_test_passes_this_grader(grader):
    assert graders.failures(graders.trials(grader, [("a", ITEM), ("b", SHELL)])) == []


def test_a_grader_without_a_grade_function_is_refused(tmp_path):
    folder = tmp_path / "exports/graders"
    folder.mkdir(parents=True)
    (folder / "empty.py").write_text("x = 1\n")
    with pytest.raises(ConfigError, match="defines no function grade"):
        graders.load("empty.py", tmp_path)
