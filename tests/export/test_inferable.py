import json

import pytest

from reroute.export.rows.inferable import unknown

PROMPT = """Book HAT078 on 2024-05-27 for sofia_kim_7287 at 1,200.50 in /repo/src/app/main.py
The function parse_header is in lib/http.py. {"price": 152, "total": 304.0}"""


def missing(**arguments) -> list[str]:
    return [atom.text for atom in unknown(json.dumps(arguments), PROMPT)]


@pytest.mark.parametrize(
    "arguments",
    [
        {"flight": "HAT078", "user": "sofia_kim_7287"},
        {"date": "2024-05-27", "amount": 1200.5},
        {"total": 304},
        {"bags": 3},
        {"command": "sed -n '40,220p' /repo/src/app/main.py"},
        {"command": "grep -rn parse_header lib --include=http.py | head -50"},
        {"command": "cat > /tmp/try_it.py && python /repo/lib/http.py"},
        {"query": "cheap hotels in Lisbon"},
        {"offset": 4711, "file_path": "/repo/lib/http.py"},
        {"nothing": None, "yes": True},
    ],
)
def test_what_stands_in_the_prompt_or_follows_from_it_is_known(arguments):
    assert missing(**arguments) == []


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"flight": "HAT999"}, "HAT999"),
        ({"amount": 457}, "457"),
        ({"path": "/repo/src/other.py"}, "/repo/src/other.py"),
        ({"command": "cat /srv/secret/notes.txt"}, "/srv/secret/notes.txt"),
        ({"name": "Leopold Bloom"}, "Leopold"),
        ({"flights": [{"number": "HAT111"}]}, "HAT111"),
        ({"query": "invoice INV-20931"}, "INV-20931"),
    ],
)
def test_what_the_prompt_does_not_tell_is_named(arguments, text):
    assert text in missing(**arguments)
