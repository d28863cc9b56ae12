"""One session with the handbook: a person asks, the agent searches."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from simulator.agent import Agent
from simulator.chance import Chance
from simulator.library import scenes
from simulator.library.handbook import Handbook
from simulator.library.questions import QUESTIONS, Question
from simulator.library.scenes import Desk
from simulator.tape import Tape

_LIMIT_SHARE = 0.05


def play(random: Random, tape: Tape, format_name: str) -> Desk:
    """Play a run onto ``tape``; the desk as it was left."""
    server = format_name != "openai-chat"
    handbook = Handbook(prefix="mcp__handbook__" if server else "")
    agent = Agent(random, tape, handbook, "toolu_01" if server else "call_")
    questions = random.sample(QUESTIONS, random.choice((2, 3, 3)))
    desk = Desk(agent, handbook, random, questions[0])
    agent.detours = _detours(desk, {question.page for question in questions})
    if not server:
        tape.system("You answer questions about the handbook. Search it; cite the page. Say so when it has no answer.")
    _session(desk, questions, Chance(random))
    return desk


def _session(desk: Desk, questions: list[Question], chance: Chance) -> None:
    for number, question in enumerate(questions):
        desk.question = question
        desk.agent.tape.person(question.words if number == 0 else desk.random.choice(_MORE) + question.words)
        desk.random.choice(scenes.BADLY if chance.strikes() else scenes.WELL)(desk)
    if chance.strikes():
        desk.random.choice(scenes.LAST)(desk)
    elif desk.random.random() < _LIMIT_SHARE:
        desk.agent.tape.person("One last thing: please summarise the whole handbook for my new colleague.")
        desk.agent.act(desk.handbook.prefix + "list_titles", {})
        desk.agent.tape.event("finish_reason: length")
        desk.agent.failed(desk.agent.last(), "limit.hit").ended("ended")
        desk.right = False


def _detours(desk: Desk, asked: set[str]) -> list[Callable[[], object]]:
    """Pages that have nothing to do with the questions, each opened once."""
    titles = [page.title for page in desk.handbook.pages.values() if page.title not in asked]
    desk.random.shuffle(titles)
    turns = iter(titles)
    return [lambda: desk.read(next(turns))]


_MORE = ("Thanks. And another thing: ", "Good. ", "Next question. ", "While you are there: ", "")
