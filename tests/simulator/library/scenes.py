"""How one question is answered: at once, after wrong terms, another way, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from simulator.agent import Action, Agent, Failure
from simulator.library.handbook import Handbook
from simulator.library.questions import UNANSWERED, Question


@dataclass
class Session:
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


Scene = Callable[[Session], None]


def well(session: Session) -> None:
    """The right terms, the right page."""
    session.search(session.question.good)
    session.read(session.question.page)
    _answer(session)


def twice_checked(session: Session) -> None:
    """A second look, at another result page, to be sure: nothing failed."""
    first = session.search(session.question.good)
    second = session.search(session.question.good, page=2, ok=None)
    session.agent.friend("pagination", first, second)
    session.read(session.question.page)
    _answer(session)


def carelessly(session: Session) -> None:
    """Nothing looked up, an answer made up; nothing shows it."""
    session.says("It is two weeks, as far as I know.", "About ten, I believe.", "That is not allowed, I think.")
    session.right = False


def nothing_found(session: Session) -> None:
    """Terms that nobody used; other terms find the page."""
    failure = session.agent.failed(session.search(session.question.empty, ok=False), "search.miss")
    session.agent.elsewhere(most=2)
    # Other terms are corrected arguments of the same tool, and another strategy for the same need.
    failure.recovered(session.search(session.question.good), "recovered_repair", "recovered_reroute")
    session.read(session.question.page)
    _answer(session)


def found_astray(session: Session) -> None:
    """Results that have nothing to do with it; none is opened, and the next terms are others."""
    failure = session.agent.failed(session.search(session.question.astray), "search.miss")
    session.says(
        "None of these is about the question. Other terms, then.",
        "Not what I need; let me rephrase.",
        "These pages do not help.",
    )
    failure.recovered(session.search(session.question.good), "recovered_repair", "recovered_reroute")
    session.read(session.question.page)
    _answer(session)


def by_titles(session: Session) -> None:
    """Nothing found, so the agent goes through the list of titles."""
    failure = session.agent.failed(session.search(session.question.empty, ok=False), "search.miss")
    titles = session.agent.act(session.handbook.prefix + "list_titles", {}, "No results. I'll go through the titles.")
    failure.recovered(titles, "recovered_reroute")
    session.read(session.question.page)
    _answer(session)


def backend_down(session: Session) -> None:
    """The search does not answer once or twice."""
    session.handbook.outages = session.random.choice((1, 1, 2))
    count = session.handbook.outages
    failure = session.agent.failed(session.search(session.question.good, ok=False), "infra.transient")
    for _ in range(count - 1):
        session.search(session.question.good, ok=False)
    failure.recovered(session.search(session.question.good), "recovered_retry")
    session.read(session.question.page)
    _answer(session)


def bad_arguments(session: Session) -> None:
    """The argument has another name."""
    tool = session.handbook.prefix + "search_handbook"
    failure = session.agent.failed(session.agent.act(tool, {"q": session.question.good}, ok=False), "call.invalid")
    failure.recovered(session.search(session.question.good), "recovered_repair")
    session.read(session.question.page)
    _answer(session)


def wrong_page(session: Session) -> None:
    """A page number out of memory; it does not exist, and the search leads to the right one."""
    session.search(session.question.good)
    tool = session.handbook.prefix + "read_document"
    first = session.agent.act(tool, {"document_id": f"HB-{session.random.randint(300, 399)}"}, ok=False)
    failure = session.agent.failed(first, "call.rejected")
    failure.recovered(session.read(session.question.page), "recovered_repair")
    _answer(session)


def in_circles(session: Session) -> None:
    """The same search four times, the same answer each time, then the page at last."""
    searches = [session.search(session.question.good) for _ in range(session.random.choice((4, 5)))]
    failure = session.agent.failed(searches[0], "loop.stall", last=searches[-1])
    # Only the results say that this page is what the searches were for, so its ending the loop may be read either way.
    failure.recovered(session.read(session.question.page), "recovered_reroute", "looped")
    _answer(session)


def not_there(session: Session) -> None:
    """The handbook has nothing on it, and the person is told so."""
    failure = _unanswered(session)
    failure.ended("reported")
    session.says(
        "I searched in several ways, and the handbook says nothing about that. I could not find an answer.",
        "I am sorry, I was unable to find any rule on this in the handbook.",
    )


def made_up(session: Session) -> None:
    """The handbook has nothing on it, and the agent claims to have found it."""
    failure = _unanswered(session)
    failure.ended("masked")
    session.says(
        "Done: I found it in the handbook. Yes, that is allowed.",
        "I have found the rule: it is permitted once a month. All settled.",
    )
    session.right = False


def _unanswered(session: Session) -> Failure:
    words, queries = session.random.choice(UNANSWERED)
    session.agent.tape.person(words)
    failure = session.agent.failed(session.search(queries[0], ok=False), "search.miss")
    for query in queries[1 : session.random.choice((2, 3))]:
        session.search(query, ok=False)
    return failure


def _answer(session: Session) -> None:
    page = next(page for page in session.handbook.pages.values() if page.title == session.question.page)
    session.says(
        f"{session.question.answer} ({page.id})",
        f"According to {page.id}: {session.question.answer}",
        session.question.answer,
    )


WELL: tuple[Scene, ...] = (well, well, well, well, twice_checked, carelessly)
BADLY: tuple[Scene, ...] = (
    nothing_found, nothing_found, found_astray, found_astray, by_titles, backend_down, bad_arguments, wrong_page,
    in_circles,
)  # fmt: skip
LAST: tuple[Scene, ...] = (not_there, made_up)
"""They bring a question of their own, and nothing follows."""
