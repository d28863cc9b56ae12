"""A row that a gate would refuse is a drop when it is made; a gate that fires all the same names row, rule and text."""

import json
import math
from dataclasses import replace

import pytest

from reroute import content, datasets
from reroute.errors import GateFailed, NothingToExport
from reroute.export import compose, dialects, export, gather, recipe
from reroute.export.candidates import MOST_TEXT, drop
from reroute.export.gates import expectations as gates
from reroute.export.gates import facts as checks
from reroute.export.gates import row_rules
from reroute.export.gates.row_rules import Checker
from reroute.export.graders import grader
from reroute.export.rows import acceptable, mask

PRICE = {"type": "function", "function": {"name": "get_price", "parameters": {"type": "object", "properties": {}}}}
BOOK = {"type": "function", "function": {"name": "book", "parameters": {"type": "object", "properties": {}}}}


def draft(project, name="recovery-sft", **changed):
    plan = recipe.load(name).model_copy(update=changed)
    return compose.compose(project, plan, gather.candidates(project))


def dropped(made) -> dict[str, tuple[str, str]]:
    return {one.candidate: (one.rule, one.reason) for one in made.drops}


def graded_by(project, *lines: str) -> None:
    folder = project.root / "exports/graders"
    folder.mkdir(parents=True)
    (folder / "action_match.py").write_text("\n    ".join(["def grade(sample, item):", *lines]) + "\n")


@pytest.mark.parametrize(
    ("tools", "found"),
    [
        ([PRICE, BOOK, BOOK], '2 tools have the name "book"'),
        (
            [PRICE, {"type": "function", "function": BOOK["function"] | {"parameters": "none"}}],
            'the parameters of the tool "book" are no object',
        ),
        ([PRICE, BOOK | {"function": BOOK["function"] | {"description": "\ud800"}}], "the line cannot be written as"),
        ([PRICE, BOOK | {"function": BOOK["function"] | {"parameters": {"most": 10**30}}}], "the line cannot be"),
    ],
)
def test_tools_that_no_provider_takes_cost_their_row_alone(world, tools, found):
    world.booked(1, facts={"tools": json.dumps(tools)})
    world.booked(2)
    made = draft(world.commit())
    rule, reason = dropped(made)["e0001"]
    assert (rule, reason[: len(found)], [line.row.candidate.id for line in made.lines]) == (
        "invalid_line", found, ["e0002"],
    )  # fmt: skip


def test_a_prompt_that_ends_with_the_agents_own_words_is_a_drop_that_quotes_them(world, talk):
    talk.says("user", "Book HAT001 for 7, please.")
    onset = talk.calls("book", "Error: no", flight="HAT001", amount=100)
    talk.says("assistant", "Let me\nsee <b>now</b>.")
    recovery = talk.calls("book", "booked", flight="HAT001", amount=7)
    world.episode(world.run("run0001", talk.done(), "task-1"), "e0001", onset, recovery)
    world.booked(2)
    made = draft(world.commit(), "recovery-rft")
    assert dropped(made) == {
        "e0001": (
            "invalid_line",
            'the prompt ends with assistant; openai wants tool or user: "Let me see <b>now</b>."',
        )
    }


def test_a_reference_outside_of_its_schema_is_a_drop(world):
    wrong = BOOK["function"] | {"parameters": {"type": "object", "properties": {"amount": {"type": "string"}}}}
    world.booked(1, facts={"tools": json.dumps([PRICE, BOOK | {"function": wrong}])})
    world.booked(2)
    rule, reason = dropped(draft(world.commit(), "recovery-rft"))["e0001"]
    assert (rule, reason.split(":")[0]) == ("reference_refused", "the reference scores 0.00 where it must score 1")
    assert '"book {' in reason


@pytest.mark.parametrize(
    ("lines", "rule", "words"),
    [
        (["if mine: raise KeyError('x')"], "reference_refused", "(KeyError: 'x')"),
        (["if mine: return float('nan')"], "reference_refused", "scores nan"),
        (["if mine: return None"], "reference_refused", "TypeError"),
        (["if mine and not sample['output_tools']: return 0.5"], "wrong_answer_scores", "`empty` scores 0.50"),
        (["if mine and '100' in str(sample): return 0.1"], "wrong_answer_scores", "a failed action scores 0.10"),
    ],
)
def test_a_grader_that_is_wrong_on_one_row_costs_that_row_alone(world, lines, rule, words):
    for n in (1, 2):
        world.booked(n)
    project = world.commit()
    right = "return float([c['function'] for c in sample['output_tools']] == [item['reference']])"
    graded_by(project, "mine = 'HAT001' in item['reference']['arguments']", *lines, right)
    made = draft(project, "recovery-rft")
    assert [line.row.candidate.id for line in made.lines] == ["e0002"]
    assert dropped(made)["e0001"][0] == rule
    assert words in dropped(made)["e0001"][1]


