"""How a file falls apart into records, whatever its size and state."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reroute.errors import TraceError
from reroute.formats._reading import split
from reroute.formats._reading.document import Document, Record
from reroute.trace import Rejected

LAYOUTS = [
    (b'{"a": 1}\n{"a": 2}\n', ".jsonl", "lines"),
    (b'{"a": 1}\n{"a": 2}\n', ".json", "lines"),
    (b'{"a": 1}', ".jsonl", "lines"),
    (b'{"a": 1}\n', ".json", "object"),
    (b'{\n  "a": [\n    {}\n  ]\n}\n', ".json", "object"),
    (b'[\n  {"a": 1},\n  {"a": 2}\n]\n', ".json", "array"),
    (b'[{"a": 1}, {"a": 2}]', ".json", "array"),
    (b'[\n{"a": 1},\n{"a": 2}\n]\n', ".json", "array"),
    (b'[\n{"a": 1},\n{"a": 2}\n]\n', ".jsonl", "array"),
    (b'[{"a": 1},\n{"a": 2}\n]\n', ".json", "array"),
    (b'{\n"a": 1,\n"b":\n[{}]\n}\n', ".json", "object"),
    (b'{"a": [\n', ".jsonl", "lines"),
    (b'{"m": 1}\n[{"a": 1}]\n', ".jsonl", "lines"),
    (b'not json\n{"a": 1}\n', ".log", "lines"),
    (b'\xef\xbb\xbf{"a": 1}\n{"a": 2}\n', ".jsonl", "lines"),
    (b'{"a": "' + b"x" * 100_000 + b'"}\n{"a": 2}\n', ".jsonl", "lines"),
    (b"[" + b'{"a": "' + b"x" * 100_000 + b'"}]', ".json", "array"),
    (b'{"cut": [1, 2', ".json", "object"),
    (b"", ".json", "unknown"),
    (b"  \n\n", ".json", "unknown"),
    (b"PK\x03\x04\x00\x00", ".eval", "unknown"),
    (b"just words\nand more\n", ".txt", "unknown"),
    (b"a,b\n1,2\n", ".csv", "unknown"),
]


@pytest.fixture
def document(tmp_path: Path):
    def make(data: bytes, suffix: str = ".jsonl", **given: int) -> Document:
        path = tmp_path / f"file{suffix}"
        path.write_bytes(data)
        return Document(path.name, path, **given)

    return make


def values(document: Document) -> list[object]:
    return [json.loads(item.data) if isinstance(item, Record) else item.reason for item in document.records()]


@pytest.mark.parametrize(("data", "suffix", "layout"), LAYOUTS)
def test_the_layout_is_told_from_the_first_bytes(document, data: bytes, suffix: str, layout: str) -> None:
    assert document(data, suffix).layout == layout


def test_lines_have_the_number_of_their_line_and_their_offset(document) -> None:
    found = list(document(b'{"a": 1}\n\n{"a": 2}').records())
    assert [(r.index, r.offset, r.closed) for r in found] == [(0, 0, True), (2, 10, False)]


def test_a_byte_range_holds_its_lines_alone(document) -> None:
    data = b'{"a": 1}\n{"a": 2}\n{"a": 3}\n'
    found = list(document(data, start=9, end=18, first_index=1).records())
    assert [(r.index, r.offset, r.data) for r in found] == [(1, 9, b'{"a": 2}')]


def test_elements_of_an_array_keep_their_offset(document) -> None:
    data = b' [ {"a": [1, "]"]} ,\n 7, "x"]'
    found = list(document(data, ".json").records())
    assert [data[r.offset : r.offset + len(r.data)] for r in found] == [r.data for r in found]
    assert [json.loads(r.data) for r in found] == [{"a": [1, "]"]}, 7, "x"]


def test_an_array_over_the_cap_is_cut_like_one_under_it(document) -> None:
    items = [{"text": 'tricky \\" ]},{[ "quoted" \\', "n": n, "deep": [[{"a": {}}]]} for n in range(50)]
    data = json.dumps(items).encode()
    assert values(document(data, ".json", record_cap=200)) == items


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='ab"\\[]{},: é'),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet='a"\\]}', max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(items=st.lists(JSON, max_size=5), chunk=st.integers(min_value=1, max_value=9), indent=st.none() | st.just(1))
def test_an_array_is_cut_alike_wherever_its_chunks_end(items: list[object], chunk: int, indent: int | None) -> None:
    data = json.dumps(items, indent=indent, ensure_ascii=False).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(split, "_CHUNK", chunk)
        spans = list(split.element_spans(io.BytesIO(data)))
    cut = [data[start:end].strip() for start, end, _ in spans]
    assert [json.loads(piece) for piece in cut if piece] == items
    assert [piece for piece in cut if piece] == [piece for _, piece in split.fast_elements(data) or []]


def test_an_array_that_breaks_off_gives_what_was_whole(document) -> None:
    found = list(document(b'[{"a": 1}, {"a": 2}, {"a": "cut', ".json").records())
    assert [r.data for r in found[:2]] == [b'{"a": 1}', b'{"a": 2}']
    assert not found[2].closed


def test_a_line_over_the_cap_is_hashed_and_the_next_one_read(document) -> None:
    long = b'{"a": "' + b"x" * 500 + b'"}\n'
    rejected, record = document(long + b'{"a": 2}\n', record_cap=100).records()
    assert isinstance(rejected, Rejected)
    assert rejected.sha256 == hashlib.sha256(long).hexdigest()
    assert rejected.reason == f"{len(long)} bytes in one record, over the cap of 100"
    assert (record.index, record.offset) == (1, len(long))


def test_a_line_of_exactly_the_cap_is_read(document) -> None:
    line = b'{"a": "' + b"x" * 91 + b'"}'
    assert len(list(document(line + b"\n" + line, record_cap=len(line)).records())) == 2
    assert all(isinstance(r, Record) for r in document(line + b"\n" + line, record_cap=len(line)).records())


def test_an_element_over_the_cap_is_rejected_alone(document) -> None:
    data = json.dumps([{"a": 1}, {"a": "x" * 500}, {"a": 3}]).encode()
    first, second, third = values(document(data, ".json", record_cap=100))
    assert (first, third) == ({"a": 1}, {"a": 3})
    assert "over the cap" in str(second)


def test_an_object_over_the_cap_is_not_loaded(document) -> None:
    (only,) = document(b'{\n"a": "' + b"x" * 500 + b'"}', ".json", record_cap=100).records()
    assert "over the cap" in only.reason


def test_the_head_shows_what_the_first_bytes_of_a_record_over_the_cap_hold(document) -> None:
    data = json.dumps({"messages": [{"role": "user", "content": "x" * 5000}]}).encode()
    (seen,) = document(data, ".json", record_cap=100).head
    assert seen["messages"][0]["role"] == "user"


def test_the_head_cuts_long_lists(document) -> None:
    (seen,) = document(json.dumps({"messages": list(range(1000))}).encode(), ".json").head
    assert seen == {"messages": [0, 1, 2, 3, 4, 5, 6, 7]}


def test_the_head_passes_by_what_is_no_json(document) -> None:
    assert document(b'nonsense\n{"a": 1}\n').head == ({"a": 1},)


@pytest.mark.parametrize(
    ("data", "reason"), [(b"", "empty file"), (b"\x00\x01", "binary file"), (b"words", "neither JSON nor lines")]
)
def test_a_file_without_layout_says_why(document, data: bytes, reason: str) -> None:
    (only,) = document(data).records()
    assert (only.index, only.reason[: len(reason)]) == (-1, reason)


def test_a_file_that_is_gone_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"Reading gone\.jsonl: No such file"):
        Document("gone.jsonl", tmp_path / "gone.jsonl").layout  # noqa: B018


def test_a_file_that_vanishes_while_it_is_read_is_rejected(document) -> None:
    doc = document(b'{"a": 1}\n{"a": 2}\n')
    assert doc.layout == "lines"
    doc.path.unlink()
    assert [item.reason for item in doc.records()] == ["cannot be read: No such file or directory"]
    assert doc.one_record().reason == "cannot be read: No such file or directory"


MEASURE = """
import resource, sys
from pathlib import Path
from reroute.formats import read_file
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
name, found = read_file(Path(sys.argv[1]), record_cap=1_000_000)
print(name, [item.reason.split(",")[0] for item in found])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems count memory in another unit")
@pytest.mark.parametrize("suffix", [".jsonl", ".json"])
def test_a_single_line_of_200_mb_is_streamed_past(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"long{suffix}"
    with path.open("wb") as file:
        file.write(b'{"messages": [{"role": "user", "content": "')
        for _ in range(200):
            file.write(b"x" * 1_000_000)
        file.write(b'"}]}')
    measured = subprocess.run([sys.executable, "-c", MEASURE, str(path)], capture_output=True, text=True, check=True)
    found, grown = measured.stdout.splitlines()
    assert found == f"openai-chat ['{path.stat().st_size} bytes in one record']"
    assert int(grown) < 40_000  # kB
