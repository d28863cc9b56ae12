"""The questions, the screen that asks them and the rubric that explains them say the same."""

from __future__ import annotations

import csv
import tomllib
from pathlib import Path

import pytest

from reroute import content
from reroute.errors import ConfigError
from reroute.review.questions import differences, questions, screen

XML = content.find("labeling/episode.xml").read_text("utf-8")


def test_the_screen_asks_exactly_the_questions() -> None:
    assert differences(XML, questions()) == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('alias="looped"', 'alias="circling"', "choices circling, looped differ"),
        ('value="Keep"', 'value="Retain"', "choices keep differ"),
        ('hotkey="y"', 'hotkey="j"', "choices yes differ"),
        ('name="keep"', 'name="keep-it"', "does not ask 'keep'"),
        ('whenTagName="failure"', 'whenTagName="keep"', "condition"),
        ("<View>", "<Vie>", "not XML"),
        (' required="true" requiredMessage="Say how it ended"', "", "'outcome': required differs"),
    ],
)
def test_a_screen_that_asks_something_else_is_found_out(old: str, new: str, message: str) -> None:
    assert message in "; ".join(differences(XML.replace(old, new, 1), questions()))


def test_a_project_with_its_own_screen_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "labeling").mkdir()
    (tmp_path / "labeling/episode.xml").write_text("<View/>")
    with pytest.raises(ConfigError, match=r"does not ask what .*questions\.toml says"):
        screen(tmp_path)


def test_questions_with_an_unknown_key_are_refused(tmp_path: Path) -> None:
    (tmp_path / "labeling").mkdir()
    text = 'format = "reroute.questions"\nformat_version = 1\nquestion = []\n'
    (tmp_path / "labeling/questions.toml").write_text(text)
    with pytest.raises(ConfigError, match="question"):
        questions(tmp_path)


def test_an_answer_is_known_by_its_value_and_by_its_label() -> None:
    outcome = next(question for question in questions() if question.name == "outcome")
    assert outcome.answer("recovered_fix") == outcome.answer("Recovered: something was changed, then the same worked")
    assert outcome.answer("great") is None


def test_the_rubric_explains_every_outcome_that_can_be_answered() -> None:
    rubric = content.find("labeling/rubric.md").read_text("utf-8")
    missing = [c.value for question in questions() for c in question.choices if f"{c.value}" not in rubric.lower()]
    assert missing == []


def test_the_rules_of_trust_use_only_known_words() -> None:
    trust = tomllib.loads(content.find("labeling/trust.toml").read_text("utf-8"))
    risks = {"read", "write", "external", "irreversible", "secret"}
    assert {rule["who"] for rule in trust["rules"]} <= {"human", "agent", "tool"}
    assert {rule["may"] for rule in trust["rules"]} <= {"free", "ask", "never"}
    assert {risk for rule in trust["rules"] for risk in rule["risk"]} == risks
    with content.find("sql/lexicons/risks.csv").open(encoding="utf-8", newline="") as file:
        assert {row["risk"] for row in csv.DictReader(file)} <= risks