def test_a_grader_that_takes_another_tool_for_the_right_one_costs_no_dataset(world):
    world.booked(1)
    world.booked(2)
    world.items[1].steps[7].tool = world.items[1].steps[2].tool = "book_now"
    project = world.commit()
    graded_by(project, "call = [c['function'] for c in sample['output_tools']]",
              "if not call or call[0] in item['forbidden']: return 0.0",
              "return 1.0 if call == [item['reference']] else 0.4")  # fmt: skip
    made = draft(project, "recovery-rft")
    assert [one.rule for one in made.drops] == ["reference_not_distinct"]
    assert checks.refused(made) == []


def test_a_grader_that_is_wrong_on_every_row_is_no_dataset_and_says_why(bookings):
    graded_by(bookings, "return 0.25")
    with pytest.raises(NothingToExport, match=r"reference_refused 40.* scores 0\.25 where it must score 1"):
        export(bookings, "recovery-rft")


def test_a_call_of_a_persons_recovers_nothing(world):
    world.booked(1)
    world.booked(2)
    world.items[0].steps[7].role = "user"
    assert dropped(draft(world.commit()))["e0001"][0] == "no_recovering_call"


def test_a_number_that_python_refuses_costs_no_export(world):
    world.booked(1)
    world.booked(2)
    world.items[0].steps[7].arguments = '{"amount": ' + "9" * 5000 + "}"
    made = draft(world.commit(), "recovery-rft")
    assert (dropped(made)["e0001"][0], len(made.lines)) == ("no_arguments", 1)


def test_a_row_that_cannot_be_made_is_a_drop_that_says_where(world, monkeypatch):
    world.booked(1)
    world.booked(2)
    project, masked = world.commit(), mask.masked

    def broken(shown, lane, recovery, acts):
        if recovery.episode_id == "e0001":
            raise LookupError("nobody\nforesaw this")
        return masked(shown, lane, recovery, acts)

    monkeypatch.setattr(mask, "masked", broken)
    made = draft(project)
    assert [line.row.candidate.id for line in made.lines] == ["e0002"]
    rule, reason = dropped(made)["e0001"]
    assert (rule, reason.startswith("making the row raised LookupError in test_row_rules.py, line")) == (
        "not_made",
        True,
    )
    assert reason.endswith(": nobody foresaw this")


def test_a_repeat_of_the_failed_call_is_context_however_it_is_written(world, talk):
    talk.says("user", "Book HAT001 for 7, please.")
    onset = talk.calls("book", "Error: no", flight="HAT001", amount=100)
    talk.calls("get_price", '{"price": 7}', flight="HAT001")
    again = talk.calls("book", '{"state": "open"}', amount=100, flight="HAT001")
    recovery = talk.calls("book", '{"state": "booked"}', flight="HAT001", amount=7)
    talk.steps[again].arguments = json.dumps(json.loads(talk.steps[again].arguments), indent=1)
    world.episode(world.run("run0001", talk.done(), "task-1"), "e0001", onset, recovery)
    (line,) = draft(world.commit()).lines
    assert [m.weight for m in line.row.messages if m.role == "assistant"] == [0, 1, 0, 1]


def broken_rows(made):
    """A draft whose rows each break another rule, as if nothing had checked them; the rules in order of rows."""
    first, *lines = made.lines
    call = {"role": "assistant", "content": "a <|endoftext|> b", "weight": 1}
    run, recovery = first.row.candidate.run, first.row.candidate.recovery
    breaks = {
        "no_trajectory": lambda x: replace(x, row=of(x, run=replace(run, trajectory_id=""))),
        "special_token": lambda x: replace(x, data=x.data | {"messages": [*x.data["messages"], call]}),
        "too_long": lambda x: replace(x, row=replace(x.row, tokens=0)),
        "tier_not_taken": lambda x: replace(x, row=of(x, recovery=replace(recovery, tier="C"))),
        "nothing_trained": lambda x: replace(
            x, row=replace(x.row, messages=tuple(replace(m, weight=None) for m in x.row.messages))
        ),
        "invalid_line": lambda x: replace(x, data=x.data | {"messages": []}),
        "reference_refused": lambda x: replace(x, data=x.data | {"schemas": {"book": {"required": ["x"]}}}),
        "wrong_answer_scores": lambda x: replace(
            x, data=x.data | {"forbidden": [{"name": "book", "arguments": '{"b": 2}'}], "reference": liked(x)}
        ),
        "repeated_id": lambda x: replace(x, row=first.row),
        "duplicate": lambda x: replace(x, data=first.data),
    }  # fmt: skip
    rules = [rule for rule in breaks if rule in row_rules.titles(made.recipe.method)]
    changed = [breaks[rule](line) for rule, line in zip(rules, lines, strict=False)]
    return rules, replace(made, lines=(first, *changed, *lines[len(changed) :]))


