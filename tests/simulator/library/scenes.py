"""How one question is answered: at once, after wrong terms, another way, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from simulator.agent import Action, Agent, Failure
from simulator.library.handbook import Handbook
from simulator.library.questions import UNANSWERED, Question


@dataclass
class Desk:
    """The agent, the handbook, the question at hand. ``right``: every answer so far was true."""

    agent: Agent
    handbook: Handbook
    random: Random
    question: Question
    right: bool = True

    def search(self, query: str, *, ok: bool | None = True, **more: object) -> Action:
        announce = self.random.choice((None, None, f"Searching the handbook for {query}.", f"Let me look for {query}."))
        return self.agent.act(self.handbook.prefix + "search_handbook", {"query": query, **more}, announce, ok=ok)

    def read(self, title: str) -> Action:
        page = next(page for page in self.handbook.pages.values() if page.title == title)
        return self.agent.act(self.handbook.prefix + "read_document", {"document_id": page.id})

    def says(self, *wordings: str) -> None:
        self.agent.tape.says(self.random.choice(wordings))


Scene = Callable[[Desk], None]


def well(desk: Desk) -> None:
    """The right terms, the right page."""
    desk.search(desk.question.good)
    desk.read(desk.question.page)
    _answer(desk)


def twice_checked(desk: Desk) -> None:
    """A second look, at another result page, to be sure: nothing failed."""
    first = desk.search(desk.question.good)
    second = desk.search(desk.question.good, page=2, ok=None)
    desk.agent.friend("pagination", first, second)
    desk.read(desk.question.page)
    _answer(desk)


def carelessly(desk: Desk) -> None:
    """Nothing looked up, an answer made up; nothing shows it."""
    desk.says("It is two weeks, as far as I know.", "About ten, I believe.", "That is not allowed, I think.")
    desk.right = False


def nothing_found(desk: Desk) -> None:
    """Terms that nobody used; other terms find the page."""
    failure = desk.agent.failed(desk.search(desk.question.empty, ok=False), "search.miss")
    desk.agent.elsewhere(most=2)
    # Other terms are corrected arguments of the same tool, and another strategy for the same need.
    failure.recovered(desk.search(desk.question.good), "recovered_repair", "recovered_reroute")
    desk.read(desk.question.page)
    _answer(desk)


def found_astray(desk: Desk) -> None:
    """Results that have nothing to do with it; none is opened, and the next terms are others."""
    failure = desk.agent.failed(desk.search(desk.question.astray), "search.miss")
    desk.says(
        "None of these is about the question. Other terms, then.",
        "Not what I need; let me rephrase.",
        "These pages do not help.",
    )
    failure.recovered(desk.search(desk.question.good), "recovered_repair", "recovered_reroute")
    desk.read(desk.question.page)
    _answer(desk)


def by_titles(desk: Desk) -> None:
    """Nothing found, so the agent goes through the list of titles."""
    failure = desk.agent.failed(desk.search(desk.question.empty, ok=False), "search.miss")
    titles = desk.agent.act(desk.handbook.prefix + "list_titles", {}, "No results. I'll go through the titles.")
    failure.recovered(titles, "recovered_reroute")
    desk.read(desk.question.page)
    _answer(desk)


def backend_down(desk: Desk) -> None:
    """The search does not answer once or twice."""
    desk.handbook.outages = desk.random.choice((1, 1, 2))
    count = desk.handbook.outages
    failure = desk.agent.failed(desk.search(desk.question.good, ok=False), "infra.transient")
    for _ in range(count - 1):
        desk.search(desk.question.good, ok=False)
    failure.recovered(desk.search(desk.question.good), "recovered_retry")
    desk.read(desk.question.page)
    _answer(desk)


def bad_arguments(desk: Desk) -> None:
    """The argument has another name."""
    tool = desk.handbook.prefix + "search_handbook"
    failure = desk.agent.failed(desk.agent.act(tool, {"q": desk.question.good}, ok=False), "call.invalid")
    failure.recovered(desk.search(desk.question.good), "recovered_repair")
    desk.read(desk.question.page)
    _answer(desk)


def wrong_page(desk: Desk) -> None:
    """A page number out of memory; it does not exist, and the search leads to the right one."""
    desk.search(desk.question.good)
    tool = desk.handbook.prefix + "read_document"
    first = desk.agent.act(tool, {"document_id": f"HB-{desk.random.randint(300, 399)}"}, ok=False)
    failure = desk.agent.failed(first, "call.rejected")
    failure.recovered(desk.read(desk.question.page), "recovered_repair")
    _answer(desk)


def in_circles(desk: Desk) -> None:
    """The same search four times, the same answer each time, then the page at last."""
    searches = [desk.search(desk.question.good) for _ in range(desk.random.choice((4, 5)))]
    failure = desk.agent.failed(searches[0], "loop.stall", last=searches[-1])
    # Only the results say that this page is what the searches were for, so its ending the loop may be read either way.
    failure.recovered(desk.read(desk.question.page), "recovered_reroute", "looped")
    _answer(desk)


def not_there(desk: Desk) -> None:
    """The handbook has nothing on it, and the person is told so."""
    failure = _unanswered(desk)
    failure.ended("reported")
    desk.says(
        "I searched in several ways, and the handbook says nothing about that. I could not find an answer.",
        "I am sorry, I was unable to find any rule on this in the handbook.",
    )


def made_up(desk: Desk) -> None:
    """The handbook has nothing on it, and the agent claims to have found it."""
    failure = _unanswered(desk)
    failure.ended("masked")
    desk.says(
        "Done: I found it in the handbook. Yes, that is allowed.",
        "I have found the rule: it is permitted once a month. All settled.",
    )
    desk.right = False


def _unanswered(desk: Desk) -> Failure:
    words, queries = desk.random.choice(UNANSWERED)
    desk.agent.tape.person(words)
    failure = desk.agent.failed(desk.search(queries[0], ok=False), "search.miss")
    for query in queries[1 : desk.random.choice((2, 3))]:
        desk.search(query, ok=False)
    return failure


def _answer(desk: Desk) -> None:
    page = next(page for page in desk.handbook.pages.values() if page.title == desk.question.page)
    desk.says(
        f"{desk.question.answer} ({page.id})", f"According to {page.id}: {desk.question.answer}", desk.question.answer
    )


WELL: tuple[Scene, ...] = (well, well, well, well, twice_checked, carelessly)
BADLY: tuple[Scene, ...] = (
    nothing_found, nothing_found, found_astray, found_astray, by_titles, backend_down, bad_arguments, wrong_page,
    in_circles,
)  # fmt: skip
LAST: tuple[Scene, ...] = (not_there, made_up)
"""They bring a question of their own, and nothing follows."""
