"""One session with the handbook: a person asks, the agent searches."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from simulator.agent import Agent
from simulator.chance import Chance
from simulator.library import scenes
from simulator.library.handbook import Handbook
from simulator.library.questions import QUESTIONS, Question
from simulator.library.scenes import Session
from simulator.tape import Tape

_LIMIT_SHARE = 0.05


def play(random: Random, tape: Tape, format_name: str) -> Session:
    """Play a run onto ``tape``; returns the session as it ended."""
    server = format_name != "openai-chat"
    handbook = Handbook(prefix="mcp__handbook__" if server else "")
    agent = Agent(random, tape, handbook, "toolu_01" if server else "call_")
    questions = random.sample(QUESTIONS, random.choice((2, 3, 3)))
    session = Session(agent, handbook, random, questions[0])
    agent.detours = _detours(session, {question.page for question in questions})
    if not server:
        tape.system("You answer questions about the handbook. Search it; cite the page. Say so when it has no answer.")
    _converse(session, questions, Chance(random))
    return session


def _converse(session: Session, questions: list[Question], chance: Chance) -> None:
    for number, question in enumerate(questions):
        session.question = question
        session.agent.tape.person(question.words if number == 0 else session.random.choice(_MORE) + question.words)
        session.random.choice(scenes.BADLY if chance.strikes() else scenes.WELL)(session)
    if chance.strikes():
        session.random.choice(scenes.LAST)(session)
    elif session.random.random() < _LIMIT_SHARE:
        session.agent.tape.person("One last thing: please summarise the whole handbook for my new colleague.")
        session.agent.act(session.handbook.prefix + "list_titles", {})
        session.agent.tape.event("finish_reason: length")
        session.agent.failed(session.agent.last(), "limit.hit").ended("ended")
        session.right = False


def _detours(session: Session, asked: set[str]) -> list[Callable[[], object]]:
    """Pages that have nothing to do with the questions, each opened once."""
    titles = [page.title for page in session.handbook.pages.values() if page.title not in asked]
    session.random.shuffle(titles)
    turns = iter(titles)
    return [lambda: session.read(next(turns))]


_MORE = ("Thanks. And another thing: ", "Good. ", "Next question. ", "While you are there: ", "")
