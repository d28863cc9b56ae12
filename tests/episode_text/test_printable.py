"""Text from traces on its way to people."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reroute.safe_text import clean, excerpt, one_line

ACTED_ON = {chr(c) for c in [*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)]} - {"\n"}


def test_colours_titles_and_cursor_moves_are_taken_out_whole() -> None:
    text = "\x1b[31mred\x1b[0m \x1b]0;evil title\x07and \x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\ \x1b[2J\x1bcdone\x9b1m"
    assert clean(text) == "red and link done"


def test_carriage_returns_become_lines_and_tabs_spaces() -> None:
    assert clean("a\r\nb\rc\td") == "a\nb\nc    d"


def test_direction_overrides_cannot_turn_text_around() -> None:
    assert clean("user\u202eexe.txt\u2066") == "userexe.txt"


def test_a_lone_surrogate_can_be_printed() -> None:
    clean("\ud800 x").encode("utf-8")


@given(st.text(alphabet=st.characters(codec="utf-8") | st.sampled_from("\x1b[];\x07\x9bm\r")))
def test_nothing_that_a_terminal_acts_on_is_left(text: str) -> None:
    assert not ACTED_ON & set(clean(text))


def test_one_line_is_never_longer_than_its_limit() -> None:
    assert one_line("word " * 100, 20) == "word word word word…"


@given(st.text(alphabet="abc\n", max_size=3000), st.integers(0, 3000), st.integers(0, 300))
def test_pieces_put_together_are_the_whole_text(text: str, start: int, length: int) -> None:
    assert "".join(piece.text for piece in excerpt(text, [(start, start + length)])) == text


def test_evidence_deep_in_a_long_text_is_shown_with_its_surroundings() -> None:
    text = "a" * 5000 + "THE ERROR" + "b" * 5000
    pieces = excerpt(text, [(5000, 5009)], head=600, around=100)
    assert [(piece.look, len(piece.text)) for piece in pieces] == [
        ("plain", 600), ("gap", 4300), ("plain", 100), ("evidence", 9), ("plain", 100), ("gap", 4900),
    ]  # fmt: skip


def test_two_spans_that_overlap_are_marked_once() -> None:
    marked = [piece.text for piece in excerpt("one two three", [(0, 7), (4, 13)]) if piece.look == "evidence"]
    assert marked == ["one two three"]
