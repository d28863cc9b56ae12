"""The questions that people are asked: ``labeling/questions.toml``, and whether ``labeling/episode.xml`` asks them."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path

import msgspec

from reroute import content
from reroute.errors import ConfigError

FILE = "labeling/questions.toml"
SCREEN = "labeling/episode.xml"


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One answer that can be given."""

    value: str
    label: str
    meaning: str
    hotkey: str | None = None


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One question and its answers."""

    name: str
    title: str
    required: bool
    choices: tuple[Choice, ...]
    asked_when: dict[str, str] = {}
    """Answers to other questions, by question, under which this one is asked."""

    def answer(self, given: str) -> str | None:
        """The stored value of what was chosen, by its value or by its label; None where there is no such answer."""
        return next((choice.value for choice in self.choices if given in {choice.value, choice.label}), None)

    def asked(self, answers: dict[str, str]) -> bool:
        """Whether somebody who gave ``answers`` saw this question."""
        return all(answers.get(name) == value for name, value in self.asked_when.items())


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: str
    format_version: int
    questions: tuple[Question, ...]


def questions(root: Path | None = None) -> tuple[Question, ...]:
    """Every question in order; the project's own ``labeling/questions.toml`` wins over the shipped one.

    Raises ConfigError where the file is not what it should be.
    """
    path = content.find(FILE, root)
    try:
        read = msgspec.toml.decode(path.read_bytes(), type=_File)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"Reading the questions in {path}: {error}.") from error
    if (read.format, read.format_version) != ("reroute.questions", 1):
        raise ConfigError(f"Reading {path}: expected format reroute.questions version 1, found {read.format!r}.")
    return read.questions


def screen(root: Path | None = None) -> str:
    """The Label Studio configuration of the episode screen, checked against the questions.

    Raises ConfigError that names every difference.
    """
    path = content.find(SCREEN, root)
    text = path.read_text("utf-8")
    if problems := differences(text, questions(root)):
        raise ConfigError(f"{path} does not ask what {content.find(FILE, root)} says: " + "; ".join(problems) + ".")
    return text


def differences(xml: str, asked: Sequence[Question]) -> list[str]:
    """How a Label Studio configuration differs from the questions; empty where it asks them exactly."""
    try:
        root = ET.fromstring(xml)  # noqa: S314 the operator's own file, no trace
    except ET.ParseError as error:
        return [f"it is not XML ({error})"]
    controls = {node.get("name", ""): node for node in root.iter("Choices")}
    problems = [f"it also asks {name!r}" for name in sorted(controls.keys() - {q.name for q in asked})]
    parents = {child: parent for parent in root.iter() for child in parent}
    for question in asked:
        node = controls.get(question.name)
        if node is None:
            problems.append(f"it does not ask {question.name!r}")
        else:
            problems.extend(f"{question.name!r}: {why}" for why in _differs(node, question, parents))
    return problems


def _differs(node: ET.Element, question: Question, parents: dict[ET.Element, ET.Element]) -> list[str]:
    """How one control differs from its question.

    What has to be answered for a control to be shown is said by ``visibleWhen`` on it or around it.
    """
    shown = {str(c.get("alias") or c.get("value")): (c.get("value"), c.get("hotkey")) for c in node.iter("Choice")}
    wanted = {choice.value: (choice.label, choice.hotkey) for choice in question.choices}
    problems = []
    if shown != wanted:
        differing = sorted(str(key) for key in shown.keys() | wanted.keys() if shown.get(key) != wanted.get(key))
        problems.append(f"the choices {', '.join(differing)} differ")
    if (node.get("required") == "true") != question.required:
        problems.append("required differs")
    condition: dict[str, str] = {}
    at: ET.Element | None = node
    while at is not None:
        if at.get("visibleWhen") == "choice-selected":
            condition[at.get("whenTagName", "")] = at.get("whenChoiceValue", "").split(",")[0]
        at = parents.get(at)
    if condition != question.asked_when:
        problems.append("the condition under which it is shown differs")
    return problems
