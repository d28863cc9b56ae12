"""What the members of an object say of the call whose result it is."""

from __future__ import annotations

import pytest

from reroute.tag.features.bodies import Stated, read_body
from reroute.tag.features.rules import load

SAYS = {
    '{"success": false}': ("rejected", True),
    '{"result": {"ok": false}}': ("rejected", True),
    '{"is_error": true, "content": []}': ("rejected", True),
    '{"success": false, "status": 200}': ("rejected", True),
    '{"status": 404}': ("rejected", True),
    '{"statusCode": "503", "message": "later"}': ("server_error", True),
    '{"title": "Too Many", "status": 429, "detail": "later", "extra": null}': ("rate_limit", True),
    '{"error": {"message": "later", "code": 401}}': ("unauthorised", True),
    '{"data": null, "errors": [{"message": "no such field"}]}': ("rejected", True),
    '{"data": {"a": 1}, "errors": [{"message": "no such field"}]}': ("rejected", False),
    '{"error": {}}': (None, True),
    '{"error": "None", "id": 1}': (None, True),
    '{"error": false}': (None, True),
    '{"errors": [""], "data": {"a": 1}}': (None, True),
    '{"errors": 3}': (None, True),
    '{"status": 404, "id": 7, "name": "a record"}': (None, True),
    '{"success": true, "error": "of last week"}': (None, True),
    '{"status": 200, "error": "of last week"}': (None, True),
}
NOTHING = [
    "", "{", "[1]", "null", '{"a": 1}', '{"ok": 0}', '{"ok": "false"}', '{"inner": {"success": false}}', "{" * 9999,
    '{"errors":' + "[" * 900, '{"status": 1e400}',
]  # fmt: skip


@pytest.mark.parametrize("text", SAYS)
def test_a_body_says_how_the_call_ended(text: str) -> None:
    stated = read_body(text, "api", load())
    assert isinstance(stated, Stated)
    assert (stated.signal, stated.firm) == SAYS[text]


@pytest.mark.parametrize("text", NOTHING)
def test_whatever_else_says_nothing(text: str) -> None:
    stated = read_body(text, "api", load())
    assert stated is None or stated.signal is None


def test_an_object_within_objects_is_read_without_end() -> None:
    deep = '{"errors":' + "[" * 400 + "]" * 400 + "}"
    inside = '{"result":' * 400 + '{"ok": false}' + "}" * 400
    assert read_body(deep, "api", load()) == Stated("rejected", True, "errors")
    assert read_body(inside, "api", load()) == Stated("rejected", True, "ok")
