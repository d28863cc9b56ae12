import pytest

from reroute.tag.features.pages import read
from reroute.tag.features.rules import load

from .handmade import actions_of

SHOT = "Here is a screenshot of [{title}]({url}). The viewport shows 40% of the webpage, and is positioned {place}.\n"
METADATA = "The following metadata was extracted from the webpage:\n\n{metadata}\n\n"
SEEN = "Automatic OCR of the page screenshot has detected the following text:\n\n{text}"
URL = "https://mill.example/tours"


def shot(text, *, title="Mill tours", metadata="{}", place="at the top of the page", url=URL):
    parts = {"title": title, "metadata": metadata, "place": place, "text": text, "url": url}
    return (SHOT + METADATA + SEEN).format(**parts)


def visit(shows, tool="visit_url", **stated):
    return {"tool": tool, "arguments": {"url": URL}, "shows": shows, **stated}


def click(element, shows):
    return {"tool": "click", "arguments": {"element": element}, "shows": shows}


@pytest.mark.parametrize(
    ("shows", "page", "title"),
    [
        (shot("Tours daily at ten and at noon"), URL, "Mill tours"),
        (f"RootWebArea 'Mill tours', focused, url='{URL}'\n  [1] link 'Book'", URL, "Mill tours"),
        ("RootWebArea \"The miller's tours\"\n  [1] link 'Book'", "The miller's tours", "The miller's tours"),
        (f"### Page state\n- Page URL: {URL}\n- Page Title: Mill tours\n- Page Snapshot:\n", URL, "Mill tours"),
        (f"Address: {URL}\nTitle: Mill tours\nViewport position: Showing page 1 of 3.\n", URL, "Mill tours"),
        ("Tours daily at ten.", None, None),
        (shot("<Image>"), None, None),
    ],
)
def test_address_and_title_are_read_off_what_a_result_shows(shows, page, title):
    assert read(shows, load())[:2] == (page, title)


def test_text_behind_more_metadata_than_an_observation_holds_is_read():
    action = actions_of([visit(shot("Page not found", title="", metadata='{"a": "b"}\n' * 900))])[0]
    assert [s["signal"] for s in action["signals"]] == ["dead_page"]


def test_a_span_behind_metadata_is_counted_in_the_characters_of_the_result():
    shows = shot("é Welcome\nPage not found", title="", metadata="é" * 9000)
    signal = actions_of([visit(shows)])[0]["signals"][0]
    assert shows[signal["span_start"] : signal["span_end"]] == signal["quote"] == "Page not found"


def test_metadata_is_no_part_of_an_observation():
    metadata = '{"og:title": "\nAccess denied\n"}'
    action = actions_of([visit(shot("Tours daily at ten and at noon", metadata=metadata))])[0]
    assert action["signals"] == []
    assert action["observation_chars"] == len(shot("Tours daily at ten and at noon", metadata="")) - len(
        METADATA.format(metadata="")
    )


WORDS = "tours daily at ten noon tickets adults children groups by appointment closed mondays"


@pytest.mark.parametrize(
    ("second", "same"),
    [
        (shot(WORDS.upper() + " footer"), True),
        (shot("bookings basket checkout " + WORDS[:20]), False),
        (shot(WORDS, place="30% down from the top"), False),
        (shot(WORDS, url=URL + "/2"), False),
    ],
)
def test_two_readings_of_one_picture_are_one_observation(second, same):
    first, again = actions_of([visit(shot(WORDS)), click("Tours", second)])
    assert (first["observation_hash"] == again["observation_hash"]) is same


def test_the_same_click_again_needs_fewer_words_in_common():
    readings = [shot("sure here is all the transcribed text " + WORDS), shot(WORDS + " icons icon bar label")]
    one, two = actions_of([click("Tours", shows) for shows in readings])
    other = actions_of([click("Tours", readings[0]), click("Groups", readings[1])])[1]
    assert one["observation_hash"] == two["observation_hash"] != other["observation_hash"]


def test_a_tree_is_the_same_only_where_it_is_exactly_the_same():
    tree = f"RootWebArea 'Mill', focused, url='{URL}'\n  [1] link 'Book'"
    hashes = [
        action["observation_hash"]
        for action in actions_of([click("1", tree), click("2", tree), click("3", tree.replace("Book", "Booked"))])
    ]
    assert hashes[0] == hashes[1] != hashes[2]


@pytest.mark.parametrize(
    ("tool", "arguments", "gesture"),
    [
        ("click", {"element": "Book"}, "click"),
        ("mcp__playwright__browser_click", {"ref": "e1"}, "click"),
        ("browser_type", {"ref": "e1", "text": "x"}, "type"),
        ("scroll_down", {}, "scroll"),
        ("browser_snapshot", {}, "look"),
        ("computer", {"action": "left_click", "coordinate": [1, 2]}, "click"),
        ("computer", {"type": "double_click", "x": 1}, "click"),
        ("computer", {"action": {"type": "keypress", "keys": ["ENTER"]}}, "press"),
        ("computer", {"action": "mouse_move"}, "look"),
        ("browser", {"code": "click('12')"}, "click"),
        ("browser", {"command": "page.goto('https://x')"}, "open"),
        ("go_back", {}, "open"),
        ("browser", {}, None),
        ("bash", {"command": "click"}, None),
    ],
)
def test_a_gesture_is_what_the_tool_or_its_argument_says(tool, arguments, gesture):
    assert actions_of([{"tool": tool, "arguments": arguments, "shows": "done"}])[0]["gesture"] == gesture


@pytest.mark.parametrize(
    ("code", "signal"),
    [(404, "dead_page"), (410, "dead_page"), (403, "forbidden"), (401, "unauthorised"), (429, "rate_limit"),
     (502, "server_error"), (422, "invalid_call"), (418, "status_error")],
)  # fmt: skip
def test_a_status_says_what_no_word_says(code, signal):
    signals = actions_of([visit("", http_status=code)])[0]["signals"]
    assert [(s["signal"], s["firm"], s["field"], s["quote"]) for s in signals] == [
        (signal, True, "http_status", str(code))
    ]
