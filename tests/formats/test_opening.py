"""Compressed files and UTF-16: what they hold is read as if it lay there plainly."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from backports import zstd

from reroute.formats import read_file
from reroute.formats._reading.document import Document, Record
from reroute.trace import Rejected, Trajectory

HERE = Path(__file__).parent
SAMPLES = sorted(p for p in HERE.glob("*/*.json*") if ".golden." not in p.name and p.name != "resolved.json")
PACKED: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": (".gz", gzip.compress),
    "zstd": (".zst", zstd.compress),
    "two members": (".gz", lambda data: gzip.compress(data[: len(data) // 2]) + gzip.compress(data[len(data) // 2 :])),
    "two frames": (".zst", lambda data: zstd.compress(data[: len(data) // 2]) + zstd.compress(data[len(data) // 2 :])),
    "named as plain": ("", zstd.compress),
    "byte order mark": ("", lambda data: b"\xef\xbb\xbf" + data),
    "line ends of Windows": ("", lambda data: data.replace(b"\n", b"\r\n")),
}


def beside(sample: Path, folder: Path, name: str, data: bytes) -> Path:
    """The sample in another dress, with the verdicts that lie beside it."""
    if (verdicts := sample.with_name("resolved.json")).exists():
        folder.joinpath(verdicts.name).write_bytes(verdicts.read_bytes())
    folder.joinpath(name).write_bytes(data)
    return folder / name


def read(path: Path, name: str) -> tuple[str | None, list[Trajectory | Rejected]]:
    format_name, found = read_file(path, name)
    return format_name, list(found)


DRESSED = [(p, way) for p in SAMPLES for way in PACKED if way != "line ends of Windows" or p.suffix == ".jsonl"]
"""Arguments in a file that is laid out for people keep their line ends."""
ENCODED = [
    (path, encoding)
    for path in SAMPLES
    for encoding in ("utf-16", "utf-16-le", "utf-16-be")
    if encoding == "utf-16" or path.read_bytes()[:1] in {b"{", b"["}
]
"""Without a mark it is known by how JSON begins."""


def named(value: object) -> str:
    return f"{value.parent.name}/{value.name}" if isinstance(value, Path) else str(value)


@pytest.mark.parametrize(("sample", "way"), DRESSED, ids=named)
def test_a_sample_reads_the_same_however_it_is_stored(sample: Path, way: str, tmp_path: Path) -> None:
    suffix, pack = PACKED[way]
    stored = beside(sample, tmp_path, f"{sample.name}{suffix}", pack(sample.read_bytes()))
    known, again = read(sample, sample.name), read(stored, sample.name)
    assert again[0] == known[0]
    plain = [item for item in again[1] if isinstance(item, Trajectory)]
    assert plain == [item for item in known[1] if isinstance(item, Trajectory)]
    assert len(again[1]) == len(known[1])


@pytest.mark.parametrize(("sample", "encoding"), ENCODED, ids=named)
def test_utf16_is_read(sample: Path, encoding: str, tmp_path: Path) -> None:
    text = sample.read_bytes().decode("utf-8", "replace")
    beside(sample, tmp_path, sample.name, text.encode(encoding, "surrogatepass"))
    known, again = read(sample, sample.name), read(tmp_path / sample.name, sample.name)
    assert again[0] == known[0]
    assert [type(item) for item in again[1]] == [type(item) for item in known[1]]
    plain = [item for item in again[1] if isinstance(item, Trajectory)]
    assert plain == [item for item in known[1] if isinstance(item, Trajectory)]


def test_utf16_over_the_cap_is_refused_with_that_reason(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(('{"a": 1}\n' * 100).encode("utf-16"))
    found = read_file(path, record_cap=200)
    assert found[0] is None
    assert "UTF-16 text of more than 200 bytes; save it as UTF-8" in next(iter(found[1])).reason


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".zst", zstd.compress)])
def test_what_stands_before_a_cut_is_read_and_the_damage_is_said(
    suffix: str, pack: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    lines = [b'{"type": "user", "n": %d, "pad": "%s"}' % (n, str(hash((n, "x")) ** 3).encode()) for n in range(20_000)]
    data = pack(b"\n".join(lines) + b"\n")
    path = tmp_path / f"a.jsonl{suffix}"
    path.write_bytes(data[: len(data) // 2])
    *records, last = Document("a", path).records()
    assert [r.data for r in records if isinstance(r, Record)] == lines[: len(records)]
    assert len(records) > 1_000
    assert isinstance(last, Rejected)
    assert "the compressed data is damaged or ends early" in last.reason
