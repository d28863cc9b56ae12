import pytest

from .handmade import actions_of

RESULT = "1. Razorbills breed on the cliffs, says the warden, https://birds.example/tarn"
SEARCH = {"tool": "web_search", "arguments": {"query": "nests fix cliffs"}, "shows": RESULT}


def used(entries, names=("opened", "echoes", "answered", "task_words")):
    action = actions_of(entries)[0]
    return tuple(action[name] for name in names)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ([], (False, 0, None)),
        ([{"say": "I do not know."}], (False, 0, 0)),
        ([{"say": "Razorbills, says the warden."}], (False, 3, 3)),
        ([{"tool": "visit_url", "arguments": {"url": "https://birds.example/tarn"}, "shows": "x"}], (True, 3, None)),
        ([{"say": "See https://birds.example/tarn?page=2"}], (True, 3, 3)),
        ([{"say": "No."}, {"role": "user", "say": "Else?"}, {"say": "Razorbills, warden."}], (False, 0, 0)),
        ([{"tool": "web_search", "arguments": {"query": "razorbills warden"}, "shows": "x y z"}], (False, 2, None)),
    ],
)
def test_a_result_is_used_where_it_is_opened_said_or_asked_for(after, expected):
    assert used([SEARCH, *after], ("opened", "echoes", "answered")) == expected


@pytest.mark.parametrize("shows", ["", "https://birds.example/a\nhttps://birds.example/b"])
def test_of_what_a_source_does_not_show_nothing_is_counted(shows):
    assert used([{**SEARCH, "shows": shows}, {"say": "Razorbills."}], ("echoes", "answered")) == (None, None)


def test_words_of_the_task_are_counted_in_the_query():
    assert used([SEARCH], ("task_words",)) == (1,)  # "Please fix it."


def test_only_searches_in_words_are_counted():
    entry = {"tool": "search_rooms", "arguments": {"date": "2025-03-03"}, "shows": RESULT}
    assert used([entry]) == (None, None, None, None)
