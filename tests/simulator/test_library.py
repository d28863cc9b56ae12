"""Right terms find the page, wrong ones nothing or other pages."""

from __future__ import annotations

import pytest

from simulator.library.handbook import Handbook
from simulator.library.questions import QUESTIONS, UNANSWERED, Question


def titles(query: str) -> list[str]:
    return [page.title for page in Handbook().found(query)]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.page)
def test_right_terms_find_the_page_first(question: Question) -> None:
    assert titles(question.good)[0] == question.page


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.page)
def test_wrong_terms_find_nothing_or_other_pages(question: Question) -> None:
    assert not titles(question.empty)
    assert question.page not in titles(question.astray) != []


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.page)
def test_the_answer_stands_on_the_page(question: Question) -> None:
    assert question.fact in next(page.text for page in Handbook().pages.values() if page.title == question.page)


@pytest.mark.parametrize("queries", [queries for _, queries in UNANSWERED])
def test_some_questions_have_no_answer(queries: tuple[str, ...]) -> None:
    assert not [query for query in queries if titles(query)]