def of(line, **changed):
    return replace(line.row, candidate=replace(line.row.candidate, **changed))


def liked(line):
    """The row's reference, marked so that a grader can be wrong on it."""
    reference = line.data["reference"]
    return reference | {"arguments": json.dumps(json.loads(reference["arguments"]) | {"liked": True})}


@pytest.mark.parametrize("name", ["recovery-sft", "recovery-rft"])
def test_every_rule_of_a_row_has_a_gate_that_fires_and_names_the_row(bookings, name):
    made = draft(bookings, name)
    if made.grader:
        grade = made.grader.grade
        kind = lambda sample, item: max(grade(sample, item), 0.2 * ("liked" in str(item["reference"])))  # noqa: E731
        made = replace(made, grader=replace(made.grader, grade=kind))
    rules, broken = broken_rows(made)
    found = checks.refused(broken)
    verdict = gates.check("test", checks.frames(broken, found), checks.expectations(broken), found)
    of_rows = {one.row_id: one.rule for one in reversed(found)}
    named = [
        of_rows[line.row.row_id] for line in broken.lines[1 : 1 + len(rules)] if line.row is not broken.lines[0].row
    ]
    assert named == [rule for rule in rules if rule != "repeated_id"]
    assert {one.rule for one in found} == set(rules)
    titles = [text.rsplit(" (rows.", 1)[0] for text in verdict.failed]
    assert set(row_rules.titles(made.recipe.method).values()) <= set(titles)
    assert all(len(one.text) <= MOST_TEXT and "\n" not in one.text for one in found)


def test_what_making_lets_through_is_what_no_gate_refuses(bookings):
    for name in ("recovery-sft", "recovery-rft"):
        made = draft(bookings, name)
        assert (len(made.lines) > 30, checks.refused(made)) == (True, [])


def test_a_row_smuggled_past_the_check_is_named_in_terminal_page_and_manifest(world, monkeypatch):
    bad = "<script>go($x, 'a&b')</script>\x1b[1m <|endoftext|>"
    for n in range(8):
        world.booked(n)
    world.items[0].steps[3].content = bad
    project = world.commit()
    monkeypatch.setattr(Checker, "checked", lambda _, row: row)
    with pytest.raises(GateFailed) as raised:
        export(project, "recovery-sft")
    (failed,) = (project.datasets / "recovery-sft").glob("*.failed")
    (row,) = json.loads((failed / "manifest.json").read_bytes())["gates"]["rows"]
    around = "<script>go($x, 'a&b')</script> <|endoftext|>"
    shown = f'<|endoftext|>, which makes a provider refuse the file, in "{around}"'
    lineage = {r.row_id: r.trajectory_id for r in datasets.read(failed).manifest.rows}
    assert (lineage[row["row_id"]], row["rule"], row["text"]) == ("run0000", "special_token", shown)
    assert f"row {row['row_id']}, special_token: {shown}" in str(raised.value)
    page = (failed / "gates.html").read_text("utf-8")
    assert "&lt;script&gt;go($x, &#x27;a&amp;b&#x27;)" in page
    assert "<script>go" not in page
    assert row["row_id"] in page


def test_a_row_that_siblings_make_wrong_is_a_drop(world, monkeypatch):
    world.booked(1)
    world.booked(2)
    project = world.commit()
    spoiled = lambda rows: [replace(row, tokens=0) if row.candidate.id == "e0001" else row for row in rows]  # noqa: E731
    monkeypatch.setattr(acceptable, "with_siblings", spoiled)
    made = draft(project, "recovery-rft")
    assert ([line.row.candidate.id for line in made.lines], dropped(made)["e0001"][0]) == (["e0002"], "too_long")


def test_every_rule_of_a_row_is_explained():
    text = content.find("exports/README.md").read_text("utf-8")
    assert [rule for rule in (*row_rules.RULES, "not_made") if f"`{rule}`" not in text] == []


def test_two_equal_lines_of_different_runs_are_one_row(rows):
    from reroute.export.selection import duplicates

    one, other = rows(1), rows(2)
    other = replace(other, messages=one.messages)
    unique, drops = duplicates.without_duplicates([one, other], 1.0, dialects.named("openai"))
    assert (unique, drops) == ([one], [drop(other.candidate, "duplicate", "the same line as e0001")])


def test_a_trial_with_a_score_that_is_no_number_is_wrong():
    assert grader.failures([grader.Trial("other", 3, math.nan, math.nan)]) != []
